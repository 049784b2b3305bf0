//! Writes a world as the files a department would receive: flux in CSV or XML, events in CSV.
//!
//! One folder a file, so that two files may bear the same base name. A dossier that could not be read is
//! written with a state that does not exist.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use chrono::NaiveDate;

use super::arbitre::{Evenement, Fait, Fichier, Foyer, Monde, Personne, Qui};

/// The form in which flux files are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Forme {
    Csv,
    /// VRSB, the first generation of the flux.
    Xml,
    /// VRSD, the second.
    Vrsd,
    /// VRSB up to that reference day, VRSD after it.
    Passage(NaiveDate),
}

/// Write the whole world under `dossier`; the files to ingest, each with its reception day.
pub fn ecrire(monde: &Monde, dossier: &Path, forme: Forme) -> io::Result<Vec<(PathBuf, NaiveDate)>> {
    ecrire_abime(monde, dossier, forme, &|_, _| false)
}

/// The same, where the foyers that `abime` chooses, by file and rank, cannot be read: their state has
/// an `E` before it.
pub fn ecrire_abime(
    monde: &Monde,
    dossier: &Path,
    forme: Forme,
    abime: &dyn Fn(&Fichier, usize) -> bool,
) -> io::Result<Vec<(PathBuf, NaiveDate)>> {
    let mut contenus: Vec<(String, NaiveDate, Vec<u8>)> = Vec::new();
    for fichier in &monde.fichiers {
        let mut blocs = blocs(fichier);
        for (rang, (etat, _)) in blocs.iter_mut().enumerate().take(fichier.foyers.len()) {
            if abime(fichier, rang) {
                etat.insert(0, 'E');
            }
        }
        let vrsd = match forme {
            Forme::Passage(jour) => fichier.dtref > jour,
            autre => autre == Forme::Vrsd,
        };
        contenus.push(match forme {
            Forme::Csv => (format!("{}.csv", fichier.nom), fichier.recu_le, flux_csv(fichier, &blocs).into_bytes()),
            _ => (format!("{}.xml", fichier.nom), fichier.recu_le, windows_1252(&flux_xml(fichier, &blocs, vrsd))),
        });
    }
    let mut groupes: BTreeMap<(&'static str, NaiveDate, String), Vec<&Evenement>> = BTreeMap::new();
    for evenement in &monde.evenements {
        let cle = (genre(&evenement.fait), evenement.recu_le, evenement.fichier.clone());
        groupes.entry(cle).or_default().push(evenement);
    }
    for ((genre, recu_le, nom), mut lignes) in groupes {
        lignes.sort_by_key(|evenement| evenement.ligne);
        contenus.push((format!("{nom}.csv"), recu_le, evenements_csv(genre, &lignes).into_bytes()));
    }
    let mut jours: Vec<NaiveDate> = monde.rapports.iter().map(|rapport| rapport.recu_le).collect();
    jours.sort_unstable();
    jours.dedup();
    for jour in jours {
        let mut lignes: Vec<_> = monde.rapports.iter().filter(|rapport| rapport.recu_le == jour).collect();
        lignes.sort_by_key(|rapport| rapport.ligne);
        let mut texte = String::from("periode_du;periode_au;indicateur;valeur;observation\n");
        for r in lignes {
            let valeur = r.valeur.to_string().replace('.', ",");
            let _ = writeln!(texte, "{};{};{};{valeur};recu le {jour}", r.du, r.au, r.indicateur);
        }
        contenus.push(("rapport.csv".into(), jour, texte.into_bytes()));
    }
    let mut a_ingerer = Vec::new();
    for (rang, (nom, recu_le, contenu)) in contenus.into_iter().enumerate() {
        let ici = dossier.join(format!("lot{rang:03}"));
        fs::create_dir_all(&ici)?;
        let chemin = ici.join(nom);
        fs::write(&chemin, contenu)?;
        a_ingerer.push((chemin, recu_le));
    }
    Ok(a_ingerer)
}

/// Cut each event file in two files of the same base name. The second keeps its line numbers: empty
/// lines stand for those of the first.
pub fn couper(fichiers: &[(PathBuf, NaiveDate)], dossier: &Path) -> io::Result<Vec<(PathBuf, NaiveDate)>> {
    let mut out = Vec::new();
    for (rang, (chemin, recu_le)) in fichiers.iter().enumerate() {
        let texte = fs::read(chemin)?;
        let lignes: Vec<&[u8]> = texte.split_inclusive(|b| *b == b'\n').collect();
        let evenements = lignes.first().is_some_and(|entete| entete.windows(12).any(|w| w == b"id_evenement"));
        if !evenements || lignes.len() < 3 {
            out.push((chemin.clone(), *recu_le));
            continue;
        }
        let (debut, fin) = lignes.split_at(lignes.len().div_ceil(2));
        let seconde = [lignes[0], &b"\n".repeat(debut.len() - 1), &fin.concat()].concat();
        for (part, contenu) in [debut.concat(), seconde].into_iter().enumerate() {
            let ici = dossier.join(format!("lot{rang:03}_{part}"));
            fs::create_dir_all(&ici)?;
            let nouveau = ici.join(chemin.file_name().unwrap_or_default());
            fs::write(&nouveau, contenu)?;
            out.push((nouveau, *recu_le));
        }
    }
    Ok(out)
}

/// Put a list in the order of a permutation of its ranks.
pub fn dans_l_ordre<T: Clone>(liste: &[T], permutation: &[usize]) -> Vec<T> {
    permutation.iter().filter_map(|rang| liste.get(*rang).cloned()).collect()
}

fn date(jour: Option<NaiveDate>) -> String {
    jour.map(|j| j.to_string()).unwrap_or_default()
}

/// The NIR with its key: Corsica counts as 19 and 18.
fn avec_cle(nir: &str) -> String {
    let nombre: u64 = nir.replace("2A", "19").replace("2B", "18").parse().unwrap_or(0);
    format!("{nir}{:02}", 97 - nombre % 97)
}

/// The MSA gives the NIR with its key.
fn nir_du_flux(fichier: &Fichier, personne: &Personne) -> String {
    if personne.nir.is_empty() || fichier.caisse.starts_with("CAF") {
        personne.nir.clone()
    } else {
        avec_cle(&personne.nir)
    }
}

/// The blocks of a file, those that cannot be read at the end with a state out of the list.
fn blocs(fichier: &Fichier) -> Vec<(String, Foyer)> {
    let mut tous: Vec<(String, Foyer)> =
        fichier.foyers.iter().map(|foyer| (foyer.etat.to_string(), foyer.clone())).collect();
    for (rang, num) in fichier.non_lus.iter().enumerate() {
        let Some(mut foyer) = fichier.foyers.first().cloned() else { continue };
        foyer.numdemrsa = num.clone();
        foyer.personnes.truncate(1);
        for personne in &mut foyer.personnes {
            personne.nir = String::new();
            personne.nom = format!("ILLISIBLE {}", if rang == 0 { "UN" } else { "DEUX" });
        }
        tous.push(("9".into(), foyer));
    }
    tous
}

fn top(personne: &Personne) -> &'static str {
    match personne.top {
        Some(true) => "1",
        Some(false) => "0",
        None => "",
    }
}

