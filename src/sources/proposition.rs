//! A description proposed from what an export shows: its headings, and the shape of its values. It
//! is a draft for a person to read: what was not recognised is left to be completed, never guessed.

use std::fmt::Write as _;
use std::path::Path;

use super::description::{Description, FormatDate};
use super::{Classeur, tableur_de};
use crate::flux::ouverture::{examiner, ouvrir};
use crate::flux::tableur::{Enregistrements, Forme, Tableur, normaliser, ressemble_a_une_donnee};
use crate::identite::{Nir, folded};
use crate::releves::foyers::parse_date;
use crate::releves::genres::{Colonne, Genre, Nature};
use crate::releves::{Masque, Refus, shown};

/// Lines looked at: enough to meet the values of a code.
const LIGNES: usize = 2000;
/// Rows among which the header is looked for.
const ENTETES: usize = 20;
/// Different values that a code may have.
const CODES: usize = 30;
/// Lines shown.
const MONTREES: usize = 3;

/// A description to be saved.
#[derive(Clone, Debug)]
pub struct Proposition {
    /// The TOML, comments included.
    pub toml: String,
    /// What a person must still say.
    pub a_completer: usize,
}

/// Names under which departments export our columns, folded. A kind only looks at its own.
const SYNONYMES: &[(&str, &[&str])] = &[
    (
        "nir",
        &["NIR", "NUMERO DE SECURITE SOCIALE", "NUMERO SECURITE SOCIALE", "N SECURITE SOCIALE", "NUMERO SS", "N SS"],
    ),
    ("numdemrsa", &["NUMDEMRSA", "NUMERO DEMANDE RSA", "NUM DEMANDE RSA", "N DEMANDE RSA", "NUMERO DE DEMANDE RSA"]),
    (
        "matricule",
        &["MATRICULE", "NUMERO CAF", "N CAF", "NUM CAF", "MATRICULE CAF", "NUMERO ALLOCATAIRE", "N ALLOCATAIRE"],
    ),
    (
        "nom",
        &["NOM", "NOM D USAGE", "NOM USAGE", "NOM DE FAMILLE", "NOM BENEFICIAIRE", "NOM DU BENEFICIAIRE", "NOM USUEL"],
    ),
    ("prenom", &["PRENOM", "PRENOM BENEFICIAIRE", "PRENOM DU BENEFICIAIRE", "PRENOM USUEL"]),
    ("date_naissance", &["DATE DE NAISSANCE", "DATE NAISSANCE", "DTNAI", "DDN", "NE LE", "NE E LE", "DATE NAISS"]),
    (
        "id_evenement",
        &["ID EVENEMENT", "IDENTIFIANT", "ID", "REFERENCE", "ID ORIENTATION", "ID RDV", "ID CER", "NUMERO CONTRAT"],
    ),
    ("saisi_le", &["SAISI LE", "DATE DE SAISIE", "DATE SAISIE", "CREE LE", "DATE DE CREATION", "DATE CREATION"]),
    (
        "date_notification",
        &["DATE D ORIENTATION", "DATE ORIENTATION", "DATE NOTIFICATION", "DATE DE NOTIFICATION", "DATE DECISION"],
    ),
    (
        "organisme",
        &[
            "ORGANISME",
            "TYPE D ORIENTATION",
            "TYPE ORIENTATION",
            "ORIENTATION",
            "ORGANISME REFERENT",
            "ORIENTATION VERS",
            "ORIENTE VERS",
        ],
    ),
    ("mode", &["MODE", "MODE DE NOTIFICATION", "MODE NOTIFICATION"]),
    ("structure", &["STRUCTURE", "STRUCTURE REFERENTE", "STRUCTURE D ORIENTATION", "LIBELLE STRUCTURE", "SERVICE"]),
    ("type_parcours", &["TYPE DE PARCOURS", "PARCOURS", "TYPE PARCOURS"]),
    ("dispositif", &["DISPOSITIF"]),
    ("territoire", &["TERRITOIRE", "SECTEUR", "UTAS", "MDS", "BASSIN", "CIRCONSCRIPTION"]),
    ("referent", &["REFERENT", "NOM REFERENT", "REFERENT UNIQUE", "TRAVAILLEUR SOCIAL"]),
    ("type_rdv", &["TYPE RDV", "TYPE DE RDV", "TYPE DE RENDEZ VOUS", "MOTIF DU RDV", "OBJET DU RDV", "MOTIF RDV"]),
    ("date_rdv", &["DATE RDV", "DATE DU RDV", "DATE RENDEZ VOUS", "DATE DU RENDEZ VOUS"]),
    ("date_fixation", &["DATE FIXATION", "RDV PRIS LE", "DATE DE PRISE DE RDV", "DATE CONVOCATION"]),
    ("statut", &["STATUT", "STATUT DU RDV", "STATUT RDV", "PRESENCE", "RESULTAT DU RDV"]),
    (
        "date_signature",
        &["DATE SIGNATURE", "DATE DE SIGNATURE", "DATE CONTRAT", "DATE DU CONTRAT", "DATE CER", "DATE DE VALIDATION"],
    ),
    ("type_contrat", &["TYPE CONTRAT", "TYPE DE CONTRAT"]),
    ("rang", &["RANG", "RANG CONTRAT", "RANG DU CONTRAT", "NUMERO D ORDRE"]),
    ("type_accompagnement", &["TYPE ACCOMPAGNEMENT", "TYPE D ACCOMPAGNEMENT", "ACCOMPAGNEMENT", "DISPOSITIF"]),
    ("date_proposition", &["DATE PROPOSITION", "DATE DE PROPOSITION", "PROPOSE LE"]),
    (
        "date_debut",
        &["DATE DEBUT", "DATE DE DEBUT", "DATE DE DEBUT D ACCOMPAGNEMENT", "DEBUT ACCOMPAGNEMENT", "DATE D ENTREE"],
    ),
    (
        "date_fin",
        &[
            "DATE FIN",
            "DATE DE FIN",
            "DATE DE FIN D ACCOMPAGNEMENT",
            "FIN DE SUIVI",
            "DATE FIN SUIVI",
            "DATE DE SORTIE",
            "DATE DE FIN DE CONTRAT",
        ],
    ),
    ("conseiller", &["CONSEILLER", "NOM CONSEILLER", "CONSEILLER AG"]),
    ("motif_fin", &["MOTIF FIN", "MOTIF DE FIN", "MOTIF DE SORTIE"]),
    ("motif", &["MOTIF", "MOTIF DE FIN", "MOTIF DE SORTIE", "MOTIF SORTIE", "MOTIF DE FIN DE SUIVI"]),
];

