//! The same life without a file: each flux and each table of events goes straight to the segment that
//! its ingestion would have made, through the writer of the journal.
//!
//! - A segment is named after the content of its file. Here there is none: what stands for that digest
//!   is one of the settings of the simulation and of the name that the file would have had
//!   ([`Entrepot::provenance`]). The name in the metadata says so, since it ends in `.simulation`.
//! - The rows and the metadata are those of the XML form, but for these names and for the line numbers,
//!   which are those of the CSV form.
//! - The key is drawn from the seed, so that the same settings make the same bytes. It protects nobody:
//!   whoever has the seed has the key, and the NIR are of people who do not exist.

use std::borrow::Cow;
use std::io;
use std::path::Path;
use std::sync::mpsc::{Receiver, sync_channel};

use chrono::{NaiveDate, NaiveTime};
use parquet::errors::ParquetError;

use super::evenements::{Table, Valeurs};
use super::*;
use crate::disque;
use crate::identite::Nir;
use crate::journal::depot::{Depot, ErreurDepot};
use crate::journal::ecriture::{EcrivainEvenements, EcrivainFlux, Provenance, Reception};
use crate::releves::evenements::{BilanEvenements, valider};
use crate::releves::genres::Genre;
use crate::releves::{self, BilanFlux, Caisse, EnTete, RecepteurFlux as _, Refus, Role, Texte, TypeFlux};

/// Foyers handed over together, and lots that wait to be written.
const LOT: usize = 1024;
const ATTENTE: usize = 4;

/// The warehouse being filled.
pub(super) struct Entrepot {
    depot: Depot,
    /// What the settings of the simulation are told by.
    reglages: String,
}

impl Entrepot {
    /// Makes the warehouse and its key.
    pub(super) fn nouveau(reglages: &Reglages, racine: &Path) -> io::Result<Self> {
        disque::creer_dossier(racine)?;
        let secret = blake3::derive_key("jalon 2026 clé d'un département fictif", &reglages.graine.to_le_bytes());
        let hex: String = secret.iter().map(|octet| format!("{octet:02x}")).collect();
        disque::ecrire(&racine.join("cle"), format!("{hex}\n").as_bytes())?;
        let depot = Depot::ouvrir_en_ecriture(racine, None).map_err(|error| match error {
            ErreurDepot::Disque { source, .. } => source,
            autre => io::Error::other(autre),
        })?;
        let Reglages { graine, personnes, du, au, quotidiens, .. } = reglages;
        Ok(Self { depot, reglages: format!("{graine} {personnes} {du:?} {au:?} {quotidiens}") })
    }

    /// What names a segment. Two simulations, and two files of one, never share a digest; the same one
    /// always has the same.
    fn provenance(&self, nom: &str) -> Provenance {
        let mut hasher = blake3::Hasher::new_derive_key("jalon 2026 segment d'un département fictif");
        hasher.update(self.reglages.as_bytes()).update(b"\x1f").update(nom.as_bytes());
        Provenance { nom: format!("{nom}.simulation"), empreinte: hasher.finalize().to_hex().to_string() }
    }

    /// Writes a flux. The foyers are made here while a second thread digests and encodes them.
    pub(super) fn ecrire_flux(&self, flux: &Flux, foyers: impl Iterator<Item = FoyerEnvoye>) -> io::Result<Bilan> {
        let provenance = self.provenance(&flux.nom);
        let mut ecrits = Bilan { fichiers: 1, ..Bilan::default() };
        // The heading is the first line.
        let mut ligne = 2;
        std::thread::scope(|fils| {
            let (envoi, lots) = sync_channel(ATTENTE);
            let ecriture = fils.spawn(|| self.segment(flux, &provenance, lots));
            let mut lot = Vec::with_capacity(LOT);
            for envoye in foyers {
                for _ in 0..envoye.fois {
                    lot.push(releve(&envoye, ligne));
                    ligne += envoye.fiches.len() as u64;
                }
                ecrits.compter(&envoye);
                // A writer that gave up says why when it is joined.
                if lot.len() >= LOT && envoi.send(std::mem::replace(&mut lot, Vec::with_capacity(LOT))).is_err() {
                    break;
                }
            }
            let _ = envoi.send(lot);
            drop(envoi);
            ecrits.octets = ecriture.join().unwrap_or_else(|panique| std::panic::resume_unwind(panique))?;
            Ok(ecrits)
        })
    }