// ───────────────────────────── flux, CSV ─────────────────────────────

fn flux_csv(fichier: &Fichier, blocs: &[(String, Foyer)]) -> String {
    let mut texte = String::from(
        "TYPEFLUX;DTREF;DTCREAFLUX;HEUCREAFLUX;FONORG;NUMORG;MATRICULE;NUMDEMRSA;DTDEMRSA;NIR;NOM;NOMNAI;PRENOM;\
         DTNAI;ROLEPERS;ETATDOSRSA;TOPPERSDRODEVORSA;DDSUSDRORSA;MOTICLORSA\n",
    );
    let (organisme, numero) = fichier.caisse.split_at(3);
    let genre = if fichier.mensuel { "M" } else { "I" };
    let (cree, heure) = (fichier.cree_le.date(), fichier.cree_le.format("%H:%M:%S.0000"));
    for (etat, foyer) in blocs {
        for p in &foyer.personnes {
            let _ = writeln!(
                texte,
                "{genre};{};{cree};{heure};{organisme};{numero};{};{};{};{};{};{};{};{};{};{etat};{};{};{}",
                fichier.dtref,
                foyer.matricule,
                foyer.numdemrsa,
                date(foyer.dtdemrsa),
                nir_du_flux(fichier, p),
                p.nom,
                p.nomnai,
                p.prenom,
                p.dtnai,
                p.role,
                top(p),
                date(foyer.suspension),
                foyer.motif_cloture,
            );
        }
    }
    texte
}

