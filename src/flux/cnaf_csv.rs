//! The CSV form of the flux: one line a person in a dossier, each read as a block of that dossier.
//! It feeds the same records as the XML form.

use std::borrow::Cow;

use super::equipe;
use super::source::Flot;
use super::tableur::{Enregistrements, Largeur, Ligne, Signature, Tableur};
use crate::releves::foyers::{Bref, EnTeteBrut, FoyerBrut, Lecture, PersonneBrute, Tolerance, valider};
use crate::releves::{BilanFlux, Foyer, Marque, Masque, MotifRejet, RecepteurFlux, Refus, Rejet, Texte, shown};

/// Columns that say the same on every line, since they belong to the file.
const CONSTANTES: [&str; 5] = ["TYPEFLUX", "DTREF", "DTCREAFLUX", "FONORG", "NUMORG"];

/// Lines set aside before the first that can be read. They wait for it, since it gives the header of
/// the flux; more than this is another format.
const ATTENTE_MAX: usize = 100;

/// Lines, and bytes of values, that go together from the reading of the lines to the taking of the
/// foyers.
const LOT: (usize, usize) = (2_000, 1 << 20);

/// Reads a flux in its CSV form. Lines are read while the foyers of the lines before are taken.
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
    let ici = equipe::Lecture::commencer();
    lire_par(LOT, &|| ici.aidee(), contenu, tableur, recepteur, tolerance)
}

fn lire_par(
    lot: (usize, usize),
    aidee: &dyn Fn() -> bool,
    contenu: Flot,
    tableur: &Tableur,
    recepteur: &mut dyn RecepteurFlux,
    tolerance: Tolerance,
) -> Result<BilanFlux, Refus> {
    let mut lecture = Lecture::new(recepteur, tolerance);
    if let Some(message) = tableur.colonnes_ignorees(Signature::Flux) {
        lecture.avertir(message);
    }
    let mut lignes = Lignes::new(Enregistrements::new(contenu, tableur)?, Colonnes::new(tableur));
    let mut lues = Vec::new();
    loop {
        let ((suivantes, fini), prises) =
            equipe::deux(aidee(), || lignes.lot(lot), || prendre(std::mem::take(&mut lues), &mut lecture, tableur));
        // What is wrong is said in the order of the file.
        prises?;
        lues = suivantes;
        match fini {
            Ok(false) => {}
            Ok(true) => break,
            Err(refus) => {
                prendre(lues, &mut lecture, tableur)?;
                return Err(refus);
            }
        }
    }
    prendre(lues, &mut lecture, tableur)?;
    lecture.terminer(None)
}

/// What the lines give, in the order of the file.
enum Sortie {
    Extrait(Marque),
    /// The header, and the line that gives it.
    EnTete(Box<EnTeteBrut>, u64),
    Ecartee(Ecartee),
    Foyer(Box<FoyerLu>),
}

/// The foyer of a line.
struct FoyerLu {
    bref: Bref,
    valide: Result<Foyer, Rejet>,
    /// The fields of the line as they are written, when it is not valid.
    champs: Option<Vec<String>>,
}

fn prendre(sorties: Vec<Sortie>, lecture: &mut Lecture<'_>, tableur: &Tableur) -> Result<(), Refus> {
    let texte = |champs: Vec<String>| Texte::Csv {
        entetes: tableur.entetes_ecrites(),
        separateur: tableur.separateur(),
        champs: champs.into_iter().map(Cow::Owned).collect(),
    };
    sorties.into_iter().try_for_each(|sortie| match sortie {
        Sortie::Extrait(marque) => lecture.extrait(&marque),
        Sortie::EnTete(brut, ligne) => lecture.en_tete(&brut, ligne),
        Sortie::Ecartee(Ecartee { rejet, numdemrsa, champs }) => {
            lecture.illisible(rejet, &numdemrsa, Some(texte(champs)))
        }
        Sortie::Foyer(foyer) => {
            let FoyerLu { bref, valide, champs } = *foyer;
            lecture.foyer(&bref, valide, || champs.map(texte))
        }
    })
}

/// The lines being read.
struct Lignes {
    enregistrements: Enregistrements,
    colonnes: Colonnes,
    communs: Option<Communs>,
    attente: Vec<Ecartee>,
    /// A short line is judged once the next one is there: the last of the file is a truncation.
    courte: Option<Ecartee>,
}

impl Lignes {
    fn new(enregistrements: Enregistrements, colonnes: Colonnes) -> Self {
        Self { enregistrements, colonnes, communs: None, attente: Vec::new(), courte: None }
    }

    /// What so many lines and bytes more give, and whether the end of the file is reached.
    fn lot(&mut self, (lignes, octets): (usize, usize)) -> (Vec<Sortie>, Result<bool, Refus>) {
        let (mut sorties, mut lus) = (Vec::new(), 0);
        for _ in 0..lignes {
            match self.ligne(&mut sorties) {
                Ok(Some(ligne)) => lus += ligne,
                Ok(None) => return (sorties, self.fin().map(|()| true)),
                Err(refus) => return (sorties, Err(refus)),
            }
            if lus > octets {
                break;
            }
        }
        (sorties, Ok(false))
    }

