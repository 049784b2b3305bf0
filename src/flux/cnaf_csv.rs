//! The CSV form of the flux: one line a person in a dossier, each read as a block of that dossier.
//! It feeds the same records as the XML form.

use std::borrow::Cow;

use super::source::Flot;
use super::tableur::{Enregistrements, Largeur, Ligne, Signature, Tableur};
use crate::releves::foyers::{EnTeteBrut, FoyerBrut, Lecture, PersonneBrute, Tolerance, valider};
use crate::releves::{BilanFlux, Marque, Masque, MotifRejet, RecepteurFlux, Refus, Rejet, Texte, shown};

/// Columns that say the same on every line, since they belong to the file.
const CONSTANTES: [&str; 5] = ["TYPEFLUX", "DTREF", "DTCREAFLUX", "FONORG", "NUMORG"];

/// Lines set aside before the first that can be read. They wait for it, since it gives the header of
/// the flux; more than this is another format.
const ATTENTE_MAX: usize = 100;

/// Reads a flux in its CSV form.
///
/// # Errors
/// A [`Refus`] of the whole file: no line, lines of several files mixed together, a truncated end, too many
/// lines set aside, or what the receiver refuses.
pub fn lire(
    contenu: Flot,
    tableur: &Tableur,
    recepteur: &mut dyn RecepteurFlux,
    tolerance: Tolerance,
) -> Result<BilanFlux, Refus> {
    let colonnes = Colonnes::new(tableur);
    let mut lecture = Lecture::new(recepteur, tolerance);
    if let Some(message) = tableur.colonnes_ignorees(Signature::Flux) {
        lecture.avertir(message);
    }
    let mut enregistrements = Enregistrements::new(contenu, tableur)?;
    let mut communs: Option<Communs> = None;
    let mut attente: Vec<Ecartee> = Vec::new();
    // A short line is judged once the next one is there: the last of the file is a truncation.
    let mut courte: Option<Ecartee> = None;
    while let Some(ligne) = enregistrements.suivant()? {
        attente.extend(courte.take());
        match ligne.largeur() {
            Largeur::Courte => courte = Some(Ecartee::new(&ligne, &colonnes)),
            Largeur::Longue => attente.push(Ecartee::new(&ligne, &colonnes)),
            Largeur::Juste => {
                match &communs {
                    Some(communs) => communs.verifier(&ligne, &colonnes)?,
                    None => {
                        if let Some(marque) = ligne.marque(colonnes.marque) {
                            lecture.extrait(&marque.ok_or_else(|| marque_abimee(ligne.numero))?)?;
                        }
                        lecture.en_tete(&colonnes.en_tete(&ligne), ligne.numero)?;
                        communs = Some(Communs::new(&ligne, &colonnes));
                    }
                }
                ecarter(&mut attente, &mut lecture, tableur)?;
                let foyer = colonnes.foyer(&ligne);
                let valide = valider(&foyer);
                lecture.foyer(&foyer.into(), valide, || Some(texte(tableur, ligne.ecrits())))?;
            }
        }
        if communs.is_some() {
            ecarter(&mut attente, &mut lecture, tableur)?;
        } else if attente.len() >= ATTENTE_MAX {
            return Err(Refus::whole(format!(
                "les {ATTENTE_MAX} premières lignes n'ont pas les colonnes de l'en-tête : le format du fichier est en doute. \
                 Vérifiez le séparateur et l'en-tête auprès de l'émetteur"
            )));
        }
    }
    if let Some(Ecartee { rejet, .. }) = courte {
        return Err(Refus::at(
            rejet.ligne,
            format!(
                "la dernière ligne a moins de colonnes que l'en-tête ({} ; {}) : le fichier est sans doute tronqué. \
                 Demandez un nouvel envoi à l'émetteur",
                rejet.valeur, rejet.attendu
            ),
        ));
    }
    if communs.is_none() {
        return Err(Refus::whole(if attente.is_empty() {
            "flux sans aucune ligne sous l'en-tête : ni date ni caisse ne s'y lisent. Demandez un nouvel envoi à l'émetteur"
        } else {
            "flux dont aucune ligne n'a les colonnes de l'en-tête. Vérifiez le séparateur et l'en-tête auprès de l'émetteur"
        }));
    }
    lecture.terminer(None)
}

/// A line that has not the columns of the header.
struct Ecartee {
    rejet: Rejet,
    /// The dossier it seems to be about, for a cut or a stray separator leaves the first columns in
    /// their place.
    numdemrsa: String,
    champs: Vec<String>,
}