// ───────────────────────────── flux, XML ─────────────────────────────

fn balise(nom: &str, valeur: &str) -> String {
    if valeur.is_empty() { String::new() } else { format!("<{nom}>{}</{nom}>", valeur.replace('&', "&amp;")) }
}

fn flux_xml(fichier: &Fichier, blocs: &[(String, Foyer)], vrsd: bool) -> String {
    let mut texte = String::from("<?xml version=\"1.0\" encoding=\"windows-1252\"?>\n<Racine>\n<IdentificationFlux>");
    texte.push_str("<APPLIEME>CRI</APPLIEME><NUMVERSIONAPPLIEME>6200</NUMVERSIONAPPLIEME>");
    texte.push_str(if vrsd { "<VERSIONFLUX>VRSD0301</VERSIONFLUX>" } else { "" });
    texte.push_str(&balise("TYPEFLUX", if fichier.mensuel { "M" } else { "I" }));
    texte.push_str("<NATFLUX>D</NATFLUX>");
    texte.push_str(&balise("DTCREAFLUX", &fichier.cree_le.date().to_string()));
    texte.push_str(&balise("HEUCREAFLUX", &fichier.cree_le.format("%H:%M:%S.0000").to_string()));
    texte.push_str(&balise("DTREF", &fichier.dtref.to_string()));
    texte.push_str("</IdentificationFlux>\n");
    for (etat, foyer) in blocs {
        if vrsd {
            foyer_vrsd(&mut texte, fichier, etat, foyer);
        } else {
            foyer_xml(&mut texte, fichier, etat, foyer);
        }
    }
    let _ = write!(
        texte,
        "<TransmissionFlux><NBTOTDOSRSATRANSM>{:08}</NBTOTDOSRSATRANSM>\
         <NBTOTDOSRSATRANSMANO>00000000</NBTOTDOSRSATRANSMANO></TransmissionFlux>\n</Racine>\n",
        blocs.len()
    );
    texte
}

fn foyer_xml(texte: &mut String, fichier: &Fichier, etat: &str, foyer: &Foyer) {
    let (organisme, numero) = fichier.caisse.split_at(3);
    let _ = writeln!(
        texte,
        "<InfosFoyerRSA><IdentificationRSA><Organisme><FONORG>{organisme}</FONORG><NUMORG>{numero}</NUMORG>{}\
         </Organisme><DemandeRSA>{}{}</DemandeRSA></IdentificationRSA>",
        balise("MATRICULE", &foyer.matricule),
        balise("DTDEMRSA", &date(foyer.dtdemrsa)),
        balise("NUMDEMRSA", &foyer.numdemrsa),
    );
    for p in &foyer.personnes {
        let calcul = balise("TOPPERSDRODEVORSA", top(p));
        let role = balise("ROLEPERS", &p.role);
        let _ = writeln!(
            texte,
            "<Personne><Identification>{}{}{}{}<TYPEDTNAI>N</TYPEDTNAI>{}</Identification>\
             <Prestations><NATPREST>PFA</NATPREST><ROLEPERS>ENF</ROLEPERS></Prestations>{}{}</Personne>",
            balise("NOM", &p.nom),
            balise("NOMNAI", &p.nomnai),
            balise("PRENOM", &p.prenom),
            balise("DTNAI", &p.dtnai.to_string()),
            balise("NIR", &nir_du_flux(fichier, p)),
            if role.is_empty() {
                String::new()
            } else {
                format!("<Prestations><NATPREST>RSA</NATPREST>{role}</Prestations>")
            },
            if calcul.is_empty() {
                String::new()
            } else {
                format!("<MontantCalculDroitRSAPersonne>{calcul}</MontantCalculDroitRSAPersonne>")
            },
        );
    }
    let suspension = match foyer.suspension {
        Some(jour) => format!(
            "<SuspensionDroit><MOTISUSDRORSA>DA</MOTISUSDRORSA><DDSUSDRORSA>{jour}</DDSUSDRORSA></SuspensionDroit>"
        ),
        None => String::new(),
    };
    let fin = if foyer.motif_cloture.is_empty() {
        String::new()
    } else {
        format!("<FinDroit>{}</FinDroit>", balise("MOTICLORSA", &foyer.motif_cloture))
    };
    let _ = writeln!(
        texte,
        "<PrestationRSA><SituationDossierRSA><EtatDossierRSA><ETATDOSRSA>{etat}</ETATDOSRSA></EtatDossierRSA>\
         {suspension}{fin}</SituationDossierRSA></PrestationRSA></InfosFoyerRSA>",
    );
}