/// Values that departments give, folded, and ours.
const VALEURS: &[(&str, &[(&str, &str)])] = &[
    (
        "organisme",
        &[
            ("POLE EMPLOI", "PE"),
            ("FRANCE TRAVAIL", "PE"),
            ("DEPARTEMENT", "CD"),
            ("CONSEIL DEPARTEMENTAL", "CD"),
            ("CENTRE COMMUNAL D ACTION SOCIALE", "CCAS"),
            ("MISSION LOCALE", "ML"),
            ("ASSOCIATION", "ASSO"),
            ("AUTRE ORGANISME", "AUTRE"),
        ],
    ),
    ("mode", &[("LETTRE", "courrier"), ("COURRIEL", "mail"), ("E MAIL", "mail")]),
    (
        "type_parcours",
        &[("SOCIOPROFESSIONNEL", "socio_pro"), ("SOCIO PROFESSIONNEL", "socio_pro"), ("PROFESSIONNEL", "emploi")],
    ),
    ("dispositif", &[("ACCOMPAGNEMENT GLOBAL", "AG"), ("GARANTIE D ACTIVITE", "GAD")]),
    ("type_accompagnement", &[("ACCOMPAGNEMENT GLOBAL", "AG"), ("GARANTIE D ACTIVITE", "GAD")]),
    (
        "statut",
        &[
            ("RENDEZ VOUS HONORE", "honore"),
            ("PRESENT", "honore"),
            ("ABSENCE NON EXCUSEE", "absent"),
            ("ANNULE (EXCUSE)", "excuse"),
            ("ABSENCE EXCUSEE", "excuse"),
            ("ANNULE (PAR LE SERVICE)", "annule"),
            ("RDV A VENIR", "fixe"),
            ("PREVU", "fixe"),
        ],
    ),
    ("type_contrat", &[("CONTRAT D ENGAGEMENTS RECIPROQUES", "cer"), ("CONTRAT D ENGAGEMENT RECIPROQUE", "cer")]),
    (
        "motif",
        &[
            ("CDI", "emploi_cdi"),
            ("CDD", "emploi_cdd"),
            ("DEMENAGEMENT HORS DEPARTEMENT", "demenagement"),
            ("FIN DE DROITS", "fin_de_droit"),
        ],
    ),
];

