//! What is counted again before anything leaves. A check that fails is a fault of ours, or a
//! contradiction in what was read: nothing is written. What is only worth knowing is counted and said.

use std::collections::BTreeMap;

use rustc_hash::{FxHashMap, FxHashSet};

use super::periodes::Periode;
use super::{Donnees, Droit};
use crate::identite::folded;
use crate::parcours::histoire::Classe;
use crate::releves::foyers::parse_date;
use crate::temps::Jour;

/// A check: what was found must be what was expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Controle {
    /// Its name for programs.
    pub code: &'static str,
    /// What is checked.
    pub libelle: &'static str,
    /// What was expected.
    pub attendu: u64,
    /// What was found.
    pub trouve: u64,
}

impl Controle {
    /// Whether it holds.
    #[must_use]
    pub fn conforme(&self) -> bool {
        self.attendu == self.trouve
    }
}

/// Something worth knowing, and how many there are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signalement {
    /// Its name for programs.
    pub code: &'static str,
    /// What it is about.
    pub libelle: String,
    /// How many.
    pub nombre: u64,
}

/// Every check.
#[must_use]
pub fn controles(donnees: &Donnees) -> Vec<Controle> {
    let du_droit = || donnees.droit.iter().map(|d| (d.personne, d.periode.debut, d.periode.fin));
    let des_soumissions = || donnees.soumissions.iter().map(|s| (s.personne, s.periode.debut, s.periode.fin));
    let des_orientations = || donnees.orientations.iter().map(|o| (o.personne, o.debut, o.fin));
    let desordres = desordres(du_droit()) + desordres(des_soumissions()) + desordres(des_orientations());
    let toutes = du_droit().chain(des_soumissions()).chain(des_orientations());
    let annee = donnees.demande.annee;
    let hors = toutes.filter(|(_, debut, fin)| *debut > annee.au || fin.is_some_and(|fin| fin < annee.du)).count();
    let au_rsa = donnees.droit.iter().filter(|droit| droit.classe.brsa());
    let beneficiaires: FxHashSet<u32> = au_rsa.clone().map(|droit| droit.personne).collect();
    let sans_droit = donnees.personnes.iter().filter(|p| !beneficiaires.contains(&p.personne)).count();
    let (orientations, contrats) = donnees.en_vigueur;
    let aucun = |code, libelle, trouve| Controle { code, libelle, attendu: 0, trouve };
    let egal = |code, libelle, attendu, trouve| Controle { code, libelle, attendu, trouve };
    vec![
        aucun(
            "periodes_disjointes",
            "Périodes d'une personne dans le désordre, à l'envers, ou qui se chevauchent (droit, droits et devoirs, orientations)",
            desordres,
        ),
        aucun("periodes_de_l_annee", "Périodes sans aucun jour dans l'année", hors as u64),
        aucun(
            "soumises_sans_droit",
            "Périodes de droits et devoirs dont un jour au moins est hors d'un droit versable",
            soumises_sans_droit(donnees),
        ),
        aucun(
            "lignes_sans_personne",
            "Lignes d'une personne qui n'est pas dans personnes.csv",
            lignes_sans_personne(donnees),
        ),
        aucun("personnes_en_double", "Personnes données plus d'une fois", en_double(donnees)),
        aucun(
            "personnes_sans_droit",
            "Personnes sans aucun jour de droit versable ou suspendu dans l'année",
            sans_droit as u64,
        ),
        egal(
            "beneficiaires_au_31_decembre",
            "Personnes au droit versable ou suspendu le 31 décembre, comme les comptent les tables de jalon",
            donnees.fin_d_annee.beneficiaires,
            au_rsa.filter(|droit| droit.periode.fin.is_none()).count() as u64,
        ),
        egal(
            "soumises_au_31_decembre",
            "Personnes soumises aux droits et devoirs le 31 décembre, comme les comptent les tables de jalon",
            donnees.fin_d_annee.soumises,
            donnees.soumissions.iter().filter(|soumission| soumission.periode.fin.is_none()).count() as u64,
        ),
        egal(
            "orientations_toutes_comptees",
            "Orientations en vigueur : écrites, ou comptées avec la raison de leur absence",
            orientations,
            donnees.tri_orientations.total(),
        ),
        egal(
            "orientations_ecrites",
            "Lignes d'orientations.csv",
            donnees.tri_orientations.ecrits,
            donnees.orientations.len() as u64,
        ),
        egal(
            "contrats_tous_comptes",
            "Contrats en vigueur : écrits, ou comptés avec la raison de leur absence",
            contrats,
            donnees.tri_contrats.total(),
        ),
        egal("contrats_ecrits", "Lignes de contrats.csv", donnees.tri_contrats.ecrits, donnees.contrats.len() as u64),
    ]
}