/// The blocks of the second generation, with those that tell nothing and might mislead: the role of
/// the family benefits, the NIR of a parent, the dates of the rights.
fn foyer_vrsd(texte: &mut String, fichier: &Fichier, etat: &str, foyer: &Foyer) {
    let (organisme, numero) = fichier.caisse.split_at(3);
    let _ = writeln!(
        texte,
        "<InfosFoyerRSA><IdentificationRSA><Organisme><FONORG>{organisme}</FONORG><NUMORG>{numero}</NUMORG>{}</Organisme>\
         <Partenaire><TYPEPARTE>CG </TYPEPARTE><IDEPARTE>099</IDEPARTE></Partenaire>\
         <DemandeRSA>{}{}<ORIDEMRSA>DEM</ORIDEMRSA><DTORIDEMRSA>1998-01-01</DTORIDEMRSA></DemandeRSA></IdentificationRSA>",
        balise("MATRICULE", &foyer.matricule),
        balise("DTDEMRSA", &date(foyer.dtdemrsa)),
        balise("NUMDEMRSA", &foyer.numdemrsa),
    );
    for p in &foyer.personnes {
        let role = balise("ROLEPERS", &p.role);
        let fonction = match role.is_empty() {
            true => String::new(),
            false => format!("<FonctionPersonneRSA>{role}<TOPCHAPERS>1</TOPCHAPERS></FonctionPersonneRSA>"),
        };
        let _ = writeln!(
            texte,
            "<Personne><Identification>{}{}{}{}<TYPEDTNAI>N</TYPEDTNAI>{}<TOPVALIEC>1</TOPVALIEC></Identification>\
             <DossierCafMsa><TOPRESPDOS>1</TOPRESPDOS></DossierCafMsa>\
             <FonctionPersonnePFA><ROLEPERS>ENF</ROLEPERS></FonctionPersonnePFA>{fonction}\
             <Rattachement><NIR>1999999999999</NIR><TYPEPAR>PERE</TYPEPAR></Rattachement>\
             <CalculDroitRSAPersonne>{}<DDSOUDRODEV>1998-01-01</DDSOUDRODEV><MTPERSRESSMENRSA>0000000.00</MTPERSRESSMENRSA></CalculDroitRSAPersonne>\
             </Personne>",
            balise("NOM", &p.nom),
            balise("NOMNAI", &p.nomnai),
            balise("PRENOM", &p.prenom),
            balise("DTNAI", &p.dtnai.to_string()),
            balise("NIR", &p.nir),
            balise("TOPPERSDRODEVORSA", top(p)),
        );
    }
    let suspension = match foyer.suspension {
        Some(jour) if foyer.etat == 4 => format!(
            "<RessourcesTropElevees><MOTISUSVERSRSA>02</MOTISUSVERSRSA><DDSUSVERSRSA>{jour}</DDSUSVERSRSA></RessourcesTropElevees>"
        ),
        Some(jour) => format!(
            "<SuspensionDroit><MOTISUSDRORSA>GX1</MOTISUSDRORSA><DDSUSDRORSA>{jour}</DDSUSDRORSA></SuspensionDroit>"
        ),
        None => String::new(),
    };
    let fin = match foyer.motif_cloture.as_str() {
        "" => String::new(),
        motif => format!(
            "<FinDroit>{}<DTCLORSA>{}</DTCLORSA></FinDroit>",
            balise("MOTICLORSA", if motif == "MUT" { "CMU" } else { motif }),
            fichier.dtref
        ),
    };
    let _ = writeln!(
        texte,
        "<PrestationRSA><SituationDossierRSA><EtatDossierRSA><ETATDOSRSA>{etat}</ETATDOSRSA></EtatDossierRSA>\
         <DroitOuvert><DTODRSA>1998-01-01</DTODRSA><MOTIODRSA>DEM</MOTIODRSA></DroitOuvert>{suspension}{fin}\
         </SituationDossierRSA></PrestationRSA></InfosFoyerRSA>",
    );
}