impl Ecartee {
    fn new(ligne: &Ligne<'_>, colonnes: &Colonnes) -> Self {
        let numdemrsa = ligne.champ(colonnes.numdemrsa);
        let plausible = (1..=11).contains(&numdemrsa.len()) && numdemrsa.bytes().all(|b| b.is_ascii_digit());
        Self {
            rejet: Rejet {
                ligne: ligne.numero,
                champ: "nombre de colonnes".to_owned(),
                valeur: format!("« {} »", ligne.champs()),
                motif: MotifRejet::Colonnes,
                attendu: ligne.attendu(),
            },
            numdemrsa: if plausible { numdemrsa.into_owned() } else { String::new() },
            champs: ligne.ecrits().into_iter().map(Cow::into_owned).collect(),
        }
    }
}

fn ecarter(attente: &mut Vec<Ecartee>, lecture: &mut Lecture<'_>, tableur: &Tableur) -> Result<(), Refus> {
    attente.drain(..).try_for_each(|Ecartee { rejet, numdemrsa, champs }| {
        let champs = champs.into_iter().map(Cow::Owned).collect();
        lecture.illisible(rejet, &numdemrsa, Some(texte(tableur, champs)))
    })
}

fn texte<'a>(tableur: &'a Tableur, champs: Vec<Cow<'a, str>>) -> Texte<'a> {
    Texte::Csv { entetes: tableur.entetes_ecrites(), separateur: tableur.separateur(), champs }
}

fn marque_abimee(ligne: u64) -> Refus {
    Refus::at(
        ligne,
        format!(
            "la colonne {} ne porte pas la marque d'un extrait. Remettez-y celle que « jalon rejets montrer » donne",
            Marque::COLONNE
        ),
    )
}

/// The values of the columns that say the same on every line.
struct Communs {
    ligne: u64,
    valeurs: [String; CONSTANTES.len()],
}

impl Communs {
    fn new(ligne: &Ligne<'_>, colonnes: &Colonnes) -> Self {
        Self { ligne: ligne.numero, valeurs: colonnes.constantes.map(|colonne| ligne.champ(colonne).into_owned()) }
    }

    fn verifier(&self, ligne: &Ligne<'_>, colonnes: &Colonnes) -> Result<(), Refus> {
        for ((nom, colonne), attendue) in CONSTANTES.iter().zip(colonnes.constantes).zip(&self.valeurs) {
            let valeur = ligne.champ(colonne);
            if valeur != attendue.as_str() {
                return Err(Refus::at(
                    ligne.numero,
                    format!(
                        "{nom} vaut {} et {} à la ligne {} : un fichier porte un seul flux d'une seule caisse. \
                         Demandez à l'émetteur un fichier par flux",
                        shown(&valeur, Masque::Montrer),
                        shown(attendue, Masque::Montrer),
                        self.ligne
                    ),
                ));
            }
        }
        Ok(())
    }
}

