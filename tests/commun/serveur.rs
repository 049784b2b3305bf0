//! The pages of a warehouse, served as people have them, and asked for as a browser asks.

#![allow(dead_code, reason = "each test program uses its part")]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Stdio};

use super::programme::commande;

/// `jalon servir`, killed when it is dropped.
pub struct Serveur {
    enfant: Child,
    /// What the terminal shows: the address, with its token.
    pub adresse: String,
    cookie: String,
}

/// An answer.
pub struct Reponse {
    pub code: u16,
    pub entetes: String,
    pub corps: String,
}

impl Serveur {
    pub fn new(entrepot: &Path, arguments: &[&str]) -> Self {
        let mut commande = commande(entrepot);
        commande.args(["-q", "servir"]).args(arguments).stdout(Stdio::piped());
        let mut enfant = commande.spawn().unwrap();
        let mut ligne = String::new();
        BufReader::new(enfant.stdout.take().unwrap()).read_line(&mut ligne).unwrap();
        let mut serveur = Self { enfant, adresse: ligne.trim().to_owned(), cookie: String::new() };
        let chemin = serveur.adresse.rsplit_once('/').unwrap().1.to_owned();
        let ouverte = serveur.demander(&format!("/{chemin}"));
        let cookie = ouverte.entetes.lines().find_map(|ligne| ligne.strip_prefix("set-cookie: ")).unwrap();
        serveur.cookie = cookie.split(';').next().unwrap().to_owned();
        serveur
    }

    /// The address without anything after the port.
    pub fn racine(&self) -> &str {
        self.adresse.rsplit_once('/').unwrap().0
    }

    pub fn demander(&self, chemin: &str) -> Reponse {
        let hote = self.racine().strip_prefix("http://").unwrap();
        let mut prise = TcpStream::connect(hote).unwrap();
        let demande =
            format!("GET {chemin} HTTP/1.1\r\nHost: {hote}\r\nCookie: {}\r\nConnection: close\r\n\r\n", self.cookie);
        prise.write_all(demande.as_bytes()).unwrap();
        let mut octets = Vec::new();
        prise.read_to_end(&mut octets).unwrap();
        let texte = String::from_utf8(octets).unwrap();
        let (entetes, corps) = texte.split_once("\r\n\r\n").unwrap();
        let code = entetes.split(' ').nth(1).unwrap().parse().unwrap();
        Reponse { code, entetes: entetes.replace('\r', ""), corps: corps.to_owned() }
    }

    /// The body of a page that must be there.
    pub fn page(&self, chemin: &str) -> String {
        let reponse = self.demander(chemin);
        assert_eq!(reponse.code, 200, "{chemin}\n{}", reponse.corps);
        reponse.corps
    }
}

impl Drop for Serveur {
    fn drop(&mut self) {
        let _ = self.enfant.kill();
        let _ = self.enfant.wait();
    }
}
