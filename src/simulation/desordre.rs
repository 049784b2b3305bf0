//! What real files undergo between a caisse and a department: late, sent twice, cut on their way,
//! saved again by a spreadsheet, with lines that nobody can read, beside files that are something
//! else. Each file is taken up once it is finished; its draws have their own stream, so the life of
//! the department is the same with and without.
//!
//! **No damage changes a figure.** What is read gives the same records with the same reception days;
//! what is set aside is about nobody; what is refused stands beside the good file. What could not be
//! made neutral is left out (`docs/simulation.md` lists it). [`CONSTAT`], written beside the files,
//! says of each damage what becomes of its file.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
use serde::Serialize;
use zip::write::SimpleFileOptions;
use zip::{DateTime, ZipWriter};

use super::{Des, Jour, date};
use crate::disque::Fichier;

mod autres;
mod degat;
mod foyers;
mod lignes;
mod texte;

use degat::{Attendu, Degat, Paquet};
use texte::{Encodage, Fins, Table};

/// The file that says what was done.
pub(super) const CONSTAT: &str = "desordre.json";

/// Files beyond this size are left as they are: each is held whole while it is damaged.
const TAILLE_MAX: u64 = 32 << 20;

/// Files of one grouped sending.
const MEMBRES: usize = 3;

/// A flux that was just written.
pub(super) struct Flux<'a> {
    pub(super) nom: &'a str,
    pub(super) csv: bool,
    pub(super) mensuel: bool,
    pub(super) cree: Jour,
    pub(super) recu: Jour,
    pub(super) foyers: u64,
}

/// A good file, once what happens to it has happened, beside which another is put.
struct Bon<'a> {
    /// The name that it has, and the one that it was written under.
    nom: String,
    d_origine: &'a str,
    /// Its text, without damage.
    propre: &'a str,
    recu: Jour,
    genre: Genre,
    /// Lines set aside without any damage.
    fautives: u64,
}

/// A file of a grouped sending.
struct Membre {
    recu: Jour,
    nom: String,
    octets: Vec<u8>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Genre {
    Xml,
    Csv,
    Evenements,
}

/// A damage, and what becomes of the file.
#[derive(Serialize)]
struct Constat {
    fichier: String,
    /// The member, in an archive.
    #[serde(skip_serializing_if = "Option::is_none")]
    membre: Option<String>,
    degat: &'static str,
    libelle: &'static str,
    attendu: Attendu,
    /// Foyers or lines set aside, those of the file without damage included.
    mis_de_cote: u64,
    /// The file that has the same content.
    #[serde(skip_serializing_if = "Option::is_none")]
    comme: Option<String>,
}

/// What stands in the constat.
#[derive(Serialize)]
struct Registre<'a> {
    graine: u64,
    degats: &'a [Constat],
}

/// The disorder under way.
pub(super) struct Desordre {
    graine: u64,
    des: Des,
    dossier: PathBuf,
    sur_place_xml: Paquet,
    sur_place_csv: Paquet,
    sur_place_evenements: Paquet,
    a_cote: Paquet,
    /// The grouped sending being filled.
    envoi: Vec<Membre>,
    envois: u32,
    constats: Vec<Constat>,
    fichiers: usize,
    octets: i64,
}

impl Desordre {
    pub(super) fn nouveau(graine: u64, dossier: &Path) -> Self {
        Self {
            graine,
            des: Des::de(graine, 0xDE50_12D2, 0),
            dossier: dossier.to_owned(),
            sur_place_xml: Paquet::new(&degat::SUR_PLACE_XML),
            sur_place_csv: Paquet::new(&degat::SUR_PLACE_CSV),
            sur_place_evenements: Paquet::new(&degat::SUR_PLACE_EVENEMENTS),
            a_cote: Paquet::new(&degat::A_COTE),
            envoi: Vec::new(),
            envois: 0,
            constats: Vec::new(),
            fichiers: 0,
            octets: 0,
        }
    }

