//! Writing the event files.

use std::fmt::Write as _;

use chrono::Datelike as _;

use super::*;

/// How an event file is written; it changes from file to file.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Style {
    /// UTF-8, ISO dates.
    Moderne,
    /// Windows-1252, French dates, accented headers, CRLF.
    Bureautique,
    /// UTF-8 with a BOM, French dates, upper-case headers.
    Tableur,
}

/// The identity columns and the common ones.
const ENTETE_COMMUNE: &str = "id_evenement;saisi_le;annule;nir;numdemrsa;nom;prenom;date_naissance";
/// The columns of each kind.
const ENTETES: [&str; 5] = [
    "date_notification;organisme;mode;structure;type_parcours;dispositif;territoire;referent",
    "type_rdv;date_rdv;date_fixation;statut;structure;territoire",
    "date_signature;type_contrat;rang;date_fin;structure",
    "type_accompagnement;date_proposition;date_debut;date_fin;conseiller;structure;motif_fin",
    "date_fin;motif",
];

impl Style {
    fn jour(self, le: Jour) -> String {
        match self {
            _ if le == 0 => String::new(),
            Style::Moderne => date(le).format("%Y-%m-%d").to_string(),
            _ => date(le).format("%d/%m/%Y").to_string(),
        }
    }

    fn entete(self, genre: usize) -> String {
        let entete = format!("{ENTETE_COMMUNE};{}", ENTETES[genre]);
        match self {
            Style::Moderne => entete,
            Style::Bureautique => {
                entete.replace("prenom", "Prénom").replace(";nom;", ";Nom;").replace("referent", "Référent")
            }
            Style::Tableur => entete.to_uppercase(),
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
        let mut texte = String::new();
        for genre in 0..GENRES.len() {
            let style = [Style::Moderne, Style::Bureautique, Style::Tableur][(trimestre + genre) % 3];
            let recu = dernier + 7 + self.des(0xEE00 + genre as u64, mois).entre(0, 4);
            texte.clear();
            texte.push_str(&style.entete(genre));
            texte.push('\n');
            let mut nb = 0;
            for ligne in lignes.iter().filter(|ligne| ligne.fait.genre() == genre) {
                self.ligne_csv(&mut texte, ligne, style);
                nb += 1;
            }
            nb += self.lignes_fautives(&mut texte, genre, trimestre, recu, style);
            let nom = format!("{}_{}_{}-T{}.csv", date(recu), GENRES[genre], quand.year(), quand.month0() / 3 + 1);
            self.deposer(&nom, &style.octets(&texte), nb)?;
        }
        Ok(())
    }

    fn deposer(&mut self, nom: &str, octets: &[u8], evenements: u64) -> std::io::Result<()> {
        std::fs::write(self.dossier.join(nom), octets)?;
        self.bilan.fichiers += 1;
        self.bilan.octets += octets.len() as u64;
        self.bilan.evenements += evenements;
        Ok(())
    }

    /// One line: id, identity, facts. What names the person changes from line to line.
    fn ligne_csv(&self, texte: &mut String, ligne: &Ligne, style: Style) {
        let genre = ligne.fait.genre();
        let lettre = ["O", "R", "C", "A", "F"][genre];
        let saisi = style.jour(ligne.saisi);
        let _ = write!(texte, "{lettre}{:06};{saisi};", ligne.id);
        if ligne.annule {
            let vides = ENTETES[genre].matches(';').count() + 6;
            let _ = writeln!(texte, "{}{}", if style == Style::Tableur { "oui" } else { "1" }, ";".repeat(vides));
            return;
        }
        texte.push(';');
        self.identite_csv(texte, ligne, style);
        let jour = |le: Jour| style.jour(le);
        let _ = match ligne.fait {
            Fait::Orientation { le, organisme, mode, parcours, dispositif, territoire } => {
                let nom = ORGANISMES[usize::from(organisme)];
                let referent =
                    if organisme == 0 { String::new() } else { conseiller_nom((ligne.id % 23) as u16 + 100) };
                writeln!(
                    texte,
                    "{};{};{};{};{};{};{};{referent}",
                    jour(le),
                    if style == Style::Bureautique { nom.to_lowercase() } else { nom.to_string() },
                    MODES[usize::from(mode)],
                    STRUCTURES[usize::from(organisme)],
                    PARCOURS[usize::from(parcours)],
                    DISPOSITIFS[usize::from(dispositif)],
                    TERRITOIRES[usize::from(territoire)],
                )
            }
            Fait::RendezVous { le, fixation, genre, statut, organisme, territoire } => {
                let statuts = if style == Style::Bureautique { STATUTS_ACCENTUES } else { STATUTS };
                writeln!(
                    texte,
                    "{};{};{};{};{};{}",
                    TYPES_RDV[usize::from(genre)],
                    jour(le),
                    jour(fixation),
                    statuts[usize::from(statut)],
                    STRUCTURES[usize::from(organisme)],
                    TERRITOIRES[usize::from(territoire)],
                )
            }
            Fait::Cer { le, fin, ppae, rang, organisme } => writeln!(
                texte,
                "{};{};{};{};{}",
                jour(le),
                if ppae { "ppae" } else { "cer" },
                if rang == 0 { String::new() } else { rang.to_string() },
                jour(fin),
                STRUCTURES[usize::from(organisme)],
            ),
            Fait::Accompagnement { proposition, debut, fin, ag, conseiller, motif } => writeln!(
                texte,
                "{};{};{};{};{};{};{}",
                if ag { "AG" } else { "GAD" },
                jour(proposition),
                jour(debut),
                jour(fin),
                if conseiller == u16::MAX { String::new() } else { conseiller_nom(conseiller) },
                STRUCTURES[usize::from(!ag)],
                if motif == 0 { "" } else { MOTIFS_FIN[usize::from(motif - 1)] },
            ),
            Fait::FinSuivi { le, motif } => writeln!(texte, "{};{}", jour(le), MOTIFS_FIN[usize::from(motif)]),
        };
    }

    fn identite_csv(&self, texte: &mut String, ligne: &Ligne, style: Style) {
        let mut des = self.des(0x1DE4_0000 + ligne.fait.genre() as u64, ligne.id);
        let personne = &self.personnes[ligne.personne as usize];
        let fictif = des.chance(80);
        let faute = des.chance(200);
        let usage = des.chance(7_000);
        let mode = if personne.homonyme { 0 } else { des.part(&[50, 35, 15]) };
        let numero = numdemrsa(ligne.numero);
        let naissance = style.jour(personne.naissance);
        let nom = NOMS[usize::from(if usage { personne.nom } else { personne.nom_naissance })];
        let prenom = prenom(personne);
        let usable = (1_000_000_000_000..3_000_000_000_000).contains(&personne.nir);
        let _ = if fictif {
            // A NIR that nobody bears (order number 000): the event waits for its person.
            let nir = personne.nir.max(1_800_199_999_000) / 1000 % 1_000_000_000 * 1000 + 1_000_000_000_000;
            write!(texte, "{nir:013};;;;;")
        } else if faute {
            write!(texte, ";;{nom}IEU;{prenom};{naissance};")
        } else if mode == 0 && usable {
            if ligne.id.is_multiple_of(2) {
                write!(texte, "{:013};;;;;", personne.nir)
            } else {
                write!(texte, "{:013}{:02};;{nom};{prenom};;", personne.nir, cle(personne.nir))
            }
        } else if mode <= 1 && style == Style::Tableur {
            // A spreadsheet ate the leading zero.
            write!(texte, ";{numero};{nom};{prenom};{naissance};")
        } else if mode <= 1 {
            write!(texte, ";{numero:011};{nom};{};{naissance};", capitales_au_debut(prenom))
        } else {
            write!(texte, ";;{};{prenom};{naissance};", capitales_au_debut(nom))
        };
    }

    /// The few lines that no reader can accept, always the same.
    fn lignes_fautives(&self, texte: &mut String, genre: usize, trimestre: usize, recu: Jour, style: Style) -> u64 {
        let premier = self.premier(0);
        let (saisi, passe) = (style.jour(premier), style.jour(premier - 40));
        let identite = format!(";;01082000007;DUPRÉ-FICTIF;ALIX;{};", style.jour(jour(1980, 2, 3)));
        let impossible = if style == Style::Moderne { "2021-02-31" } else { "31/02/2021" };
        let _ = match (genre, trimestre) {
            (0, 1) => writeln!(texte, "O900001;{saisi};{identite}{impossible};PE;courrier;;emploi;;Centre;"),
            (0, 2) => writeln!(texte, "O900002;{saisi};{identite}{passe};POLE;courrier;;emploi;;Centre;"),
            (1, 1) => writeln!(texte, "R900001;{saisi};{identite}visite;{passe};{passe};honore;;Centre"),
            (2, 2) => writeln!(texte, "C900001;{saisi};{identite}{};cer;1;;", style.jour(recu + 30)),
            (3, 1) => {
                let avant = style.jour(premier - 70);
                writeln!(texte, "A900001;{saisi};{identite}GAD;{passe};{avant};;;;")
            }
            (4, 2) => writeln!(texte, "F900001;{saisi};;;;;;;{passe};abandon"),
            _ => return 0,
        };
        1
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
        let conseillers = (self.reglages.personnes / 400).clamp(8, 2_000) / 2;
        let delais = commences.iter().sum::<i32>().max(0) as usize;
        let valeurs = [
            ("3.2.3", (proposes + 1).to_string()),
            ("3.2.4", en_cours.to_string()),
            ("3.2.5", dixiemes(en_cours, conseillers)),
            ("3.2.6", dixiemes(delais, commences.len())),
        ];
        self.temoin.rapporter(du, au, valeurs.clone().map(|(_, valeur)| valeur));
        let mut texte = String::from("periode_du;periode_au;indicateur;valeur\n");
        let style = Style::Tableur;
        for (indicateur, valeur) in &valeurs {
            let _ = writeln!(texte, "{};{};{indicateur};{valeur}", style.jour(du), style.jour(au));
        }
        let nom = format!("{}_pole_emploi_{}.csv", date(au + 24), dernier.year());
        self.deposer(&nom, &style.octets(&texte), valeurs.len() as u64)
    }
}

fn conseiller_nom(rang: u16) -> String {
    let prenoms = if rang.is_multiple_of(3) { PRENOMS_H } else { PRENOMS_F };
    let nom = NOMS[usize::from(rang) * 5 % NOMS.len()];
    format!("{} {nom}", capitales_au_debut(prenoms[usize::from(rang) * 7 % prenoms.len()]))
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