/// How exports write a day, beside the two forms that are always read.
const FORMATS: [&str; 5] = ["JJ.MM.AAAA", "JJ-MM-AAAA", "AAAA/MM/JJ", "AAAAMMJJ", "JJMMAAAA"];

/// A column of the export, as its values show it.
struct Vue {
    montre: String,
    norme: String,
    plie: String,
    remplies: usize,
    dates: usize,
    /// How many values are days under each of [`FORMATS`].
    autres_dates: [usize; 5],
    nirs: usize,
    longueurs: (usize, usize),
    /// The different values, unless they are too many to be codes.
    valeurs: Option<Vec<String>>,
}

impl Vue {
    /// `montre` may have been cut to be shown; what is compared never is.
    fn new(montre: &str, norme: &str) -> Self {
        let entiere = normaliser(montre) == norme;
        let montre = if entiere { montre } else { norme };
        Self {
            montre: montre.to_owned(),
            norme: norme.to_owned(),
            plie: mots(montre).join(" "),
            remplies: 0,
            dates: 0,
            autres_dates: [0; 5],
            nirs: 0,
            longueurs: (usize::MAX, 0),
            valeurs: Some(Vec::new()),
        }
    }

    fn voir(&mut self, valeur: &str) {
        if valeur.is_empty() {
            return;
        }
        let longueur = valeur.chars().count();
        self.remplies += 1;
        self.dates += usize::from(parse_date(valeur).is_some());
        for (n, format) in self.autres_dates.iter_mut().zip(FORMATS) {
            *n += usize::from(FormatDate::new(format).is_some_and(|format| format.lire(valeur).is_some()));
        }
        self.nirs += usize::from(Nir::parse(valeur).is_some());
        self.longueurs = (self.longueurs.0.min(longueur), self.longueurs.1.max(longueur));
        if let Some(valeurs) = &mut self.valeurs
            && !valeurs.iter().any(|connue| folded(connue) == folded(valeur))
        {
            valeurs.push(valeur.to_owned());
            if valeurs.len() > CODES || longueur > 60 {
                self.valeurs = None;
            }
        }
    }

    fn plutot(&self, n: usize) -> bool {
        self.remplies > 0 && n * 2 > self.remplies
    }

    /// The format to be given, when the values are days that would not be read without it.
    fn format(&self) -> Option<&'static str> {
        let trouve = self.autres_dates.iter().zip(FORMATS).find(|(n, _)| self.plutot(**n));
        trouve.map(|(_, format)| format).filter(|_| !self.plutot(self.dates))
    }

    fn est_une_date(&self) -> bool {
        self.plutot(self.dates) || self.format().is_some()
    }

    fn forme(&self) -> String {
        match self.remplies {
            0 => "toujours vide".to_owned(),
            _ if self.plutot(self.nirs) => "des NIR".to_owned(),
            _ if self.est_une_date() => "des dates".to_owned(),
            _ if self.longueurs.0 == self.longueurs.1 => format!("{} caractères", self.longueurs.0),
            _ => format!("de {} à {} caractères", self.longueurs.0, self.longueurs.1),
        }
    }
}

/// An export, looked at.
struct Export {
    avant: usize,
    vues: Vec<Vue>,
    lignes: usize,
    premieres: Vec<Vec<String>>,
}

/// Proposes the description of an export. `genre` and `feuille` are those that the user gives.
///
/// # Errors
/// The file cannot be read, or no table is found in it.
pub fn proposer(chemin: &Path, genre: Option<Genre>, feuille: Option<&str>) -> Result<Proposition, Refus> {
    let export = regarder(chemin, feuille)?;
    let genre = genre.unwrap_or_else(|| deviner(&export.vues));
    let attribution = attribuer(genre, &export.vues);
    Ok(rediger(chemin, feuille, genre, &export, &attribution))
}