    /// Takes up a flux.
    pub(super) fn flux(&mut self, flux: &Flux<'_>) -> io::Result<()> {
        // A CSV with no line is refused as it is.
        if fs::metadata(self.dossier.join(flux.nom))?.len() > TAILLE_MAX || flux.csv && flux.foyers == 0 {
            return Ok(());
        }
        let (parts_sur_place, parts_a_cote) = if flux.mensuel { (5_000, 2_500) } else { (2_500, 1_250) };
        let propre = texte::decoder(&fs::read(self.dossier.join(flux.nom))?);
        let mut nom = flux.nom.to_owned();
        if self.des.chance(parts_sur_place) {
            let paquet = if flux.csv { &mut self.sur_place_csv } else { &mut self.sur_place_xml };
            let ponctuel = flux.recu == flux.cree;
            let convient = |degat: Degat| match degat {
                Degat::SansDate | Degat::DateFausse => ponctuel,
                // Nobody is in it: its day counts for nobody.
                Degat::Retard => flux.foyers == 0,
                Degat::FoyersIllisibles | Degat::Annonce => flux.foyers > 0,
                Degat::Iso885915 => !flux.csv || !propre.contains(['Œ', 'œ', '’']),
                _ => true,
            };
            if let Some(degat) = paquet.tirer(&mut self.des, convient) {
                nom = self.flux_sur_place(flux, &propre, degat)?;
            }
        }
        let genre = if flux.csv { Genre::Csv } else { Genre::Xml };
        let bon = Bon { nom, d_origine: flux.nom, propre: &propre, recu: flux.recu, genre, fautives: 0 };
        if self.des.chance(parts_a_cote) { self.a_cote(&bon) } else { Ok(()) }
    }

    /// Takes up a file of events, of which so many lines are set aside already.
    pub(super) fn evenements(&mut self, nom: &str, recu: Jour, fautives: u64) -> io::Result<()> {
        let octets = fs::read(self.dossier.join(nom))?;
        if octets.len() as u64 > TAILLE_MAX {
            return Ok(());
        }
        let propre = texte::decoder(&octets);
        let mut nom_actuel = nom.to_owned();
        if self.des.chance(6_500)
            && let Some(degat) = self.sur_place_evenements.tirer(&mut self.des, |_| true)
        {
            nom_actuel = self.evenements_sur_place(nom, &octets, &propre, recu, fautives, degat)?;
        }
        let genre = Genre::Evenements;
        let bon = Bon { nom: nom_actuel, d_origine: nom, propre: &propre, recu, genre, fautives };
        if self.des.chance(3_500) { self.a_cote(&bon) } else { Ok(()) }
    }

    /// Ends: what is left of the sendings, the files that are something else, and the constat.
    /// Answers with the files and the bytes added.
    pub(super) fn terminer(mut self, dernier: Jour) -> io::Result<(usize, i64)> {
        self.envoyer()?;
        let archive = zip(&[(autres::LISEZ_MOI, autres::LISEZ_MOI_TEXTE.as_bytes())])?;
        let coupe = archive.get(..archive.len() * 2 / 3).unwrap_or_default();
        self.poser(&format!("{}_envoi.zip", date(dernier)), coupe, Degat::ArchiveCoupee, Attendu::Refuse)?;
        for autre in autres::fichiers(self.graine, dernier) {
            self.poser(&autre.nom, &autre.octets, autre.degat, autre.attendu)?;
        }
        let registre = Registre { graine: self.graine, degats: &self.constats };
        let mut constat = serde_json::to_vec_pretty(&registre).map_err(io::Error::other)?;
        constat.push(b'\n');
        self.ecrire(CONSTAT, &constat)?;
        Ok((self.fichiers, self.octets))
    }

