//! What a night says of itself: one screen for a person, one JSON for a program, a few measures for
//! the supervision. Counts, file names and reasons: nothing of anybody.

use std::fmt::Write;

use serde::Serialize;

use super::sorties::Resultat;

/// What became of a file of the inboxes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Sort {
    /// It was read, whole or with something set aside.
    Entre,
    /// The warehouse had its content.
    Connu,
    /// It is something else.
    Ignore,
    /// Nothing of it entered.
    Refuse,
    /// The disk failed: it is still in its inbox.
    Reporte,
}

impl Sort {
    const TOUS: [Self; 5] = [Self::Entre, Self::Connu, Self::Ignore, Self::Refuse, Self::Reporte];

    fn nom(self) -> &'static str {
        match self {
            Self::Entre => "entre",
            Self::Connu => "connu",
            Self::Ignore => "ignore",
            Self::Refuse => "refuse",
            Self::Reporte => "reporte",
        }
    }

    /// So many files that had this fate.
    #[must_use]
    pub fn libelle(self, n: usize) -> String {
        let (un, plusieurs) = match self {
            Self::Entre => ("entré", "entrés"),
            Self::Connu => ("déjà connu", "déjà connus"),
            Self::Ignore => ("ignoré", "ignorés"),
            Self::Refuse => ("refusé", "refusés"),
            Self::Reporte => ("remis à plus tard", "remis à plus tard"),
        };
        format!("{n} {}", if n > 1 { plusieurs } else { un })
    }
}

/// A file of the inboxes.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Vu {
    /// Its name, from its inbox.
    pub nom: String,
    /// What became of it.
    pub sort: Sort,
    /// Whether the warehouse or a disk is at fault.
    pub panne: bool,
    /// Where it is now.
    pub range: String,
    /// What it is, or why it was refused, in French.
    pub message: String,
    /// Records that entered.
    pub lignes: u64,
    /// Foyers or lines set aside.
    pub mis_de_cote: u64,
}

/// Whether the outputs were made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum EtatSorties {
    /// They were written.
    Ecrites,
    /// Nothing changed since they were.
    Inchangees,
    /// They were computed, not written (`--a-blanc`).
    Montrees,
    /// They could not be made.
    Manquantes,
}

/// A night.
#[derive(Clone, Debug, Serialize)]
pub struct Bilan {
    /// What somebody has to do, one sentence each.
    pub a_traiter: Vec<String>,
    /// The exit code.
    pub code: u8,
    /// The night's day.
    pub jour: String,
    /// When it began.
    pub debut: String,
    /// How long it took, in milliseconds.
    pub duree_ms: u64,
    /// Whether nothing was written.
    pub a_blanc: bool,
    /// The files of the inboxes.
    pub fichiers: Vec<Vu>,
    /// Files that are still being written.
    pub en_cours: usize,
    /// What was left in the inboxes without being a file to take.
    pub laisses: Vec<String>,
    /// What became of the outputs.
    pub sorties: EtatSorties,
    /// The figures.
    pub resultats: Vec<Resultat>,
    /// How many people are in each operational list.
    pub listes: Vec<(String, usize)>,
    /// What must be known of the figures.
    pub remarques: Vec<String>,
    /// Thresholds of the pipeline that are passed.
    pub depasses: Vec<String>,
    /// What failed.
    pub erreurs: Vec<String>,
}

impl Bilan {
    /// How many files had this fate.
    #[must_use]
    pub fn nombre(&self, sort: Sort) -> usize {
        self.fichiers.iter().filter(|vu| vu.sort == sort).count()
    }

    /// Foyers and lines set aside.
    #[must_use]
    pub fn mis_de_cote(&self) -> u64 {
        self.fichiers.iter().map(|vu| vu.mis_de_cote).sum()
    }

