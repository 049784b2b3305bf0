//! The event files: the values of their lines, and how the department's systems write them.

use std::borrow::Cow;
use std::io::Write as _;
use std::path::Path;

use chrono::Datelike as _;

use super::*;
use crate::disque::Fichier;

/// How an event file is written; it changes from file to file.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    /// UTF-8, ISO dates.
    Moderne,
    /// Windows-1252, French dates, accented headers, CRLF.
    Bureautique,
    /// UTF-8 with a BOM, French dates, upper-case headers.
    Tableur,
}

/// The identity columns and the common ones.
const COLONNES_COMMUNES: &str = "id_evenement;saisi_le;annule;nir;numdemrsa;nom;prenom;date_naissance";
/// The columns of each kind.
const COLONNES: [&str; 6] = [
    "date_notification;organisme;mode;structure;type_parcours;dispositif;territoire;referent",
    "type_rdv;date_rdv;date_fixation;statut;structure;territoire",
    "date_signature;type_contrat;rang;date_fin;structure",
    "type_accompagnement;date_proposition;date_debut;date_fin;conseiller;structure;motif_fin",
    "date_fin;motif",
    "periode_du;periode_au;indicateur;valeur",
];
/// Rank of Pôle emploi's report among the kinds: it is about nobody.
const POLE_EMPLOI: usize = GENRES.len();

/// The values of a line, in the order of its columns.
pub(super) type Valeurs = Vec<Cow<'static, str>>;

/// How a line names its person.
pub(super) struct Maniere {
    /// By a NIR that nobody bears.
    pub fictif: bool,
    /// By a name with a mistake in it.
    pub faute: bool,
    /// By the name in use, and not the one of birth.
    usage: bool,
    /// By the NIR (0), the NUMDEMRSA and the name (1), or the name alone (2).
    pub mode: usize,
}

/// An event file to be written.
pub(super) struct Table {
    /// Its name, without an extension.
    pub(super) nom: String,
    /// Rank in [`GENRES`], or [`POLE_EMPLOI`].
    pub(super) genre: usize,
    /// Day on which the department receives it.
    pub(super) recu: Jour,
    pub(super) style: Style,
}

impl Table {
    /// The names of the columns, as the contract gives them.
    pub(super) fn colonnes(&self) -> Vec<&'static str> {
        let communes = if self.genre == POLE_EMPLOI { "" } else { COLONNES_COMMUNES };
        communes.split_terminator(';').chain(COLONNES[self.genre].split(';')).collect()
    }

    fn entete(&self) -> String {
        let entete = self.colonnes().join(";");
        match self.style {
            _ if self.genre == POLE_EMPLOI => entete,
            Style::Moderne => entete,
            Style::Bureautique => {
                entete.replace("prenom", "Prénom").replace(";nom;", ";Nom;").replace("referent", "Référent")
            }
            Style::Tableur => entete.to_uppercase(),
        }
    }

    /// Writes the file.
    fn ecrire_csv(&self, dossier: &Path, lignes: impl Iterator<Item = Valeurs>) -> std::io::Result<Bilan> {
        let mut texte = self.entete();
        texte.push('\n');
        let mut evenements = 0;
        for valeurs in lignes {
            for (rang, valeur) in valeurs.iter().enumerate() {
                texte.push_str(if rang > 0 { ";" } else { "" });
                let guillemet = if valeur.contains(';') { "\"" } else { "" };
                texte.extend([guillemet, valeur, guillemet]);
            }
            texte.push('\n');
            evenements += 1;
        }
        let octets = self.style.octets(&texte);
        Fichier::vide(&dossier.join(format!("{}.csv", self.nom)))?.write_all(&octets)?;
        Ok(Bilan { fichiers: 1, octets: octets.len() as u64, evenements, ..Bilan::default() })
    }
}

impl Style {
    fn jour(self, le: Jour) -> String {
        match self {
            _ if le == 0 => String::new(),
            Style::Moderne => date(le).format("%Y-%m-%d").to_string(),
            _ => date(le).format("%d/%m/%Y").to_string(),
        }
    }

    fn octets(self, texte: &str) -> Vec<u8> {
        match self {
            Style::Moderne => texte.as_bytes().to_vec(),
            Style::Bureautique => texte.replace('\n', "\r\n").chars().map(windows_1252).collect(),
            Style::Tableur => [b"\xEF\xBB\xBF", texte.as_bytes()].concat(),
        }
    }
}