    /// Damages the flux itself, and answers with the name it has now.
    fn flux_sur_place(&mut self, flux: &Flux<'_>, propre: &str, degat: Degat) -> io::Result<String> {
        let (mut nom, mut mis_de_cote) = (flux.nom.to_owned(), 0);
        let sans_date = flux.nom.get(11..).unwrap_or(flux.nom);
        let table = || Table::lire(propre);
        let windows = |texte: &str| Encodage::Windows1252.octets(texte);
        let octets = match degat {
            Degat::Utf8 => Encodage::Utf8.octets(&texte::annoncer(propre, "UTF-8")),
            // The tools that converted these left the prolog as it was.
            Degat::Utf8Tu => Encodage::Utf8.octets(propre),
            Degat::Utf8Bom => Encodage::Utf8Bom.octets(propre),
            Degat::Iso885915 => Encodage::Iso885915.octets(&texte::annoncer(propre, "ISO-8859-15")),
            Degat::UtfATort => windows(&texte::annoncer(propre, "UTF-8")),
            Degat::SansPrologue => windows(texte::sans_prologue(propre)),
            Degat::Crlf => windows(&Fins::Crlf.appliquer(propre, &mut self.des)),
            Degat::FinsMelees => windows(&Fins::Melees.appliquer(propre, &mut self.des)),
            Degat::Blancs => windows(&texte::blancs(propre, flux.csv, &mut self.des)),
            Degat::Annonce => windows(&foyers::annoncer(propre, flux.foyers - 1)),
            Degat::FoyersIllisibles => {
                let (texte, n) = if flux.csv {
                    foyers::ajouter_en_csv(&table(), &mut self.des)
                } else {
                    foyers::ajouter_en_xml(propre, flux.foyers, flux.mensuel, &mut self.des)
                };
                mis_de_cote = n;
                windows(&texte)
            }
            Degat::Guillemets => windows(&table().ecrire(b';', true)),
            Degat::Virgules => windows(&table().ecrire(b',', false)),
            Degat::Tabulations => windows(&table().ecrire(b'\t', false)),
            Degat::Colonnes => windows(&table().colonnes_du_flux(&mut self.des).ecrire(b';', false)),
            Degat::Comprime => {
                nom = format!("{}.gz", flux.nom);
                gzip(&windows(propre))?
            }
            Degat::SansDate => {
                nom = sans_date.to_owned();
                windows(propre)
            }
            Degat::DateFausse => {
                nom = format!("{}_{sans_date}", date(flux.cree - 365));
                windows(propre)
            }
            Degat::Retard => {
                nom = format!("{}_{sans_date}", date(flux.recu + self.des.entre(12, 45)));
                windows(propre)
            }
            _ => return Ok(nom),
        };
        self.remplacer(flux.nom, &nom, &octets, degat, mis_de_cote)?;
        Ok(nom)
    }

    /// Damages a file of events itself, as spreadsheets do.
    fn evenements_sur_place(
        &mut self,
        nom: &str,
        octets: &[u8],
        propre: &str,
        recu: Jour,
        fautives: u64,
        degat: Degat,
    ) -> io::Result<String> {
        let encodage = Encodage::de(octets);
        let table = || Table::lire(propre);
        let mut mis_de_cote = fautives;
        let texte = match degat {
            Degat::Crlf => encodage.octets(&Fins::Crlf.appliquer(propre, &mut self.des)),
            Degat::FinsMelees => encodage.octets(&Fins::Melees.appliquer(propre, &mut self.des)),
            Degat::Blancs => encodage.octets(&texte::blancs(propre, true, &mut self.des)),
            Degat::Utf8 => Encodage::Utf8.octets(propre),
            Degat::Utf8Bom => Encodage::Utf8Bom.octets(propre),
            Degat::Windows1252 => Encodage::Windows1252.octets(propre),
            Degat::Guillemets => encodage.octets(&table().ecrire(b';', true)),
            Degat::Virgules => encodage.octets(&table().ecrire(b',', false)),
            Degat::Tabulations => encodage.octets(&table().ecrire(b'\t', false)),
            Degat::Colonnes => encodage.octets(&table().colonnes_d_evenements(&mut self.des).ecrire(b';', false)),
            Degat::DatesDeTableur => encodage.octets(&table().dates_de_tableur().ecrire(b';', false)),
            Degat::ZerosManges => encodage.octets(&table().zeros_manges().ecrire(b';', false)),
            Degat::NirEspace => encodage.octets(&table().nir_espace().ecrire(b';', false)),
            Degat::LignesIllisibles => {
                let mut table = table();
                mis_de_cote += lignes::ajouter(&mut table, recu, &mut self.des);
                encodage.octets(&table.ecrire(b';', false))
            }
            Degat::Total => {
                let mut table = table();
                table.total(self.des.chance(5_000));
                mis_de_cote += 1;
                encodage.octets(&table.ecrire(b';', false))
            }
            Degat::Comprime => {
                let nom_gz = format!("{nom}.gz");
                self.remplacer(nom, &nom_gz, &gzip(octets)?, degat, fautives)?;
                return Ok(nom_gz);
            }
            _ => return Ok(nom.to_owned()),
        };
        self.remplacer(nom, nom, &texte, degat, mis_de_cote)?;
        Ok(nom.to_owned())
    }