    /// Reads a line, and says how many bytes it has; `None` at the end of the file.
    fn ligne(&mut self, sorties: &mut Vec<Sortie>) -> Result<Option<usize>, Refus> {
        let Self { enregistrements, colonnes, communs, attente, courte } = self;
        let Some(ligne) = enregistrements.suivant()? else { return Ok(None) };
        attente.extend(courte.take());
        match ligne.largeur() {
            Largeur::Courte => *courte = Some(Ecartee::new(&ligne, colonnes)),
            Largeur::Longue => attente.push(Ecartee::new(&ligne, colonnes)),
            Largeur::Juste => {
                match communs {
                    Some(communs) => communs.verifier(&ligne, colonnes)?,
                    None => {
                        if let Some(marque) = ligne.marque(colonnes.marque) {
                            sorties.push(Sortie::Extrait(marque.ok_or_else(|| marque_abimee(ligne.numero))?));
                        }
                        sorties.push(Sortie::EnTete(Box::new(colonnes.en_tete(&ligne)), ligne.numero));
                        *communs = Some(Communs::new(&ligne, colonnes));
                    }
                }
                sorties.extend(attente.drain(..).map(Sortie::Ecartee));
                let brut = colonnes.foyer(&ligne);
                let valide = valider(&brut);
                let champs = valide.is_err().then(|| ecrits(&ligne));
                sorties.push(Sortie::Foyer(Box::new(FoyerLu { bref: brut.into(), valide, champs })));
            }
        }
        if communs.is_some() {
            sorties.extend(attente.drain(..).map(Sortie::Ecartee));
        } else if attente.len() >= ATTENTE_MAX {
            return Err(Refus::whole(format!(
                "les {ATTENTE_MAX} premières lignes n'ont pas les colonnes de l'en-tête : le format du fichier est en doute. \
                 Vérifiez le séparateur et l'en-tête auprès de l'émetteur"
            )));
        }
        Ok(Some(ligne.octets()))
    }

    /// Whether the lines may end here.
    fn fin(&mut self) -> Result<(), Refus> {
        if let Some(Ecartee { rejet, .. }) = self.courte.take() {
            return Err(Refus::at(
                rejet.ligne,
                format!(
                    "la dernière ligne a moins de colonnes que l'en-tête ({} ; {}) : le fichier est sans doute tronqué. \
                     Demandez un nouvel envoi à l'émetteur",
                    rejet.valeur, rejet.attendu
                ),
            ));
        }
        if self.communs.is_some() {
            return Ok(());
        }
        Err(Refus::whole(if self.attente.is_empty() {
            "flux sans aucune ligne sous l'en-tête : ni date ni caisse ne s'y lisent. Demandez un nouvel envoi à l'émetteur"
        } else {
            "flux dont aucune ligne n'a les colonnes de l'en-tête. Vérifiez le séparateur et l'en-tête auprès de l'émetteur"
        }))
    }
}

/// The fields of a line, as they are written.
fn ecrits(ligne: &Ligne<'_>) -> Vec<String> {
    ligne.ecrits().into_iter().map(Cow::into_owned).collect()
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
            champs: ecrits(ligne),
        }
    }
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
    use proptest::prelude::*;

    use super::*;
    use crate::releves::{Caisse, EnTete, Role, TypeFlux};

    const EN_TETE: &str = "TYPEFLUX;DTREF;DTCREAFLUX;HEUCREAFLUX;FONORG;NUMORG;NUMDEMRSA;DTDEMRSA;NIR;NOM;PRENOM;DTNAI;ROLEPERS;\
                           ETATDOSRSA;TOPPERSDRODEVORSA;DDSUSDRORSA;DDSUSVERSRSA;MOTICLORSA;NUMCOM";

    #[derive(Debug, Default)]
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

    /// A line that is whole, or set aside, or refuses the file.
    fn ligne_quelconque() -> impl Strategy<Value = String> {
        prop_oneof![
            8 => (1..30u32).prop_map(|n| juste(&n.to_string())),
            2 => Just(personne("31", "9;1;;;;82121")),
            1 => Just("M;2021-01-31".to_owned()),
            1 => Just(juste("32") + ";de;trop"),
            1 => Just(juste("33").replace(";821;", ";822;")),
            1 => Just(juste("34").replace("MARTIN", "\"MARTIN\nDEUX\"")),
            1 => Just(juste("35").replace("MARTIN", "\"MARTIN")),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(200) })]

        #[test]
        fn neither_the_lots_nor_the_number_of_threads_change_what_is_read(
            lignes in prop::collection::vec(ligne_quelconque(), 0..30),
            lot in (1..10usize, 1..500usize),
            fils in 1..4usize,
        ) {
            let contenu = format!("{EN_TETE}\n{}\n", lignes.join("\n"));
            let tableur = Tableur::new(contenu.as_bytes(), true);
            let tolerance = Tolerance { part_max: 100, ..Tolerance::default() };
            let lire = |lot| {
                let (mut recu, contenu) = (Recu::default(), Box::new(std::io::Cursor::new(contenu.clone())));
                let fin = lire_par(lot, &|| true, contenu, &tableur, &mut recu, tolerance);
                format!("{recu:?} {fin:?}")
            };
            let equipe = rayon::ThreadPoolBuilder::new().num_threads(fils).build().unwrap();
            prop_assert_eq!(equipe.install(|| lire(lot)), lire((usize::MAX, usize::MAX)));
        }
    }
}