impl Monde<'_> {
    /// The event files of the quarter that this month ends, received some ten days later.
    pub(super) fn ecrire_evenements(&mut self, mois: u32) -> std::io::Result<()> {
        let dernier = self.premier(mois + 1) - 1;
        let trimestre = self.trimestre(dernier);
        let mut lignes = std::mem::take(&mut self.lignes[trimestre]);
        lignes.sort_by_key(|ligne| (ligne.fait.genre(), ligne.saisi, ligne.id));
        self.temoigner_lignes(&lignes);
        let quand = date(dernier);
        for genre in 0..GENRES.len() {
            let style = [Style::Moderne, Style::Bureautique, Style::Tableur][(trimestre + genre) % 3];
            let recu = dernier + 7 + self.des(0xEE00 + genre as u64, mois).entre(0, 4);
            let nom = format!("{}_{}_{}-T{}", date(recu), GENRES[genre], quand.year(), quand.month0() / 3 + 1);
            let lignes = lignes.iter().filter(|ligne| ligne.fait.genre() == genre);
            let justes = lignes.map(|ligne| self.valeurs(ligne, style));
            let fautive = self.ligne_fautive(genre, trimestre, recu, style);
            let fautives = u64::from(fautive.is_some());
            let ecrits = self.ecrire_table(&Table { nom: nom.clone(), genre, recu, style }, justes.chain(fautive))?;
            self.bilan.ajouter(ecrits);
            self.deranger(&nom, recu, fautives)?;
        }
        Ok(())
    }

    /// Hands a finished file over to the disorder, if there is one.
    fn deranger(&mut self, nom: &str, recu: Jour, fautives: u64) -> std::io::Result<()> {
        let nom = format!("{nom}.csv");
        self.desordre.as_mut().map_or(Ok(()), |desordre| desordre.evenements(&nom, recu, fautives))
    }

    fn ecrire_table(&self, table: &Table, lignes: impl Iterator<Item = Valeurs>) -> std::io::Result<Bilan> {
        match &self.entrepot {
            Some(entrepot) => entrepot.ecrire_table(table, lignes),
            None => table.ecrire_csv(self.dossier, lignes),
        }
    }

    /// One line: id, identity, facts. What names the person changes from line to line.
    fn valeurs(&self, ligne: &Ligne, style: Style) -> Valeurs {
        let genre = ligne.fait.genre();
        let lettre = ["O", "R", "C", "A", "F"][genre];
        let mut valeurs: Valeurs = Vec::with_capacity(16);
        valeurs.extend([format!("{lettre}{:06}", ligne.id).into(), style.jour(ligne.saisi).into()]);
        if ligne.annule {
            valeurs.push(if style == Style::Tableur { "oui" } else { "1" }.into());
            valeurs.resize(COLONNES_COMMUNES.split(';').count() + COLONNES[genre].split(';').count(), "".into());
            return valeurs;
        }
        valeurs.push("".into());
        valeurs.extend(self.identite(ligne, style));
        let jour = |le: Jour| Cow::from(style.jour(le));
        match ligne.fait {
            Fait::Orientation { le, organisme, mode, parcours, dispositif, territoire } => {
                let nom = ORGANISMES[usize::from(organisme)];
                let referent =
                    if organisme == 0 { String::new() } else { conseiller_nom((ligne.id % 23) as u16 + 100) };
                valeurs.extend([
                    jour(le),
                    if style == Style::Bureautique { nom.to_lowercase().into() } else { nom.into() },
                    MODES[usize::from(mode)].into(),
                    STRUCTURES[usize::from(organisme)].into(),
                    PARCOURS[usize::from(parcours)].into(),
                    DISPOSITIFS[usize::from(dispositif)].into(),
                    TERRITOIRES[usize::from(territoire)].into(),
                    referent.into(),
                ]);
            }
            Fait::RendezVous { le, fixation, genre, statut, organisme, territoire } => {
                let statuts = if style == Style::Bureautique { STATUTS_ACCENTUES } else { STATUTS };
                valeurs.extend([
                    TYPES_RDV[usize::from(genre)].into(),
                    jour(le),
                    jour(fixation),
                    statuts[usize::from(statut)].into(),
                    STRUCTURES[usize::from(organisme)].into(),
                    TERRITOIRES[usize::from(territoire)].into(),
                ]);
            }
            Fait::Cer { le, fin, ppae, rang, organisme } => valeurs.extend([
                jour(le),
                if ppae { "ppae" } else { "cer" }.into(),
                if rang == 0 { "".into() } else { rang.to_string().into() },
                jour(fin),
                STRUCTURES[usize::from(organisme)].into(),
            ]),
            Fait::Accompagnement { proposition, debut, fin, ag, conseiller, motif } => valeurs.extend([
                if ag { "AG" } else { "GAD" }.into(),
                jour(proposition),
                jour(debut),
                jour(fin),
                if conseiller == u16::MAX { "".into() } else { conseiller_nom(conseiller).into() },
                STRUCTURES[usize::from(!ag)].into(),
                if motif == 0 { "" } else { MOTIFS_FIN[usize::from(motif - 1)] }.into(),
            ]),
            Fait::FinSuivi { le, motif } => valeurs.extend([jour(le), MOTIFS_FIN[usize::from(motif)].into()]),
        }
        valeurs
    }

    /// How a line names its person: the same for all the versions of an event.
    pub(super) fn maniere(&self, ligne: &Ligne) -> Maniere {
        let mut des = self.des(0x1DE4_0000 + ligne.fait.genre() as u64, ligne.id);
        let (fictif, faute, usage) = (des.chance(80), des.chance(200), des.chance(7_000));
        let homonyme = self.personnes[ligne.personne as usize].homonyme;
        Maniere { fictif, faute, usage, mode: if homonyme { 0 } else { des.part(&[50, 35, 15]) } }
    }

    /// NIR, NUMDEMRSA, name, first name, birth date.
    fn identite(&self, ligne: &Ligne, style: Style) -> [Cow<'static, str>; 5] {
        let Maniere { fictif, faute, usage, mode } = self.maniere(ligne);
        let personne = &self.personnes[ligne.personne as usize];
        let numero = numdemrsa(ligne.numero);
        let naissance = || Cow::from(style.jour(personne.naissance));
        let nom = NOMS[usize::from(if usage { personne.nom } else { personne.nom_naissance })];
        let prenom = prenom(personne);
        let usable = (1_000_000_000_000..3_000_000_000_000).contains(&personne.nir);
        let vide = Cow::from("");
        if fictif {
            // A NIR that nobody bears (order number 000): the event waits for its person.
            let nir = personne.nir.max(1_800_199_999_000) / 1000 % 1_000_000_000 * 1000 + 1_000_000_000_000;
            [format!("{nir:013}").into(), vide.clone(), vide.clone(), vide.clone(), vide]
        } else if faute {
            [vide.clone(), vide, format!("{nom}IEU").into(), prenom.into(), naissance()]
        } else if mode == 0 && usable {
            if ligne.id.is_multiple_of(2) {
                [format!("{:013}", personne.nir).into(), vide.clone(), vide.clone(), vide.clone(), vide]
            } else {
                let nir = format!("{:013}{:02}", personne.nir, cle(personne.nir));
                [nir.into(), vide.clone(), nom.into(), prenom.into(), vide]
            }
        } else if mode <= 1 && style == Style::Tableur {
            // A spreadsheet ate the leading zero.
            [vide, numero.to_string().into(), nom.into(), prenom.into(), naissance()]
        } else if mode <= 1 {
            let prenom = capitales_au_debut(prenom);
            [vide, format!("{numero:011}").into(), nom.into(), prenom.into(), naissance()]
        } else {
            [vide.clone(), vide, capitales_au_debut(nom).into(), prenom.into(), naissance()]
        }
    }

    /// The few lines that no reader can accept, always the same.
    fn ligne_fautive(&self, genre: usize, trimestre: usize, recu: Jour, style: Style) -> Option<Valeurs> {
        let premier = self.premier(0);
        let (saisi, passe) = (style.jour(premier), style.jour(premier - 40));
        let identite = format!(";;01082000007;DUPRÉ-FICTIF;ALIX;{};", style.jour(jour(1980, 2, 3)));
        let impossible = if style == Style::Moderne { "2021-02-31" } else { "31/02/2021" };
        let ligne = match (genre, trimestre) {
            (0, 1) => format!("O900001;{saisi};{identite}{impossible};PE;courrier;;emploi;;Centre;"),
            (0, 2) => format!("O900002;{saisi};{identite}{passe};POLE;courrier;;emploi;;Centre;"),
            (1, 1) => format!("R900001;{saisi};{identite}visite;{passe};{passe};honore;;Centre"),
            (2, 2) => format!("C900001;{saisi};{identite}{};cer;1;;", style.jour(recu + 30)),
            (3, 1) => {
                let avant = style.jour(premier - 70);
                format!("A900001;{saisi};{identite}GAD;{passe};{avant};;;;")
            }
            (4, 2) => format!("F900001;{saisi};;;;;;;{passe};abandon"),
            _ => return None,
        };
        Some(ligne.split(';').map(|valeur| valeur.to_owned().into()).collect())
    }

    /// Pôle emploi's report on a calendar year wholly in the span, at the end of the next month.
    pub(super) fn ecrire_pole_emploi(&mut self, mois: u32) -> std::io::Result<()> {
        let dernier = date(self.premier(mois + 1) - 1);
        let du = jour(dernier.year(), 1, 1);
        if dernier.month() != 12 || du < self.premier(0) {
            return Ok(());
        }
        let au = self.premier(mois + 1) - 1;
        let proposes = self.globaux.iter().filter(|g| (du..=au).contains(&g[0])).count();
        let en_cours = self.globaux.iter().filter(|g| g[1] <= au && g[2] > au).count();
        let commences: Vec<i32> =
            self.globaux.iter().filter(|g| (du..=au).contains(&g[1])).map(|g| g[1] - g[0]).collect();
        let dixiemes = |somme: usize, nb: usize| {
            let valeur = somme * 10 / nb.max(1);
            format!("{},{}", valeur / 10, valeur % 10)
        };
        let conseillers = (self.reglages.personnes / 400).clamp(8, usize::from(CONSEILLERS)) / 2;
        let delais = commences.iter().sum::<i32>().max(0) as usize;
        let valeurs = [
            ("3.2.3", (proposes + 1).to_string()),
            ("3.2.4", en_cours.to_string()),
            ("3.2.5", dixiemes(en_cours, conseillers)),
            ("3.2.6", dixiemes(delais, commences.len())),
        ];
        self.temoin.rapporter(du, au, valeurs.clone().map(|(_, valeur)| valeur));
        let (style, recu) = (Style::Tableur, au + 24);
        let nom = format!("{}_pole_emploi_{}", date(recu), dernier.year());
        let lignes = valeurs.into_iter().map(|(indicateur, valeur)| {
            vec![style.jour(du).into(), style.jour(au).into(), indicateur.into(), valeur.into()]
        });
        let ecrits = self.ecrire_table(&Table { nom: nom.clone(), genre: POLE_EMPLOI, recu, style }, lignes)?;
        self.bilan.ajouter(ecrits);
        self.deranger(&nom, recu, 0)
    }
}