/// Spells that do not follow the one before: of somebody who came earlier, turned around, or that begin
/// before the one before ended.
fn desordres(periodes: impl Iterator<Item = (u32, Jour, Option<Jour>)>) -> u64 {
    let mut avant: Option<(u32, Option<Jour>)> = None;
    let mut out = 0;
    for (personne, debut, fin) in periodes {
        let suit = match avant {
            None => true,
            Some((autre, _)) if autre != personne => autre < personne,
            Some((_, fin_avant)) => fin_avant.is_some_and(|fin_avant| fin_avant < debut),
        };
        if !suit || fin.is_some_and(|fin| fin < debut) {
            out += 1;
        }
        avant = Some((personne, fin));
    }
    out
}

/// Spells of being soumise that the spells of a right that is versable do not cover, day for day.
fn soumises_sans_droit(donnees: &Donnees) -> u64 {
    let mut versables: FxHashMap<u32, Vec<Periode>> = FxHashMap::default();
    for Droit { personne, periode, .. } in donnees.droit.iter().filter(|droit| droit.classe == Classe::Versable) {
        versables.entry(*personne).or_default().push(*periode);
    }
    let jour = |fin: Option<Jour>| fin.unwrap_or(Jour::MAX);
    let hors = |soumission: &&super::Soumission| {
        let mut reste = soumission.periode.debut;
        for versable in versables.get(&soumission.personne).into_iter().flatten() {
            if versable.debut <= reste && reste <= jour(versable.fin) {
                match versable.fin {
                    None => return false,
                    Some(fin) => reste = fin.plus_jours(1),
                }
            }
        }
        reste <= jour(soumission.periode.fin)
    };
    donnees.soumissions.iter().filter(hors).count() as u64
}

fn lignes_sans_personne(donnees: &Donnees) -> u64 {
    let connues: FxHashSet<u32> = donnees.personnes.iter().map(|personne| personne.personne).collect();
    let du_droit = donnees.droit.iter().map(|droit| droit.personne);
    let lignes = du_droit
        .chain(donnees.soumissions.iter().map(|soumission| soumission.personne))
        .chain(donnees.orientations.iter().map(|orientation| orientation.personne))
        .chain(donnees.contrats.iter().map(|contrat| contrat.personne));
    lignes.filter(|personne| !connues.contains(personne)).count() as u64
}

fn en_double(donnees: &Donnees) -> u64 {
    let distinctes: FxHashSet<u32> = donnees.personnes.iter().map(|personne| personne.personne).collect();
    (donnees.personnes.len() - distinctes.len()) as u64
}

/// What is worth knowing before the files are given: nothing of it stops them.
#[must_use]
pub fn signalements(donnees: &Donnees) -> Vec<Signalement> {
    let mut out = Vec::new();
    let mut dire = |code, libelle: String, nombre: usize| {
        out.push(Signalement { code, libelle, nombre: nombre as u64 });
    };
    let sans = |quoi: fn(&super::Personne) -> bool| donnees.personnes.iter().filter(|p| quoi(p)).count();
    dire(
        "sans_nom",
        "Personnes sans nom, ni nom de naissance".to_owned(),
        sans(|p| p.identite.nom.trim().is_empty() && p.identite.nom_naissance.trim().is_empty()),
    );
    dire("sans_prenom", "Personnes sans prénom".to_owned(), sans(|p| p.identite.prenom.trim().is_empty()));
    dire(
        "date_naissance_incomplete",
        "Personnes sans date de naissance, ou dont la date n'existe pas au calendrier".to_owned(),
        sans(|p| parse_date(&p.identite.date_naissance).is_none()),
    );
    dire("sans_nir", "Personnes dont aucun flux n'a donné un NIR utilisable".to_owned(), sans(|p| !p.nir_connu));
    dire(
        "homonymes",
        "Personnes que nom, prénom et date de naissance ne distinguent pas d'une autre".to_owned(),
        homonymes(donnees),
    );
    let debuts_inconnus = donnees.droit.iter().filter(|droit| droit.classe.brsa() && !droit.periode.debut_connu);
    dire("debut_inconnu", "Périodes de droit déjà en cours au début du journal".to_owned(), debuts_inconnus.count());
    let sans_fin = donnees.contrats.iter().filter(|contrat| contrat.fin.is_none());
    dire("contrats_sans_fin", "Contrats sans date de fin".to_owned(), sans_fin.count());
    let a_l_envers = donnees.contrats.iter().filter(|c| c.fin.is_some_and(|fin| fin < c.signe_le));
    dire(
        "contrats_a_l_envers",
        "Contrats dont la fin est avant la signature, laissés tels quels".to_owned(),
        a_l_envers.count(),
    );
    for (genre, raison, nombre) in &donnees.en_attente {
        let code = "evenements_en_attente";
        let libelle = format!("Événements {genre} en attente ({raison})");
        out.push(Signalement { code, libelle, nombre: *nombre });
    }
    out
}