    /// The summary, in one screen. Its first line says how many things are to be dealt with.
    #[must_use]
    pub fn texte(&self) -> String {
        let mut out = format!("à traiter : {}\n", self.a_traiter.len());
        for (rang, chose) in self.a_traiter.iter().enumerate() {
            let _ = writeln!(out, "  {}. {chose}", rang + 1);
        }
        let blanc = if self.a_blanc { ", à blanc (rien n'est écrit)" } else { "" };
        let secondes = self.duree_ms.div_ceil(1000);
        let _ = writeln!(out, "Nuit du {}{blanc} : {secondes} s, code de sortie {}", self.jour, self.code);
        if self.fichiers.is_empty() && self.sorties == EtatSorties::Inchangees {
            let _ = writeln!(out, "Rien de nouveau : les sorties sont celles de la dernière fois");
        }
        if !self.fichiers.is_empty() {
            let comptes = Sort::TOUS.iter().map(|&sort| (sort, self.nombre(sort))).filter(|(_, n)| *n > 0);
            let comptes: Vec<_> = comptes.map(|(sort, n)| sort.libelle(n)).collect();
            let _ = writeln!(out, "Fichiers : {}", comptes.join(", "));
            // Those that call for somebody are above.
            let calmes: Vec<_> =
                self.fichiers.iter().filter(|vu| !matches!(vu.sort, Sort::Refuse | Sort::Reporte)).collect();
            for vu in calmes.iter().take(FICHIERS_MONTRES) {
                let _ = writeln!(out, "  {} : {}", vu.nom, vu.message);
            }
            if let Some(reste) = calmes.len().checked_sub(FICHIERS_MONTRES).filter(|reste| *reste > 0) {
                let _ = writeln!(out, "  … et {reste} de plus, tous dans nuit.json");
            }
        }
        if self.en_cours > 0 {
            let _ = writeln!(out, "En cours de dépôt : {} (la prochaine fois)", self.en_cours);
        }
        for laisse in self.laisses.iter().take(FICHIERS_MONTRES) {
            let _ = writeln!(out, "Laissé : {laisse}");
        }
        for resultat in &self.resultats {
            let figures: Vec<_> = resultat
                .valeurs
                .iter()
                .map(|(id, valeur)| {
                    let valeur = valeur.map_or("n.d.".to_owned(), |valeur| valeur.to_string().replace('.', ","));
                    format!("{id} = {valeur}")
                })
                .collect();
            let _ = writeln!(out, "{} (du {} au {}) : {}", resultat.nom, resultat.du, resultat.au, figures.join(" ; "));
            if let Some(manques) = &resultat.manques {
                let _ = writeln!(out, "  {manques}");
            }
        }
        if !self.listes.is_empty() {
            let listes: Vec<_> = self.listes.iter().map(|(nom, n)| format!("{nom} {n}")).collect();
            let _ = writeln!(out, "Listes : {}", listes.join(", "));
        }
        for remarque in &self.remarques {
            let _ = writeln!(out, "• {remarque}");
        }
        out
    }

    /// The measures, in the text format that the node exporter of Prometheus reads.
    #[must_use]
    pub fn prometheus(&self, fin: i64) -> String {
        let mut out = String::new();
        let mut mesure = |nom: &str, aide: &str, valeurs: &[(String, String)]| {
            let _ = writeln!(out, "# HELP jalon_{nom} {aide}\n# TYPE jalon_{nom} gauge");
            for (etiquettes, valeur) in valeurs {
                let _ = writeln!(out, "jalon_{nom}{etiquettes} {valeur}");
            }
        };
        let seule = |valeur: String| [(String::new(), valeur)];
        mesure("nuit_fin_secondes", "Fin de la dernière nuit, en secondes depuis 1970.", &seule(fin.to_string()));
        mesure("nuit_code", "Code de sortie de la dernière nuit.", &seule(self.code.to_string()));
        mesure("nuit_a_traiter", "Choses qui attendent quelqu'un.", &seule(self.a_traiter.len().to_string()));
        #[expect(clippy::cast_precision_loss, reason = "milliseconds of a night")]
        let duree = self.duree_ms as f64 / 1000.0;
        mesure("nuit_duree_secondes", "Durée de la dernière nuit.", &seule(duree.to_string()));
        let fichiers = Sort::TOUS.map(|sort| (format!("{{sort=\"{}\"}}", sort.nom()), self.nombre(sort).to_string()));
        mesure("nuit_fichiers", "Fichiers des boîtes, selon ce qu'ils sont devenus.", &fichiers);
        mesure("nuit_mis_de_cote", "Foyers et lignes mis de côté.", &seule(self.mis_de_cote().to_string()));
        let indicateurs: Vec<_> = self
            .resultats
            .iter()
            .flat_map(|resultat| {
                resultat.valeurs.iter().filter_map(|(id, valeur)| {
                    Some((
                        format!("{{periode=\"{}\",indicateur=\"{id}\"}}", resultat.nom),
                        valeur.as_ref()?.to_string(),
                    ))
                })
            })
            .collect();
        let listes: Vec<_> =
            self.listes.iter().map(|(nom, n)| (format!("{{liste=\"{nom}\"}}"), n.to_string())).collect();
        if !listes.is_empty() {
            mesure("liste", "Personnes dans chaque liste opérationnelle.", &listes);
        }
        if !indicateurs.is_empty() {
            mesure("indicateur", "Les indicateurs des périodes calculées.", &indicateurs);
        }
        out
    }
}