/// The most advisers that a department has, one half for each kind of accompagnement.
pub(super) const CONSEILLERS: u16 = 2_000;

/// The name of an adviser: no two have the same, for they are counted by their names (3.2.5).
fn conseiller_nom(rang: u16) -> String {
    let prenoms = if rang.is_multiple_of(3) { PRENOMS_H } else { PRENOMS_F };
    // Both lists are of even length: a rank goes with names of its parity. The second time round they
    // go with those of the other.
    let (rang, tour) = (usize::from(rang), usize::from(rang) / (NOMS.len() * prenoms.len() / 2));
    let nom = NOMS[(rang * 5 + tour) % NOMS.len()];
    format!("{} {nom}", capitales_au_debut(prenoms[rang * 7 % prenoms.len()]))
}

/// `JEAN-PIERRE` becomes `Jean-Pierre`.
fn capitales_au_debut(texte: &str) -> String {
    let mut debut = true;
    texte
        .chars()
        .flat_map(|lettre| {
            let suite: Vec<char> = if debut { vec![lettre] } else { lettre.to_lowercase().collect() };
            debut = !lettre.is_alphabetic();
            suite
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn even_in_a_country_no_two_advisers_have_the_same_name() {
        let noms: FxHashSet<String> = (0..CONSEILLERS).map(conseiller_nom).collect();
        assert_eq!(noms.len(), usize::from(CONSEILLERS));
    }
}