    /// Writes the segment of a flux from its foyers; gives its size.
    fn segment(&self, flux: &Flux, provenance: &Provenance, lots: Receiver<Vec<releves::Foyer>>) -> io::Result<u64> {
        let Flux { caisse, envoi, .. } = flux;
        let heure = NaiveTime::from_num_seconds_from_midnight_opt(envoi.heure, 0).unwrap_or_default();
        let en_tete = EnTete {
            type_flux: if envoi.genre == 'M' { TypeFlux::Mensuel } else { TypeFlux::Quotidien },
            dtref: date(envoi.dtref),
            cree_le: date(envoi.cree).and_time(heure),
        };
        let mut ecrivain = EcrivainFlux::new(&self.depot, provenance).map_err(erreur)?;
        ecrivain.en_tete(&en_tete).map_err(erreur)?;
        let mut foyers = 0;
        for foyer in lots.into_iter().flatten() {
            foyers += 1;
            ecrivain.foyer(foyer).map_err(erreur)?;
        }
        // A daily without any foyer does not say whose it is.
        let caisse = (foyers > 0).then(|| Caisse(format!("{}{}", FONORG[*caisse], NUMORG[*caisse])));
        let bilan = BilanFlux { caisse, foyers, annonces: Some(foyers), ..BilanFlux::default() };
        let (ecrit, _) = ecrivain.terminer(bilan, &Recu(date(envoi.recu))).map_err(erreur)?;
        Ok(ecrit.chemin.metadata()?.len())
    }

    /// Writes a table of events. A line that no reader accepts is set aside here too.
    pub(super) fn ecrire_table(&self, table: &Table, lignes: impl Iterator<Item = Valeurs>) -> io::Result<Bilan> {
        let (provenance, genre) = (self.provenance(&table.nom), Genre::TOUS[table.genre]);
        let (colonnes, recu) = (table.colonnes(), date(table.recu));
        let entetes: Vec<String> = colonnes.iter().map(|nom| (*nom).to_owned()).collect();
        let mut ecrivain = EcrivainEvenements::new(&self.depot, &provenance, genre).map_err(erreur)?;
        let mut bilan =
            BilanEvenements { genre, lignes: 0, rejetes: 0, avertissements: Vec::new(), repris: Vec::new() };
        for valeurs in lignes {
            bilan.lignes += 1;
            let champ = |nom: &str| {
                let rang = colonnes.iter().position(|colonne| *colonne == nom);
                Cow::Borrowed(rang.and_then(|rang| valeurs.get(rang)).map_or("", |valeur| &**valeur))
            };
            match valider(genre, bilan.lignes + 1, recu, &champ) {
                Ok(evenement) => ecrivain.evenement(evenement),
                Err(rejet) => {
                    bilan.rejetes += 1;
                    let champs = valeurs.iter().map(|valeur| Cow::Borrowed(&**valeur)).collect();
                    ecrivain.rejet(&rejet, &Texte::Csv { entetes: &entetes, separateur: b';', champs })
                }
            }
            .map_err(erreur)?;
        }
        if bilan.lignes == 0 {
            bilan.avertissements.push("fichier sans aucune ligne sous l'en-tête".to_owned());
        }
        let evenements = bilan.lignes;
        let (ecrit, _) = ecrivain.terminer(bilan, recu).map_err(erreur)?;
        let octets = ecrit.chemin.metadata()?.len();
        Ok(Bilan { fichiers: 1, octets, evenements, ..Bilan::default() })
    }
}

/// The reception day, that the name of the file would have said.
struct Recu(NaiveDate);

impl Reception for Recu {
    fn jour(&self, _: NaiveDate) -> (NaiveDate, Option<String>) {
        (self.0, None)
    }