fn regarder(chemin: &Path, feuille: Option<&str>) -> Result<Export, Refus> {
    let apercu = examiner(chemin)?;
    let (tableur, avant) = if Classeur::commence(&apercu.tete, apercu.taille) {
        let mut classeur = Classeur::lire(ouvrir(chemin)?)?;
        let feuilles = classeur.feuilles();
        let voulue = match feuille {
            None => feuilles.first(),
            Some(voulue) => feuilles.iter().find(|autre| normaliser(autre) == normaliser(voulue)),
        };
        let Some(voulue) = voulue else {
            return Err(Refus::whole(format!(
                "pas de telle feuille dans ce classeur. Feuilles : {}",
                feuilles.join(", ")
            )));
        };
        meilleur_entete(|avant| tableur_de(&mut classeur, voulue, &Forme { avant, ..Forme::default() }))?
    } else {
        if apercu.octet_nul || apercu.tete.trim_ascii_start().starts_with(b"<") {
            return Err(Refus::whole("ce n'est pas un tableau. Attendu un export en CSV ou en XLSX"));
        }
        meilleur_entete(|avant| Ok(Tableur::selon(&apercu.tete, apercu.utf8, &Forme { avant, ..Forme::default() })))?
    };
    let mut vues: Vec<Vue> = vues(&tableur);
    let (mut lignes, mut premieres) = (0, Vec::new());
    let mut enregistrements = Enregistrements::ouvrir(chemin, &tableur)?;
    while lignes < LIGNES {
        let Some(ligne) = enregistrements.suivant()? else { break };
        lignes += 1;
        let champs: Vec<String> = (0..vues.len()).map(|place| ligne.champ(Some(place)).into_owned()).collect();
        vues.iter_mut().zip(&champs).for_each(|(vue, champ)| vue.voir(champ));
        if premieres.len() < MONTREES {
            premieres.push(champs);
        }
    }
    Ok(Export { avant, vues, lignes, premieres })
}

fn vues(tableur: &Tableur) -> Vec<Vue> {
    tableur.montres().iter().zip(tableur.entetes()).map(|(montre, norme)| Vue::new(montre, norme)).collect()
}

/// The header is the first row that holds the most words, none of them being a value.
fn meilleur_entete(mut lire: impl FnMut(usize) -> Result<Tableur, Refus>) -> Result<(Tableur, usize), Refus> {
    let mut retenu: Option<(usize, Tableur, usize)> = None;
    for avant in 0..ENTETES {
        let tableur = lire(avant)?;
        let vues = vues(&tableur);
        if vues.iter().any(|vue| ressemble_a_une_donnee(&vue.norme)) || vues.len() < 2 {
            continue;
        }
        let connue = |vue: &Vue| SYNONYMES.iter().any(|(_, noms)| noms.contains(&vue.plie.as_str()));
        let mots = vues.iter().filter(|vue| !vue.norme.is_empty()).count();
        let score = mots + 3 * vues.iter().filter(|vue| connue(vue)).count();
        if retenu.as_ref().is_none_or(|(meilleur, ..)| score > *meilleur) {
            retenu = Some((score, tableur, avant));
        }
    }
    retenu.map(|(_, tableur, avant)| (tableur, avant)).ok_or_else(|| {
        Refus::whole(
            "aucune ligne d'en-têtes n'y est reconnue parmi les vingt premières. Exportez avec les noms des colonnes",
        )
    })
}

/// Our columns of a kind that a heading may be.
fn noms_de(genre: Genre) -> Vec<(&'static str, Option<&'static Colonne>)> {
    let communes =
        ["nir", "numdemrsa", "matricule", "nom", "prenom", "date_naissance", "id_evenement", "saisi_le"].into_iter();
    let communes = communes.filter(|_| genre.nominatif()).map(|nom| (nom, None));
    communes.chain(genre.colonnes().iter().map(|colonne| (colonne.nom, Some(colonne)))).collect()
}

fn est_une_date(nom: &str, colonne: Option<&Colonne>) -> bool {
    matches!(nom, "date_naissance" | "saisi_le") || colonne.is_some_and(|c| c.nature == Nature::Date)
}

/// How much a heading looks like one of our columns: 0, or from 60 to 100.
fn ressemblance(nom: &str, colonne: Option<&Colonne>, vue: &Vue) -> usize {
    let date = est_une_date(nom, colonne);
    if vue.remplies > 0 && date != vue.est_une_date() || nom != "nir" && vue.plutot(vue.nirs) {
        return 0;
    }
    if vue.norme == nom || nom == "nir" && vue.plutot(vue.nirs) {
        return 100;
    }
    let mots: Vec<&str> = vue.plie.split(' ').collect();
    let noms = SYNONYMES.iter().filter(|(autre, _)| *autre == nom).flat_map(|(_, noms)| *noms);
    noms.map(|synonyme| {
        let siens: Vec<&str> = synonyme.split(' ').collect();
        if vue.plie == *synonyme {
            98
        } else if siens.len() > 1 && siens.iter().all(|mot| mots.contains(mot)) {
            60 + 30 * siens.len() / mots.len()
        } else {
            0
        }
    })
    .max()
    .unwrap_or_default()
}