    /// Puts a file beside a good one.
    fn a_cote(&mut self, bon: &Bon<'_>) -> io::Result<()> {
        let comprime = bon.nom.ends_with(".gz");
        let lignes = bon.propre.lines().count();
        let convient = |degat: Degat| match degat {
            Degat::TotalDeFlux => bon.genre == Genre::Csv,
            Degat::CopieGz => !comprime,
            // A member without a date in its name would be received on the day of the archive.
            Degat::Envoi => bon.nom == bon.d_origine,
            Degat::Coupe => bon.genre == Genre::Xml || lignes > 6,
            _ => true,
        };
        let Some(degat) = self.a_cote.tirer(&mut self.des, convient) else { return Ok(()) };
        let (jour, reste) = bon.d_origine.split_at_checked(11).unwrap_or(("", bon.d_origine));
        // A copy that is cut sorts before the good file: of two versions of an event that are otherwise
        // alike, the last name wins.
        let avant = format!("{jour}Copie de {reste}");
        let windows = |texte: &str| Encodage::Windows1252.octets(texte);
        match degat {
            Degat::Copie | Degat::CopieGz | Degat::Envoi => self.recopier(bon, degat),
            Degat::Coupe => {
                let (octets, coupe) = match bon.genre {
                    Genre::Xml => (windows(bon.propre), self.des.entre(30, 90)),
                    Genre::Csv | Genre::Evenements => (windows(&texte::couper(bon.propre, &mut self.des)), 100),
                };
                let octets = octets.get(..octets.len() * coupe as usize / 100).unwrap_or_default();
                if bon.genre == Genre::Evenements {
                    // Its last line alone is set aside: those before it are in the good file.
                    self.constater(&avant, Degat::CoupeEvenements, Attendu::Lu, 1);
                    return self.ecrire(&avant, octets);
                }
                self.poser(&avant, octets, degat, Attendu::Refuse)
            }
            Degat::CoupeGz => {
                let octets = gzip(&windows(bon.propre))?;
                let n = octets.len() * self.des.entre(40, 90) as usize / 100;
                self.poser(&format!("{avant}.gz"), octets.get(..n).unwrap_or_default(), degat, Attendu::Refuse)
            }
            Degat::Utf16 => {
                let octets = Encodage::Utf16.octets(&texte::annoncer(bon.propre, "UTF-16"));
                self.poser(&format!("{jour}Unicode {reste}"), &octets, degat, Attendu::Refuse)
            }
            Degat::TotalDeFlux => {
                let mut table = Table::lire(bon.propre);
                table.total(self.des.chance(5_000));
                self.poser(&avant, &windows(&table.ecrire(b';', false)), degat, Attendu::Refuse)
            }
            _ => {
                // Not so late that an event of the future, for the first file, is no longer one.
                let copie = format!("{}_{reste}", date(bon.recu + self.des.entre(8, 20)));
                let texte = Fins::Crlf.appliquer(bon.propre, &mut self.des) + "\r\n\r\n";
                self.constater(&copie, Degat::Renvoi, Attendu::Lu, bon.fautives);
                self.ecrire(&copie, &Encodage::Utf8Bom.octets(&texte))
            }
        }
    }

    /// Sends the same content again: its reception day is the same, so it matters not which is first.
    fn recopier(&mut self, bon: &Bon<'_>, degat: Degat) -> io::Result<()> {
        let octets = fs::read(self.dossier.join(&bon.nom))?;
        match degat {
            Degat::Copie => {
                let (base, extension) = bon.nom.rsplit_once('.').unwrap_or((&bon.nom, ""));
                self.poser_comme(&format!("{base}_bis.{extension}"), &octets, degat, &bon.nom)
            }
            Degat::CopieGz => self.poser_comme(&format!("{}.gz", bon.nom), &gzip(&octets)?, degat, &bon.nom),
            _ => {
                self.envoi.push(Membre { recu: bon.recu, nom: bon.nom.clone(), octets });
                if self.envoi.len() >= MEMBRES { self.envoyer() } else { Ok(()) }
            }
        }
    }