    fn explicite(&self) -> Option<NaiveDate> {
        None
    }

    fn aujourdhui(&self) -> NaiveDate {
        self.0
    }
}

/// A foyer as the reading of its XML gives it; `ligne` is that of its first person.
fn releve(envoye: &FoyerEnvoye, ligne: u64) -> releves::Foyer {
    let FoyerEnvoye { foyer, fiches, fait, .. } = envoye;
    let (commune, code_postal, ..) = COMMUNES[usize::from(foyer.commune)];
    let personnes = (ligne..).zip(fiches).filter_map(|(ligne, fiche)| {
        let role = match fiche.role {
            "DEM" => Role::Demandeur,
            "CJT" => Role::Conjoint,
            _ => return None,
        };
        Some(releves::Personne {
            ligne,
            nir: Nir::parse(&fiche.nir),
            nom: fiche.nom.to_owned(),
            nomnai: fiche.nom_naissance.to_owned(),
            prenom: fiche.prenom.to_owned(),
            dtnai: date(fiche.naissance).to_string(),
            role,
            top: fiche.top,
            top_entrant: fiche.entre,
        })
    });
    let personnes: Vec<_> = personnes.collect();
    releves::Foyer {
        ligne,
        numdemrsa: format!("{:011}", numdemrsa(foyer.numero)),
        matricule: format!("{:015}", foyer.matricule),
        dtdemrsa: Some(date(foyer.demande)),
        etat: foyer.etat,
        suspension: matches!(foyer.etat, 3 | 4).then(|| date(foyer.date_etat)),
        motif_cloture: if foyer.etat >= 5 { MOTIFS_CLOTURE[usize::from(foyer.motif)] } else { "" }.to_owned(),
        commune: commune.to_owned(),
        code_postal: code_postal.to_owned(),
        faits_generateurs: fait.unwrap_or_default().to_owned(),
        autres_roles: (fiches.len() - personnes.len()) as u32,
        personnes,
    }
}

/// What the disk said.
fn erreur(refus: Refus) -> io::Error {
    match refus {
        Refus::Disque(error) => error,
        Refus::Segment(ParquetError::External(source)) => {
            source.downcast::<io::Error>().map_or_else(io::Error::other, |error| *error)
        }
        autre => io::Error::other(autre),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many different numbers there are.
    fn distincts(numeros: impl Iterator<Item = u64>) -> usize {
        let mut numeros: Vec<u64> = numeros.collect();
        numeros.sort_unstable();
        numeros.dedup();
        numeros.len()
    }

    /// Births of nowhere, numbers of dossiers and matricules are enough for a country, and for the
    /// dossiers that eighteen months add.
    #[test]
    fn at_two_million_people_no_number_is_given_twice() {
        let reglages = Reglages {
            graine: 1,
            personnes: 2_000_000,
            du: (2020, 12),
            au: (2022, 5),
            forme: Forme::Segments,
            realiste: true,
            quotidiens: true,
            desordre: false,
        };
        let mut monde = Monde::nouveau(&reglages, Path::new("nulle part"));
        monde.peupler();
        let nirs: Vec<u64> = monde.personnes.iter().map(|personne| personne.nir).filter(|nir| *nir > 0).collect();
        assert!(nirs.len() > 1_900_000);
        for nir in &nirs {
            let (lieu, ordre) = (nir / 1000 % 100_000, nir % 1000);
            assert!((99_900..=99_999).contains(&lieu) && (1..=999).contains(&ordre), "{nir}");
        }
        assert_eq!(distincts(nirs.iter().copied()), nirs.len());
        let foyers = &monde.foyers;
        assert!(foyers.iter().all(|foyer| (100_000..8_000_000).contains(&foyer.matricule)));
        assert_eq!(distincts(foyers.iter().map(|foyer| u64::from(foyer.matricule))), foyers.len());
        assert!(foyers.iter().all(|foyer| numdemrsa(foyer.numero) < 10_000_000_000));
        assert_eq!(distincts(foyers.iter().map(|foyer| numdemrsa(foyer.numero))), foyers.len());
    }
}