/// The place of each column; `None` for those that the file has not.
struct Colonnes {
    constantes: [Option<usize>; CONSTANTES.len()],
    heucreaflux: Option<usize>,
    matricule: Option<usize>,
    numdemrsa: Option<usize>,
    dtdemrsa: Option<usize>,
    nir: Option<usize>,
    nom: Option<usize>,
    nomnai: Option<usize>,
    prenom: Option<usize>,
    dtnai: Option<usize>,
    typedtnai: Option<usize>,
    rolepers: Option<usize>,
    etatdosrsa: Option<usize>,
    top: Option<usize>,
    top_entrant: Option<usize>,
    suspensions: [(&'static str, Option<usize>); 2],
    moticlorsa: Option<usize>,
    numcom: Option<usize>,
    codepos: Option<usize>,
    marque: Option<usize>,
}

impl Colonnes {
    fn new(tableur: &Tableur) -> Self {
        let colonne = |nom: &'static str| tableur.colonne(nom);
        Self {
            constantes: CONSTANTES.map(colonne),
            heucreaflux: colonne("HEUCREAFLUX"),
            matricule: colonne("MATRICULE"),
            numdemrsa: colonne("NUMDEMRSA"),
            dtdemrsa: colonne("DTDEMRSA"),
            nir: colonne("NIR"),
            nom: colonne("NOM"),
            nomnai: colonne("NOMNAI"),
            prenom: colonne("PRENOM"),
            dtnai: colonne("DTNAI"),
            typedtnai: colonne("TYPEDTNAI"),
            rolepers: colonne("ROLEPERS"),
            etatdosrsa: colonne("ETATDOSRSA"),
            top: colonne("TOPPERSDRODEVORSA"),
            top_entrant: colonne("TOPPERSENTDRODEVORSA"),
            suspensions: ["DDSUSDRORSA", "DDSUSVERSRSA"].map(|nom| (nom, colonne(nom))),
            moticlorsa: colonne("MOTICLORSA"),
            numcom: colonne("NUMCOM"),
            codepos: colonne("CODEPOS"),
            marque: colonne(Marque::COLONNE),
        }
    }

    fn en_tete(&self, ligne: &Ligne<'_>) -> EnTeteBrut {
        let [typeflux, dtref, dtcreaflux, ..] = self.constantes.map(|colonne| ligne.champ(colonne).into_owned());
        let heucreaflux = ligne.champ(self.heucreaflux).into_owned();
        EnTeteBrut { typeflux, natflux: None, dtref, dtcreaflux, heucreaflux }
    }

    fn foyer(&self, ligne: &Ligne<'_>) -> FoyerBrut {
        let texte = |colonne: Option<usize>| ligne.champ(colonne).into_owned();
        let rempli = |colonne: Option<usize>| Some(texte(colonne)).filter(|valeur| !valeur.is_empty());
        let [.., fonorg, numorg] = self.constantes;
        FoyerBrut {
            ligne: ligne.numero,
            fonorg: texte(fonorg),
            numorg: texte(numorg),
            matricule: texte(self.matricule),
            dtdemrsa: texte(self.dtdemrsa),
            numdemrsa: texte(self.numdemrsa),
            etat: texte(self.etatdosrsa),
            suspensions: self
                .suspensions
                .iter()
                .filter_map(|(nom, colonne)| rempli(*colonne).map(|date| (*nom, date)))
                .collect(),
            motifs_cloture: rempli(self.moticlorsa).into_iter().collect(),
            commune: texte(self.numcom),
            code_postal: texte(self.codepos),
            faits_generateurs: Vec::new(),
            personnes: vec![PersonneBrute {
                ligne: ligne.numero,
                nir: texte(self.nir),
                nom: texte(self.nom),
                nomnai: texte(self.nomnai),
                prenom: texte(self.prenom),
                dtnai: texte(self.dtnai),
                typedtnai: texte(self.typedtnai),
                role: texte(self.rolepers),
                top: texte(self.top),
                top_entrant: texte(self.top_entrant),
            }],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::releves::{Caisse, EnTete, Foyer, Role, TypeFlux};

    const EN_TETE: &str = "TYPEFLUX;DTREF;DTCREAFLUX;HEUCREAFLUX;FONORG;NUMORG;NUMDEMRSA;DTDEMRSA;NIR;NOM;PRENOM;DTNAI;ROLEPERS;\
                           ETATDOSRSA;TOPPERSDRODEVORSA;DDSUSDRORSA;DDSUSVERSRSA;MOTICLORSA;NUMCOM";

    #[derive(Default)]
    struct Recu {
        en_tete: Option<EnTete>,
        foyers: Vec<Foyer>,
        rejets: Vec<Rejet>,
    }

    impl RecepteurFlux for Recu {
        fn en_tete(&mut self, en_tete: &EnTete) -> Result<(), Refus> {
            assert!(self.foyers.is_empty() && self.rejets.is_empty() && self.en_tete.is_none());
            self.en_tete = Some(en_tete.clone());
            Ok(())
        }
        fn foyer(&mut self, foyer: Foyer) -> Result<(), Refus> {
            assert!(self.en_tete.is_some());
            self.foyers.push(foyer);
            Ok(())
        }
        fn rejet(&mut self, rejet: Rejet) -> Result<(), Refus> {
            assert!(self.en_tete.is_some());
            self.rejets.push(rejet);
            Ok(())
        }
    }

    fn personne(numdemrsa: &str, reste: &str) -> String {
        format!("M;2021-01-31;2021-02-05;21:27:43;CAF;821;{numdemrsa};2021-01-04;;MARTIN;PAUL;1980-01-12;DEM;{reste}")
    }

    fn juste(numdemrsa: &str) -> String {
        personne(numdemrsa, "2;1;;;;82121")
    }

    fn lire_lignes(lignes: &[String]) -> (Recu, Result<BilanFlux, String>) {
        let contenu = format!("{EN_TETE}\n{}\n", lignes.join("\n"));
        let mut recu = Recu::default();
        let tableur = Tableur::new(contenu.as_bytes(), true);
        assert_eq!(tableur.signature().unwrap(), Signature::Flux);
        let bilan = lire(Box::new(std::io::Cursor::new(contenu)), &tableur, &mut recu, Tolerance::default());
        (recu, bilan.map_err(|refus| refus.to_string()))
    }

    #[test]
    fn each_line_is_a_block_of_one_person() {
        let suspendu = personne("2", "4;0;2021-01-10;2021-01-09;RSO;82121");
        let (recu, bilan) = lire_lignes(&[juste("1"), suspendu]);
        let bilan = bilan.unwrap();
        assert_eq!((bilan.foyers, bilan.rejetes, bilan.annonces), (2, 0, None));
        assert_eq!(bilan.caisse, Some(Caisse("CAF821".to_owned())));
        let en_tete = recu.en_tete.unwrap();
        assert_eq!(
            (en_tete.type_flux, en_tete.cree_le.to_string().as_str()),
            (TypeFlux::Mensuel, "2021-02-05 21:27:43")
        );
        let [premier, second] = recu.foyers.as_slice() else { panic!("deux foyers") };
        assert_eq!((premier.ligne, premier.numdemrsa.as_str(), premier.etat), (2, "00000000001", 2));
        assert_eq!((premier.personnes.len(), premier.personnes[0].role), (1, Role::Demandeur));
        assert_eq!((second.suspension, second.motif_cloture.as_str()), ("2021-01-09".parse().ok(), "RSO"));
    }

    #[test]
    fn a_file_holds_one_flux_of_one_caisse() {
        for (avant, apres, nom) in [
            ("M;", "I;", "TYPEFLUX"),
            (";2021-01-31;", ";2021-02-28;", "DTREF"),
            (";2021-02-05;", ";;", "DTCREAFLUX"),
            (";CAF;", ";MSA;", "FONORG"),
            (";821;", ";822;", "NUMORG"),
        ] {
            let message = lire_lignes(&[juste("1"), juste("2").replacen(avant, apres, 1)]).1.unwrap_err();
            assert!(message.starts_with(&format!("ligne 3 : {nom} vaut ")), "{message}");
            assert!(message.contains(" à la ligne 2 "), "{message}");
        }
    }

    #[test]
    fn a_last_line_with_fewer_columns_refuses_the_file() {
        let coupee = juste("2").chars().take(40).collect();
        let message = lire_lignes(&[juste("1"), coupee]).1.unwrap_err();
        assert!(message.starts_with("ligne 3 : la dernière ligne a moins de colonnes"), "{message}");
    }

    /// The dossier of a line set aside is present but unread: it makes nobody absent.
    #[test]
    fn a_short_or_long_line_elsewhere_is_set_aside_alone() {
        let coupee: String = juste("1").chars().take(60).collect();
        let longue = format!("{};reste", juste("3"));
        let (recu, bilan) = lire_lignes(&[coupee, juste("2"), longue, juste("4")]);
        let bilan = bilan.unwrap();
        assert_eq!((bilan.foyers, bilan.rejetes), (4, 2));
        assert_eq!(bilan.non_lus, ["00000000001", "00000000003"]);
        assert_eq!(
            recu.rejets.iter().map(|rejet| (rejet.ligne, rejet.motif)).collect::<Vec<_>>(),
            [(2, MotifRejet::Colonnes), (4, MotifRejet::Colonnes)]
        );
        assert_eq!(recu.foyers.len(), 2);
    }

    #[test]
    fn a_flux_without_any_line_is_refused() {
        assert!(lire_lignes(&[]).1.unwrap_err().contains("sans aucune ligne"));
        assert!(lire_lignes(&[format!("{};x", juste("1"))]).1.unwrap_err().contains("aucune ligne n'a les colonnes"));
        let longues = vec![format!("{};x", juste("1")); ATTENTE_MAX + 1];
        assert!(lire_lignes(&longues).1.unwrap_err().contains("premières lignes"));
    }

    #[test]
    fn a_line_that_is_too_long_by_empty_columns_is_right() {
        let (recu, _) = lire_lignes(&[format!("{};;", juste("1"))]);
        assert_eq!(recu.foyers.len(), 1);
    }
}