/// Files named in the summary, which is to fit in a screen.
const FICHIERS_MONTRES: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;

    fn bilan() -> Bilan {
        let vu = |sort: Sort, mis_de_cote: u64| Vu {
            nom: "flux.xml".to_owned(),
            sort,
            panne: false,
            range: "archives/2021/03/flux.xml".to_owned(),
            message: "flux mensuel CAF991".to_owned(),
            lignes: 3,
            mis_de_cote,
        };
        Bilan {
            a_traiter: vec!["lisez ceci".to_owned()],
            code: 3,
            jour: "2021-03-05".to_owned(),
            debut: "2021-03-05T03:15:00".to_owned(),
            duree_ms: 1_200,
            a_blanc: false,
            fichiers: vec![vu(Sort::Entre, 2), vu(Sort::Entre, 0), vu(Sort::Refuse, 0)],
            en_cours: 1,
            laisses: Vec::new(),
            sorties: EtatSorties::Ecrites,
            resultats: vec![Resultat {
                nom: "mars-2022".to_owned(),
                du: "2021-01-01".to_owned(),
                au: "2021-12-31".to_owned(),
                arrete: "2021-12-31".to_owned(),
                valeurs: vec![("3.1.1".to_owned(), Some(75.0)), ("3.2.6".to_owned(), None)],
                manques: Some("il manque un mensuel".to_owned()),
            }],
            listes: vec![("a-orienter".to_owned(), 4), ("sans-cer".to_owned(), 0)],
            remarques: Vec::new(),
            depasses: Vec::new(),
            erreurs: Vec::new(),
        }
    }

    #[test]
    fn the_first_line_says_how_many_things_are_to_be_dealt_with() {
        let texte = bilan().texte();
        assert!(
            texte.starts_with("à traiter : 1\n  1. lisez ceci\nNuit du 2021-03-05 : 2 s, code de sortie 3\n"),
            "{texte}"
        );
        assert!(texte.contains("Fichiers : 2 entrés, 1 refusé\n"), "{texte}");
        assert!(texte.contains("3.1.1 = 75 ; 3.2.6 = n.d."), "{texte}");
        assert!(texte.contains("\n  il manque un mensuel\n"), "{texte}");
        assert!(texte.contains("En cours de dépôt : 1"), "{texte}");
        assert!(texte.contains("Listes : a-orienter 4, sans-cer 0"), "{texte}");
    }

    #[test]
    fn the_supervision_reads_counts_and_no_unknown_figure() {
        let texte = bilan().prometheus(1_614_914_101);
        for ligne in [
            "jalon_nuit_code 3",
            "jalon_nuit_fin_secondes 1614914101",
            "jalon_nuit_fichiers{sort=\"entre\"} 2",
            "jalon_nuit_fichiers{sort=\"connu\"} 0",
            "jalon_nuit_mis_de_cote 2",
            "jalon_indicateur{periode=\"mars-2022\",indicateur=\"3.1.1\"} 75",
        ] {
            assert!(texte.lines().any(|lue| lue == ligne), "{ligne}\n{texte}");
        }
        assert!(!texte.contains("3.2.6"));
    }
}