/// For each of our columns, the place of its heading: the best pairs first, each used once.
fn attribuer(genre: Genre, vues: &[Vue]) -> Vec<(&'static str, usize)> {
    let mut paires: Vec<(usize, &'static str, usize)> = Vec::new();
    for (nom, colonne) in noms_de(genre) {
        for (place, vue) in vues.iter().enumerate().filter(|(_, vue)| !vue.norme.is_empty()) {
            let note = ressemblance(nom, colonne, vue);
            if note > 0 {
                paires.push((note, nom, place));
            }
        }
    }
    paires.sort_by_key(|(note, nom, place)| (std::cmp::Reverse(*note), *place, *nom));
    let mut out: Vec<(&'static str, usize)> = Vec::new();
    for (_, nom, place) in paires {
        if !out.iter().any(|(pris, ici)| *pris == nom || *ici == place) {
            out.push((nom, place));
        }
    }
    out
}

/// The kind whose own columns are found best.
fn deviner(vues: &[Vue]) -> Genre {
    let note = |genre: &Genre| -> usize {
        let trouvees = attribuer(*genre, vues);
        let siennes = genre.colonnes().iter().filter(|colonne| trouvees.iter().any(|(nom, _)| *nom == colonne.nom));
        siennes.map(|colonne| if colonne.obligatoire { 4 } else { 1 }).sum()
    };
    let genres = Genre::TOUS.into_iter().filter(|genre| genre.nominatif());
    // The first of the best, in the order of the kinds.
    genres.rev().max_by_key(note).unwrap_or(Genre::Orientations)
}

/// Our value for one of theirs, when it is known.
fn notre_valeur(nom: &str, codes: &[&'static str], valeur: &str) -> Option<&'static str> {
    let nue = |texte: &str| folded(texte).replace('_', " ");
    let pliee = nue(valeur);
    let code = codes.iter().copied().find(|code| nue(code) == pliee);
    code.or_else(|| {
        let connues = VALEURS.iter().filter(|(autre, _)| *autre == nom).flat_map(|(_, connues)| *connues);
        connues.filter(|(theirs, _)| *theirs == pliee).map(|(_, ours)| *ours).next()
    })
}

/// The words of a heading, folded.
fn mots(texte: &str) -> Vec<String> {
    let folded = folded(texte);
    let mots = folded.split(|c: char| !c.is_alphanumeric());
    mots.filter(|mot| !mot.is_empty()).map(str::to_owned).collect()
}

/// A text between quotes, as TOML wants it.
fn cite(texte: &str) -> String {
    let mut out = String::from("\"");
    for c in texte.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// A comment of one line.
fn remarque(out: &mut String, texte: &str) {
    let texte: String = texte.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let _ = writeln!(out, "# {texte}");
}

/// The name of the file with what changes from one export to the next as stars.
fn motif(nom: &str) -> String {
    let mut out = String::new();
    for c in nom.chars() {
        if !c.is_ascii_digit() {
            out.push(c);
        } else if !out.ends_with('*') {
            out.push('*');
        }
    }
    // A date that begins the name is one star, not three.
    while out.contains("*-*") || out.contains("*_*") {
        out = out.replace("*-*", "*").replace("*_*", "*");
    }
    out
}

fn rediger(
    chemin: &Path,
    feuille: Option<&str>,
    genre: Genre,
    export: &Export,
    attribution: &[(&'static str, usize)],
) -> Proposition {
    let fichier = chemin.file_name().map(|nom| nom.to_string_lossy().into_owned()).unwrap_or_default();
    let vue = |nom: &str| attribution.iter().find(|(autre, _)| *autre == nom).map(|(_, place)| &export.vues[*place]);
    let mut a_completer = 0usize;
    let mut out = String::new();
    remarque(&mut out, &format!("Proposition de jalon pour {fichier} : à relire, à compléter, puis à vérifier par"));
    remarque(&mut out, &format!("jalon sources verifier {fichier} --sources CE_FICHIER.toml"));
    let _ = writeln!(out, "nom = {}", cite(&nom_de_source(chemin)));
    let _ = writeln!(out, "genre = {}\n", cite(genre.nom()));

    let _ = writeln!(out, "[fichiers]\nnoms = [{}]", cite(&motif(&fichier)));
    let marques: Vec<String> = genre
        .colonnes()
        .iter()
        .filter(|colonne| colonne.obligatoire || genre.date_propre().contains(&colonne.nom))
        .filter_map(|colonne| Some(cite(&vue(colonne.nom)?.montre)))
        .collect();
    if !marques.is_empty() {
        let _ = writeln!(out, "entetes = [{}]", marques.join(", "));
    }
    if export.avant > 0 {
        let _ = writeln!(out, "ligne_entete = {}", export.avant + 1);
    }
    if let Some(feuille) = feuille {
        let _ = writeln!(out, "feuille = {}", cite(feuille));
    }

    out.push_str("\n[colonnes]\n");
    // A table under this one ends it: the columns that need one come last.
    let mut tables = String::new();
    for (nom, colonne) in noms_de(genre) {
        let codes: &[&str] = match colonne.map(|colonne| colonne.nature) {
            Some(Nature::Code(codes)) => codes,
            _ => &[],
        };
        match vue(nom) {
            Some(vue) if codes.is_empty() => match vue.format() {
                Some(format) => {
                    let _ = writeln!(out, "{nom} = {{ entete = {}, format = \"{format}\" }}", cite(&vue.montre));
                }
                None => {
                    let _ = writeln!(out, "{nom} = {}", cite(&vue.montre));
                }
            },
            Some(vue) => a_completer += valeurs(&mut out, &mut tables, nom, codes, vue),
            None if colonne.is_some_and(|colonne| colonne.obligatoire) => {
                a_completer += 1;
                let attendu =
                    if codes.is_empty() { String::new() } else { format!(", l'un de : {}", codes.join(", ")) };
                remarque(
                    &mut out,
                    &format!("À COMPLÉTER, obligatoire : aucune colonne n'a été reconnue pour {nom}{attendu}"),
                );
                remarque(&mut out, &format!("{nom} = \"en-tête\"   ou   {nom} = {{ constante = \"valeur\" }}"));
            }
            None => {}
        }
    }
    if !genre.date_propre().is_empty() && !genre.date_propre().iter().any(|nom| vue(nom).is_some()) {
        a_completer += 1;
        remarque(&mut out, &format!("À COMPLÉTER : il faut {}", genre.date_propre().join(" ou ")));
    }
    out.push_str(&tables);
    a_completer += identite(&mut out, &|nom| vue(nom).is_some());
    if genre.nominatif() && vue("id_evenement").is_none() {
        a_completer += identifiant(&mut out, genre, &|nom| vue(nom).map(|vue| vue.montre.clone()));
    }
    let lues: Vec<usize> = attribution.iter().map(|(_, place)| *place).collect();
    apercu(&mut out, export, &lues);
    premieres_lignes(&mut out, genre, export, attribution);
    // A proposal that its own reader would refuse must say so where it is read first.
    if let Err(error) = Description::lire("proposition", &out) {
        out.insert_str(0, &format!("# À COMPLÉTER avant de servir : {}\n", error.0.replace('\n', " ")));
        a_completer = a_completer.max(1);
    }
    Proposition { toml: out, a_completer }
}

fn nom_de_source(chemin: &Path) -> String {
    let base = chemin.file_stem().map(|nom| nom.to_string_lossy().into_owned()).unwrap_or_default();
    let nom: String = folded(&base)
        .to_lowercase()
        .chars()
        .map(|c| if c.is_ascii_lowercase() { c } else { '-' })
        .collect::<String>()
        .split('-')
        .filter(|mot| !mot.is_empty())
        .collect::<Vec<_>>()
        .join("-");
    if nom.is_empty() { "export".to_owned() } else { nom }
}

/// A column of codes, with the values met; how many nobody knows.
fn valeurs(out: &mut String, tables: &mut String, nom: &str, codes: &[&'static str], vue: &Vue) -> usize {
    let montrables: Vec<&String> = vue
        .valeurs
        .iter()
        .flatten()
        .filter(|valeur| !shown(valeur, Masque::Montrer).ends_with("caractères »"))
        .collect();
    let notre = |valeur: &str| notre_valeur(nom, codes, valeur);
    let deja =
        |valeur: &str| codes.iter().any(|code| folded(code).replace('_', " ") == folded(valeur).replace('_', " "));
    if vue.valeurs.is_none() {
        remarque(
            out,
            &format!(
                "À COMPLÉTER : « {} » a trop de valeurs différentes pour être {nom}, ou demande un « sinon »",
                vue.montre
            ),
        );
        let _ = writeln!(out, "{nom} = {}", cite(&vue.montre));
        return 1;
    }
    if montrables.iter().all(|valeur| deja(valeur)) {
        let _ = writeln!(out, "{nom} = {}", cite(&vue.montre));
        return 0;
    }
    let mut inconnues = 0;
    let _ = writeln!(tables, "\n[colonnes.{nom}]\nentete = {}\n[colonnes.{nom}.valeurs]", cite(&vue.montre));
    for valeur in montrables {
        match notre(valeur) {
            Some(notre) => {
                let _ = writeln!(tables, "{} = {}", cite(valeur), cite(notre));
            }
            None => {
                inconnues += 1;
                let _ = writeln!(tables, "# À COMPLÉTER, l'un de {} :\n# {} = \"\"", codes.join(", "), cite(valeur));
            }
        }
    }
    inconnues
}

fn identite(out: &mut String, a: &dyn Fn(&str) -> bool) -> usize {
    let nomme = a("nom") && a("prenom") && a("date_naissance");
    if a("nir") || nomme || a("matricule") && (a("nom") || a("date_naissance")) {
        return 0;
    }
    remarque(
        out,
        "À COMPLÉTER : de quoi reconnaître la personne, nir ; ou nom, prenom et date_naissance ; ou matricule avec nom ou date_naissance",
    );
    1
}

/// How the identifier is made when no heading gives it.
fn identifiant(out: &mut String, genre: Genre, entete: &dyn Fn(&str) -> Option<String>) -> usize {
    let qui = ["numdemrsa", "matricule", "nom", "prenom", "date_naissance"];
    let quoi = genre.date_propre();
    let codes = genre.colonnes().iter().filter(|c| c.obligatoire && matches!(c.nature, Nature::Code(_))).map(|c| c.nom);
    let noms: Vec<String> = qui
        .into_iter()
        .chain(quoi.iter().copied())
        .chain(codes)
        .filter_map(entete)
        .map(|montre| cite(&montre))
        .collect();
    out.push_str(
        "\n# L'export n'a pas d'identifiant : il est fait de ces colonnes. Si l'une d'elles change d'un export à\n",
    );
    out.push_str("# l'autre pour un même événement, c'en est un autre, compté en plus. Gardez les plus stables.\n");
    let _ = writeln!(out, "[identifiant]\nentetes = [{}]", noms.join(", "));
    usize::from(noms.is_empty())
}

/// What every heading was seen to hold.
fn apercu(out: &mut String, export: &Export, lues: &[usize]) {
    out.push('\n');
    remarque(out, &format!("Ce que jalon a vu, sur {} ligne(s) :", export.lignes));
    for (place, vue) in export.vues.iter().enumerate().filter(|(_, vue)| !vue.norme.is_empty()) {
        let sert = if lues.contains(&place) { "" } else { " (ne sert pas)" };
        remarque(out, &format!("  « {} » : {} remplie(s), {}{sert}", vue.montre, vue.remplies, vue.forme()));
    }
}

/// The first lines under our columns: dates of acts and codes as they are, the rest by its shape.
fn premieres_lignes(out: &mut String, genre: Genre, export: &Export, attribution: &[(&'static str, usize)]) {
    remarque(out, "Premières lignes, noms et identifiants masqués :");
    for champs in &export.premieres {
        let mots: Vec<String> = noms_de(genre)
            .into_iter()
            .filter_map(|(nom, colonne)| {
                let (_, place) = attribution.iter().find(|(autre, _)| *autre == nom)?;
                let montrable = colonne.is_some_and(|c| !matches!(c.nature, Nature::Texte | Nature::TexteReserve));
                let masque = if montrable { Masque::Montrer } else { Masque::Forme };
                Some(format!("{nom} {}", shown(&champs[*place], masque)))
            })
            .collect();
        remarque(out, &format!("  {}", mots.join(" ; ")));
    }
}