    /// Writes the grouped sending, if there is one.
    fn envoyer(&mut self) -> io::Result<()> {
        let envoi = std::mem::take(&mut self.envoi);
        let Some(dernier) = envoi.iter().map(|membre| membre.recu).max() else { return Ok(()) };
        self.envois += 1;
        let nom = format!("{}_envoi_groupe_{}.zip", date(dernier + 1), self.envois);
        let mut membres: Vec<_> = envoi.iter().map(|m| (m.nom.as_str(), m.octets.as_slice())).collect();
        membres.push((autres::LISEZ_MOI, autres::LISEZ_MOI_TEXTE.as_bytes()));
        self.ecrire(&nom, &zip(&membres)?)?;
        for membre in envoi {
            self.constater(&nom, Degat::Envoi, Attendu::DejaConnu, 0);
            self.preciser(Some(membre.nom.clone()), Some(membre.nom));
        }
        self.constater(&nom, Degat::LisezMoi, Attendu::Ignore, 0);
        self.preciser(Some(autres::LISEZ_MOI.to_owned()), None);
        Ok(())
    }

    /// Adds to the last constat.
    fn preciser(&mut self, membre: Option<String>, comme: Option<String>) {
        if let Some(constat) = self.constats.last_mut() {
            (constat.membre, constat.comme) = (membre, comme);
        }
    }

    /// Puts a damaged file in the place of the good one, which gives the same records.
    fn remplacer(&mut self, avant: &str, nom: &str, octets: &[u8], degat: Degat, mis_de_cote: u64) -> io::Result<()> {
        let chemin = self.dossier.join(avant);
        let taille = fs::metadata(&chemin)?.len();
        fs::remove_file(chemin)?;
        Fichier::vide(&self.dossier.join(nom))?.write_all(octets)?;
        self.octets += octets.len() as i64 - taille as i64;
        self.constater(nom, degat, Attendu::Lu, mis_de_cote);
        Ok(())
    }

    /// A file more.
    fn poser(&mut self, nom: &str, octets: &[u8], degat: Degat, attendu: Attendu) -> io::Result<()> {
        self.constater(nom, degat, attendu, 0);
        self.ecrire(nom, octets)
    }

    /// A file more, whose content is that of another.
    fn poser_comme(&mut self, nom: &str, octets: &[u8], degat: Degat, comme: &str) -> io::Result<()> {
        self.constater(nom, degat, Attendu::DejaConnu, 0);
        self.preciser(None, Some(comme.to_owned()));
        self.ecrire(nom, octets)
    }

    fn constater(&mut self, nom: &str, degat: Degat, attendu: Attendu, mis_de_cote: u64) {
        self.constats.push(Constat {
            fichier: nom.to_owned(),
            membre: None,
            degat: degat.code(),
            libelle: degat.libelle(),
            attendu,
            mis_de_cote,
            comme: None,
        });
    }

    fn ecrire(&mut self, nom: &str, octets: &[u8]) -> io::Result<()> {
        Fichier::vide(&self.dossier.join(nom))?.write_all(octets)?;
        self.fichiers += 1;
        self.octets += octets.len() as i64;
        Ok(())
    }
}

/// Compressed without a name nor a time: the same bytes at each run.
fn gzip(octets: &[u8]) -> io::Result<Vec<u8>> {
    let mut encodeur = GzEncoder::new(Vec::new(), Compression::default());
    encodeur.write_all(octets)?;
    encodeur.finish()
}

/// An archive whose members have no time of their own.
fn zip(membres: &[(&str, &[u8])]) -> io::Result<Vec<u8>> {
    let mut archive = ZipWriter::new(io::Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().last_modified_time(DateTime::default());
    for (nom, octets) in membres {
        archive.start_file(*nom, options).map_err(io::Error::other)?;
        archive.write_all(octets)?;
    }
    Ok(archive.finish().map_err(io::Error::other)?.into_inner())
}