/// Windows-1252 bytes of the characters that our names use.
fn windows_1252(texte: &str) -> Vec<u8> {
    texte
        .chars()
        .map(|lettre| match lettre {
            '\u{2019}' => 0x92,
            'Œ' => 0x8C,
            'œ' => 0x9C,
            autre => u8::try_from(u32::from(autre)).unwrap_or(b'?'),
        })
        .collect()
}

// ───────────────────────────── events ─────────────────────────────

fn genre(fait: &Fait) -> &'static str {
    match fait {
        Fait::Orientation(_) => "orientations",
        Fait::RendezVous(_) => "rendez_vous",
        Fait::Cer(_) => "cer",
        Fait::Accompagnement(_) => "accompagnements",
        Fait::FinSuivi(_) => "fins_suivi",
    }
}

fn colonnes(genre: &str) -> &'static str {
    match genre {
        "orientations" => "date_notification;organisme;mode;type_parcours;dispositif;territoire",
        "rendez_vous" => "type_rdv;date_rdv;date_fixation;statut",
        "cer" => "date_signature;type_contrat;rang",
        "accompagnements" => "type_accompagnement;date_proposition;date_debut;date_fin;conseiller",
        _ => "date_fin;motif",
    }
}

fn valeurs(fait: &Fait) -> String {
    match fait {
        Fait::Orientation(o) => {
            format!("{};{};{};{};{};{}", o.date, o.organisme, o.mode, o.type_parcours, o.dispositif, o.territoire)
        }
        Fait::RendezVous(r) => format!("{};{};{};{}", r.type_rdv, r.date_rdv, date(r.date_fixation), r.statut),
        Fait::Cer(c) => {
            format!("{};{};{}", c.date, c.type_contrat, c.rang.map(|rang| rang.to_string()).unwrap_or_default())
        }
        Fait::Accompagnement(a) => format!(
            "{};{};{};{};{}",
            a.type_accompagnement,
            date(a.proposition),
            date(a.debut),
            date(a.fin),
            a.conseiller
        ),
        Fait::FinSuivi(f) => format!("{};{}", f.date, f.motif),
    }
}

/// One event file. The last column is unknown to the program and keeps two files from being the same bytes.
fn evenements_csv(genre: &str, lignes: &[&Evenement]) -> String {
    let mut texte = format!(
        "id_evenement;nir;numdemrsa;nom;prenom;date_naissance;saisi_le;annule;{};observation\n",
        colonnes(genre)
    );
    for e in lignes {
        let identite = match &e.qui {
            Qui::Nir(nir) if e.ligne.is_multiple_of(2) => format!("{};;;;", avec_cle(nir)),
            Qui::Nir(nir) => format!("{nir};;;;"),
            Qui::DossierEtNom { numdemrsa, nom, prenom, dtnai } => format!(";{numdemrsa};{nom};{prenom};{dtnai}"),
            Qui::Nom { nom, prenom, dtnai } => format!(";;{nom};{prenom};{dtnai}"),
        };
        let blancs = ";".repeat(colonnes(genre).matches(';').count());
        let valeurs = if e.annule { blancs } else { valeurs(&e.fait) };
        let annule = if e.annule { "1" } else { "" };
        let _ =
            writeln!(texte, "{};{identite};{};{annule};{valeurs};{} {}", e.id, date(e.saisi_le), e.fichier, e.recu_le);
    }
    texte
}