/// What weakens the year: a caisse that is not seen from its first day to its last one.
#[must_use]
pub fn reserves(donnees: &Donnees) -> Vec<String> {
    let annee = donnees.demande.annee;
    let veille = annee.du.plus_jours(-1);
    let mut out = Vec::new();
    for caisse in &donnees.caisses {
        let nom = &caisse.nom;
        match caisse.premier_stock {
            None => out.push(format!("{nom} n'a donné aucun flux mensuel : qui n'a pas changé n'y est pas vu")),
            Some(base) if base > veille => {
                out.push(format!("le premier stock de {nom} est du {base} : ce qui précède n'est pas connu"));
            }
            Some(_) => {}
        }
        match caisse.dernier_flux {
            Some(dernier) if dernier < annee.au => out.push(format!(
                "le dernier flux de {nom} pour l'année est du {dernier} : les situations du 31 décembre sont celles de ce jour-là"
            )),
            Some(_) => {}
            None => out.push(format!("{nom} n'a donné aucun flux jusqu'au 31 décembre")),
        }
    }
    out.extend(donnees.purges.clone());
    out
}

fn homonymes(donnees: &Donnees) -> usize {
    let mut comptes: BTreeMap<_, usize> = BTreeMap::new();
    for personne in &donnees.personnes {
        let qui = &personne.identite;
        let nom = if qui.nom_naissance.is_empty() { &qui.nom } else { &qui.nom_naissance };
        let cle = (folded(nom).into_owned(), folded(&qui.prenom).into_owned(), &qui.date_naissance);
        *comptes.entry(cle).or_default() += 1;
    }
    comptes.into_values().filter(|n| *n > 1).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parcours::recit::jour;
    use crate::tables::ri_insertion::evenements::Tri;
    use crate::tables::ri_insertion::{Annee, Caisse, Contrat, Demande, FinDAnnee, Orientation, Personne, Soumission};

    fn periode(debut: &str, fin: &str) -> Periode {
        Periode { debut: jour(debut), fin: (!fin.is_empty()).then(|| jour(fin)), debut_connu: true }
    }

    fn droit(personne: u32, classe: Classe, debut: &str, fin: &str) -> Droit {
        Droit {
            personne,
            periode: periode(debut, fin),
            classe,
            caisse: "CAF991".into(),
            numdemrsa: "00000000001".into(),
            date_demande: None,
            date_suspension: None,
            etat: None,
            motif: String::new(),
        }
    }

    fn personne(personne: u32, prenom: &str) -> Personne {
        let identite = crate::tables::ri_insertion::identites::Identite {
            nom: "BRUMEVAL".to_owned(),
            nom_naissance: String::new(),
            prenom: prenom.to_owned(),
            date_naissance: "1987-04-19".to_owned(),
        };
        Personne { personne, identite, caisse: "CAF991".into(), numdemrsa: "00000000001".into(), nir_connu: true }
    }

    /// Two people: 0 is suspended in the spring, 1 leaves in the autumn; each has an orientation, and 0 a
    /// contract.
    fn donnees() -> Donnees {
        let orientation = |personne, debut: &str, fin: &str| Orientation {
            personne,
            debut: jour(debut),
            fin: (!fin.is_empty()).then(|| jour(fin)),
            motif_fin: "",
            organisme: "CD",
            type_parcours: "",
            structure: "".into(),
            dispositif: "",
            mode: "".into(),
            change_referent: None,
        };
        let contrat = Contrat {
            personne: 0,
            type_contrat: "cer",
            signe_le: jour("2021-07-12"),
            fin: Some(jour("2022-01-11")),
            rang: Some(1),
            structure: "".into(),
        };
        Donnees {
            demande: Demande { annee: Annee::new(2021).unwrap(), connu_le: None },
            personnes: vec![personne(0, "ONDINE"), personne(1, "OCTAVE")],
            droit: vec![
                droit(0, Classe::Versable, "2020-05-04", "2021-03-11"),
                droit(0, Classe::Suspendu, "2021-03-12", "2021-06-30"),
                droit(0, Classe::Versable, "2021-07-01", ""),
                droit(1, Classe::Versable, "2020-05-04", "2021-03-11"),
                droit(1, Classe::Versable, "2021-03-12", "2021-10-31"),
                droit(1, Classe::Clos, "2021-11-01", ""),
            ],
            soumissions: vec![
                Soumission { personne: 0, periode: periode("2021-07-01", "") },
                Soumission { personne: 1, periode: periode("2021-01-04", "2021-10-31") },
            ],
            orientations: vec![orientation(0, "2021-02-01", "2021-07-01"), orientation(0, "2021-07-02", "")],
            contrats: vec![contrat],
            tri_orientations: Tri { ecrits: 2, en_attente: 1, ..Tri::default() },
            tri_contrats: Tri { ecrits: 1, apres: 1, ..Tri::default() },
            en_vigueur: (3, 2),
            en_attente: vec![("orientations", "personne inconnue du flux", 1)],
            fin_d_annee: FinDAnnee { beneficiaires: 1, soumises: 1 },
            caisses: vec![Caisse {
                nom: "CAF991".to_owned(),
                premier_stock: Some(jour("2020-12-31")),
                dernier_flux: Some(jour("2021-12-31")),
            }],
            purges: None,
        }
    }

    /// The checks that fail once `abimer` has changed something.
    fn manques(abimer: impl FnOnce(&mut Donnees)) -> Vec<&'static str> {
        let mut donnees = donnees();
        abimer(&mut donnees);
        controles(&donnees).iter().filter(|controle| !controle.conforme()).map(|controle| controle.code).collect()
    }

    #[test]
    fn nothing_fails_on_histories_that_hold_together() {
        assert_eq!(manques(|_| ()), Vec::<&str>::new());
        assert_eq!(reserves(&donnees()), Vec::<String>::new());
    }

    #[test]
    fn spells_that_overlap_or_are_out_of_order_are_found() {
        let seul = ["periodes_disjointes"];
        assert_eq!(
            manques(|d| d.droit[0].periode.fin = Some(jour("2021-03-12"))),
            seul,
            "the last day is in the spell"
        );
        assert_eq!(manques(|d| d.droit.swap(0, 1)), seul);
        assert_eq!(manques(|d| d.orientations[1].debut = jour("2021-07-01")), seul);
        assert_eq!(manques(|d| d.soumissions.swap(0, 1)), seul, "people come in their order");
        assert_eq!(manques(|d| d.droit[1].periode.fin = None), ["periodes_disjointes", "beneficiaires_au_31_decembre"]);
        assert_eq!(
            manques(
                |d| (d.orientations[1].debut, d.orientations[1].fin) = (jour("2021-09-02"), Some(jour("2021-09-01")))
            ),
            seul
        );
    }

    /// The eve of the year and the day after it, as its ends.
    #[test]
    fn a_spell_without_a_day_of_the_year_is_found() {
        assert_eq!(
            manques(|d| d.orientations[0].fin = Some(jour("2020-12-31"))),
            ["periodes_disjointes", "periodes_de_l_annee"]
        );
        assert_eq!(manques(|d| d.orientations[1].debut = jour("2022-01-01")), ["periodes_de_l_annee"]);
        assert_eq!(manques(|d| d.orientations[1].debut = jour("2021-12-31")), Vec::<&str>::new());
    }

    /// One day too many before, after, and in a suspension; two spells that follow are one cover.
    #[test]
    fn somebody_soumis_outside_a_right_that_is_versable_is_found() {
        let seul = ["soumises_sans_droit"];
        assert_eq!(manques(|d| d.soumissions[0].periode.debut = jour("2021-06-30")), seul);
        assert_eq!(manques(|d| d.soumissions[1].periode.fin = Some(jour("2021-11-01"))), seul);
        assert_eq!(manques(|d| d.droit[4].classe = Classe::Suspendu), seul);
        assert_eq!(manques(|d| d.droit[4].periode.debut = jour("2021-03-13")), seul, "a hole of a day");
    }

    #[test]
    fn a_line_of_nobody_and_somebody_given_twice_or_without_a_right_are_found() {
        assert_eq!(manques(|d| d.contrats[0].personne = 7), ["lignes_sans_personne"]);
        assert_eq!(manques(|d| d.personnes.push(personne(1, "OCTAVE"))), ["personnes_en_double"]);
        assert_eq!(manques(|d| d.personnes.push(personne(2, "SIXTE"))), ["personnes_sans_droit"]);
    }

    #[test]
    fn counts_that_are_not_those_of_the_other_tables_are_found() {
        assert_eq!(manques(|d| d.fin_d_annee.beneficiaires += 1), ["beneficiaires_au_31_decembre"]);
        assert_eq!(manques(|d| d.fin_d_annee.soumises -= 1), ["soumises_au_31_decembre"]);
        assert_eq!(manques(|d| d.en_vigueur.0 += 1), ["orientations_toutes_comptees"]);
        assert_eq!(manques(|d| d.tri_contrats.apres = 0), ["contrats_tous_comptes"]);
        assert_eq!(manques(|d| _ = d.orientations.pop()), ["orientations_ecrites"]);
        assert_eq!(manques(|d| d.contrats.clear()), ["contrats_ecrits"]);
    }

    #[test]
    fn a_folder_whose_checks_fail_is_not_made() {
        let mut donnees = donnees();
        let codes = |manques: Vec<Controle>| manques.iter().map(|manque| manque.code).collect::<Vec<_>>();
        let dossier = |donnees: &Donnees| crate::tables::ri_insertion::dossier::dossier(donnees);
        assert_eq!(dossier(&donnees).unwrap().fichiers.len(), 8);
        donnees.contrats.clear();
        assert_eq!(codes(dossier(&donnees).unwrap_err()), ["contrats_ecrits"]);
    }

    #[test]
    fn what_is_missing_of_identities_is_counted() {
        let mut donnees = donnees();
        let compte = |donnees: &Donnees, code: &str| {
            let dits = signalements(donnees);
            dits.iter().filter(|dit| dit.code == code).map(|dit| dit.nombre).sum::<u64>()
        };
        for code in
            ["sans_nom", "sans_prenom", "date_naissance_incomplete", "sans_nir", "homonymes", "contrats_a_l_envers"]
        {
            assert_eq!(compte(&donnees, code), 0, "{code}");
        }
        assert_eq!(compte(&donnees, "evenements_en_attente"), 1);
        donnees.personnes[1].identite.prenom = "Ondine".to_owned();
        assert_eq!(compte(&donnees, "homonymes"), 2, "whatever the case");
        donnees.personnes[0].identite.date_naissance = "1987-00-00".to_owned();
        donnees.personnes[0].identite.prenom = " ".to_owned();
        donnees.personnes[0].identite.nom = String::new();
        donnees.personnes[0].nir_connu = false;
        donnees.contrats[0].fin = Some(jour("2021-07-11"));
        for code in ["sans_nom", "sans_prenom", "date_naissance_incomplete", "sans_nir", "contrats_a_l_envers"] {
            assert_eq!(compte(&donnees, code), 1, "{code}");
        }
        donnees.personnes[0].identite.nom_naissance = "ROSELANDE".to_owned();
        assert_eq!(compte(&donnees, "sans_nom"), 0, "a birth name is a name");
    }

    /// The stock of the eve is enough, that of 1 January is one day late; so is a last flux of the 30th.
    #[test]
    fn a_caisse_that_is_not_seen_all_year_is_told() {
        let reserves = |premier: Option<&str>, dernier: Option<&str>| {
            let mut donnees = donnees();
            donnees.caisses[0].premier_stock = premier.map(jour);
            donnees.caisses[0].dernier_flux = dernier.map(jour);
            reserves(&donnees).len()
        };
        assert_eq!(reserves(Some("2020-12-31"), Some("2021-12-31")), 0);
        assert_eq!(reserves(Some("2021-01-01"), Some("2021-12-31")), 1);
        assert_eq!(reserves(Some("2020-12-31"), Some("2021-12-30")), 1);
        assert_eq!(reserves(None, None), 2);
    }
}
