//! The table, on a few people whose figures are worked out by hand.

use super::axes::{Axe, additif, repartir};
use super::*;
use crate::parcours::recit::{Recit, jour, recit};
use crate::referentiel::REFERENTIEL_2022;

/// Five people known on 1 March 2021.
const COHORTE: &str = "
    2020-12-31 stock       Z:9=2+
    2021-03-01 quotidien   A:1=2+ B:2=2+ C:3=2+ D:4=2+ E:5=2+
    2021-03-20 orientation CD social     de:A  # 19 days, in time
    2021-03-30 rdv         accompagnement de:A # 10 days, in time
    2021-04-15 cer                       de:A  # in time until 30/04
    2021-04-10 orientation CD emploi     de:B  # 40 days, late
    2021-04-12 rdv         accompagnement de:B # 2 days, of somebody oriented late
    2021-06-01 cer                       de:B  # late
    2021-03-15 orientation PE emploi     de:C  # 14 days, in time
    2021-03-18 rdv         accompagnement de:C
    2021-03-25 orientation CCAS GAD      de:D  # 24 days, in time; then nothing
    2021-03-05 rdv         orientation absent de:E";

fn tenue<'a>(tableau: &'a Tableau<'_>, id: &str) -> &'a Tenue {
    tableau.indicateurs.iter().find(|i| i.definition.id == id).unwrap().tenue.as_ref().unwrap()
}

fn split(tenue: &Tenue) -> [u64; 5] {
    let r = &tenue.repartition;
    [r.dans_les_delais, r.hors_delai, r.hors_champ, r.en_cours, r.echus].map(|n| n.entier().unwrap())
}

fn premiers(recit: &Recit, du: &str, au: &str) -> [f64; 7] {
    let chiffres = recit.chiffres(du, au);
    std::array::from_fn(|rang| chiffres[rang].unwrap())
}

#[test]
fn the_seven_first_figures_count_the_entries_of_the_period() {
    let recit = recit(COHORTE);
    assert_eq!(premiers(&recit, "2021-01-01", "2021-12-31"), [5.0, 3.0, 2.0, 1.0, 2.0, 1.0, 1.0]);
    assert_eq!(premiers(&recit, "2021-03-01", "2021-03-01")[0], 5.0, "both ends belong to the period");
    assert_eq!(premiers(&recit, "2021-03-02", "2021-12-31"), [0.0; 7]);
    assert_eq!(premiers(&recit, "2021-01-01", "2021-02-28"), [0.0; 7]);
}

/// People are followed once for several periods: each table is the one it would be alone.
#[test]
fn the_tables_of_several_periods_are_those_of_each() {
    let recit = recit(&format!(
        "{COHORTE}
    2021-02-10 AG debut:2021-02-10 de:Z
    2021-05-02 fin_suivi emploi_cdi de:Z"
    ));
    let annees = [("2021-01-01", "2021-12-31"), ("2021-03-02", "2021-12-31"), ("2021-01-01", "2021-03-31")];
    let periodes = annees.map(|(du, au)| Periode { du: jour(du), au: jour(au), arrete: jour(au) });
    let question = Question { periode: periodes[0], connu_le: recit.connu_le, referentiel: &recit.referentiel };
    let tableaux = calculer_chacune(&recit.histoire, &question, &periodes);
    assert_eq!(tableaux.len(), 3);
    for (tableau, periode) in tableaux.iter().zip(periodes) {
        let seul = calculer(&recit.histoire, &Question { periode, ..question });
        assert_eq!((&tableau.indicateurs, &tableau.complementaires), (&seul.indicateurs, &seul.complementaires));
        assert_eq!(format!("{:?}", tableau.lignes), format!("{:?}", seul.lignes));
    }
    let entrants = tableaux.iter().map(|tableau| tableau.indicateurs[0].valeur);
    assert_eq!(entrants.collect::<Vec<_>>(), [5, 0, 5].map(|n| Some(Valeur::Entier(n))));
    assert!(calculer_chacune(&recit.histoire, &question, &[]).is_empty());
}

#[test]
fn the_population_of_each_delay_splits_around_its_limit() {
    let recit = recit(COHORTE);
    let tableau = recit.tableau("2021-01-01", "2021-12-31", None);
    let orientation = tenue(&tableau, "3.1.2");
    assert_eq!(split(orientation), [3, 1, 0, 0, 1]);
    assert_eq!((orientation.taux, orientation.cible), (Some(Valeur::Decimal(0.6)), Some(1.0)));
    // 19, 40, 14 and 24 days.
    assert_eq!(orientation.repartition.moyenne_jours, Some(Valeur::Decimal(24.3)));
    assert_eq!(orientation.repartition.mediane_jours, Some(Valeur::Decimal(21.5)));
    assert_eq!(
        orientation.repartition.tranches,
        [("<=1", Valeur::Entier(3)), ("<=2", Valeur::Entier(1)), ("<=3", Valeur::Entier(0)), (">3", Valeur::Entier(0))]
    );
    // Oriented hors PE within the month: A and D; B is counted apart, and is in the rate all the same.
    let rdv = tenue(&tableau, "3.1.4");
    assert_eq!((split(rdv), rdv.taux), ([1, 0, 1, 0, 1], Some(Valeur::Decimal(0.5))));
    assert_eq!(
        rdv.repartition.tranches,
        [
            ("<=7", Valeur::Entier(0)),
            ("<=14", Valeur::Entier(1)),
            ("<=30", Valeur::Entier(0)),
            (">30", Valeur::Entier(0))
        ]
    );
    // Oriented hors PE: A in time, B late, D not.
    let cer = tenue(&tableau, "3.1.6");
    assert_eq!((split(cer), cer.taux), ([1, 1, 0, 0, 1], Some(Valeur::Decimal(0.5))));
    assert_eq!(cer.repartition.moyenne_jours, Some(Valeur::Decimal(68.5)));
    // 2 of 3 settled miss it: not over three quarters; 1/2 is at or below three quarters of 100 %.
    assert_eq!((cer.eloigne_annexe_5, cer.eloigne_note_2), (Some(false), Some(true)));
}

/// On the last day of the limit, those without anything are still in time; the day after they are
/// not.
#[test]
fn a_delay_is_under_way_until_its_last_day() {
    let recit = recit(COHORTE);
    let split_au = |arrete: &str| split(tenue(&recit.tableau("2021-03-01", "2021-03-31", Some(arrete)), "3.1.2"));
    assert_eq!(split_au("2021-03-31"), [3, 0, 0, 2, 0]);
    assert_eq!(split_au("2021-04-01"), [3, 0, 0, 0, 2]);
    assert_eq!(split_au("2021-04-10"), [3, 1, 0, 0, 1]);
}

#[test]
fn under_orientes_the_appointments_of_all_those_oriented_are_looked_at() {
    let recit = recit(COHORTE).lecture("rdv.population", "orientes");
    assert_eq!(premiers(&recit, "2021-01-01", "2021-12-31"), [5.0, 3.0, 2.0, 2.0, 2.0, 1.0, 1.0]);
    assert_eq!(split(tenue(&recit.tableau("2021-01-01", "2021-12-31", None), "3.1.4")), [2, 0, 0, 0, 1]);
}

#[test]
fn the_population_of_the_appointments_follows_the_reading_of_the_orientation() {
    // Under 31 days from the claim, nobody of the cohort is in time but who was oriented by then.
    let recit = recit(&COHORTE.replace("A:1=2+", "A:1=2+,dem:2021-01-02")).lecture("orientation.debut", "demande");
    let chiffres = premiers(&recit, "2021-01-01", "2021-12-31");
    assert_eq!((chiffres[1], chiffres[3]), (2.0, 0.0), "A is late, and so is out of 3.1.4");
}

#[test]
fn under_complet_what_comes_after_the_closing_counts() {
    assert_eq!(premiers(&recit(COHORTE), "2021-03-01", "2021-03-31"), [5.0, 3.0, 1.0, 1.0, 0.0, 0.0, 1.0]);
    let complet = recit(COHORTE).lecture("horizon", "complet");
    assert_eq!(premiers(&complet, "2021-03-01", "2021-03-31"), [5.0, 3.0, 2.0, 1.0, 2.0, 1.0, 1.0]);
}

/// Outcomes dated in the period, of entries of any date; 3.1.1 stays.
#[test]
fn under_evenements_the_outcomes_of_the_period_count_whatever_the_entry() {
    let recit = recit(COHORTE).lecture("flux", "evenements");
    assert_eq!(premiers(&recit, "2021-04-01", "2021-12-31"), [0.0, 0.0, 1.0, 0.0, 2.0, 1.0, 0.0]);
    assert_eq!(premiers(&recit, "2021-03-01", "2021-03-31"), [5.0, 3.0, 1.0, 1.0, 0.0, 0.0, 1.0]);
}

/// Struck off and back: two entries of one person.
const DEUX_FOIS: &str = "
    2020-12-31 stock       Z:9=2+
    2021-03-01 quotidien   1=2+
    2021-03-10 orientation CD
    2021-04-10 quotidien   1=5-
    2021-06-01 quotidien   1=2+
    2021-06-10 orientation CD
    2021-06-15 cer";

#[test]
fn under_personnes_somebody_counts_once() {
    assert_eq!(premiers(&recit(DEUX_FOIS), "2021-01-01", "2021-12-31"), [2.0, 2.0, 0.0, 0.0, 1.0, 1.0, 0.0]);
    let personnes = recit(DEUX_FOIS).lecture("comptage", "personnes");
    assert_eq!(premiers(&personnes, "2021-01-01", "2021-12-31"), [1.0, 1.0, 0.0, 0.0, 1.0, 1.0, 0.0]);
}

#[test]
fn what_is_always_said_beside_the_entrants() {
    let remarques = |texte: &str| {
        let recit = recit(texte);
        let tableau = recit.tableau("2021-01-01", "2021-12-31", None);
        tableau.indicateurs[0].remarques.unwrap()
    };
    let deux = remarques(DEUX_FOIS);
    let [nul, un, deux_fois] = [0, 1, 2].map(Valeur::Entier);
    assert_eq!((deux.personnes_plusieurs_fois, deux.entrees_de_ces_personnes), (un, deux_fois));
    assert_eq!((deux.ecartees_orientation_anticipee, deux.valeur_rattacher), (nul, deux_fois));
    let anticipee = remarques(
        "2020-12-31 stock Z:9=2+
         2021-03-01 quotidien 1=2+,dem:2021-02-01 recu:2021-03-09
         2021-03-05 orientation CD",
    );
    assert_eq!((anticipee.personnes_plusieurs_fois, anticipee.entrees_de_ces_personnes), (nul, nul));
    assert_eq!((anticipee.ecartees_orientation_anticipee, anticipee.valeur_rattacher), (un, un));
}

#[test]
fn a_first_stock_that_is_not_before_the_period_weakens_the_entrants_and_keeps_the_figure() {
    let recit = recit("2021-01-31 stock Z:9=2+\n2021-03-01 quotidien 1=2+");
    let dit = |du: &str| {
        let tableau = recit.tableau(du, "2021-12-31", None);
        (tableau.indicateurs[0].valeur, tableau.indicateurs[0].motif.is_some())
    };
    assert_eq!(dit("2021-01-31"), (Some(Valeur::Entier(1)), true));
    assert_eq!(dit("2021-02-01"), (Some(Valeur::Entier(1)), false));
}

#[test]
fn a_caisse_without_stock_is_said() {
    let recit = recit("2021-03-01 quotidien 1=2+");
    let tableau = recit.tableau("2021-01-01", "2021-12-31", None);
    assert_eq!(tableau.qualite.bases_inconnues, ["CAF991"]);
    assert!(tableau.indicateurs[0].motif.as_ref().unwrap().contains("base inconnue"));
    let vide = recit.base_vide();
    assert!(vide.tableau("2021-01-01", "2021-12-31", None).indicateurs[0].motif.is_none());
    assert_eq!(vide.chiffre("3.1.1"), Some(1.0));
}

// The garantie and the accompagnement global: all the bénéficiaires.

/// A versable, B suspendu, C closed; nobody enters.
const BENEFICIAIRES: &str = "2020-12-31 stock A:1=2+ B:2=4- C:3=5-";

fn chiffre(id: &str, suite: &str) -> Option<f64> {
    recit(&format!("{BENEFICIAIRES}\n{suite}")).chiffre(id)
}

#[test]
fn a_garantie_under_way_has_begun_and_is_not_over_on_the_day_of_closing() {
    for (suite, compte) in [
        ("2021-02-01 GAD debut:2021-12-31", 1.0),
        ("2021-02-01 GAD debut:2022-01-01", 0.0),
        ("2021-02-01 GAD", 0.0),
        ("2021-02-01 GAD debut:2021-02-01 fin:2021-12-31", 0.0),
        ("2021-02-01 GAD debut:2021-02-01 fin:2022-01-01", 1.0),
        ("2021-02-01 GAD debut:2021-02-01 de:B", 1.0),
        ("2021-02-01 GAD debut:2021-02-01 de:C", 0.0),
        ("2021-02-01 AG debut:2021-02-01", 0.0),
        ("2021-02-01 GAD debut:2021-02-01\n2021-03-01 GAD debut:2021-03-01", 1.0),
    ] {
        assert_eq!(chiffre("3.2.2", suite), Some(compte), "{suite}");
        if !suite.contains(" AG") {
            assert_eq!(chiffre("3.2.4", &suite.replace("GAD", "AG")), Some(compte), "{suite}");
        }
    }
}

#[test]
fn the_accompagnement_global_proposed_in_the_period_counts_people_who_were_beneficiaries_that_day() {
    for (suite, compte) in [
        ("2021-01-01 AG", 1.0),
        ("2021-12-31 AG", 1.0),
        ("2020-12-31 AG", 0.0),
        ("2022-01-01 AG", 0.0),
        ("2021-05-01 AG de:B", 1.0),
        ("2021-05-01 AG de:C", 0.0),
        ("2021-05-01 AG sans_proposition debut:2021-05-01", 0.0),
        ("2021-05-01 orientation PE AG", 1.0),
        ("2021-05-01 orientation PE GAD", 0.0),
        ("2021-05-01 AG\n2021-06-01 AG\n2021-07-01 orientation PE AG", 1.0),
        ("2021-05-01 AG\n2021-06-01 AG de:B", 2.0),
        // Struck off in June: no longer a beneficiary in July.
        ("2021-06-08 quotidien 1=5-\n2021-07-01 AG", 0.0),
        ("2021-06-08 quotidien 1=5-\n2021-06-07 AG", 1.0),
    ] {
        assert_eq!(chiffre("3.2.3", suite), Some(compte), "{suite}");
    }
}

#[test]
fn people_by_adviser_are_distinct_pairs_over_distinct_advisers() {
    let ag = |conseiller: &str, qui: &str| format!("2021-02-01 AG debut:2021-02-01 {conseiller} de:{qui}\n");
    let [durand, durand_aussi, petit, personne] =
        [("conseiller:Durand", "A"), ("conseiller:DURAND", "B"), ("conseiller:Petit", "A"), ("", "B")]
            .map(|(conseiller, qui)| ag(conseiller, qui));
    assert_eq!(chiffre("3.2.5", ""), None, "nobody is not zero");
    assert_eq!(chiffre("3.2.5", &personne), None);
    assert_eq!(chiffre("3.2.5", &(durand.clone() + &durand_aussi)), Some(2.0));
    assert_eq!(chiffre("3.2.5", &(durand.clone() + &durand_aussi + &petit + &personne)), Some(1.5));
    assert_eq!(chiffre("3.2.5", &(durand.clone() + &durand)), Some(1.0), "the same pair twice");
}

#[test]
fn the_delay_of_the_accompagnement_global_is_a_mean_over_those_begun_in_the_period() {
    assert_eq!(chiffre("3.2.6", "2021-02-01 AG debut:2021-02-11\n2021-02-01 AG debut:2021-02-16 de:C"), Some(12.5));
    assert_eq!(chiffre("3.2.6", "2020-12-20 AG debut:2021-01-01"), Some(12.0));
    assert_eq!(chiffre("3.2.6", "2021-12-20 AG debut:2022-01-01"), None);
    assert_eq!(chiffre("3.2.6", "2021-02-01 AG sans_proposition debut:2021-02-11"), None);
    assert_eq!(chiffre("3.2.6", "2021-02-01 GAD debut:2021-02-11"), None);
}

#[test]
fn the_report_of_pole_emploi_is_official_for_exactly_its_period() {
    let recit = recit(&format!("{BENEFICIAIRES}\n2021-05-01 AG\n2021-01-01 pole_emploi au:2021-12-31 3.2.3 valeur:41"));
    let dit = |au: &str| {
        let tableau = recit.tableau("2021-01-01", au, None);
        (tableau.indicateurs[8].valeur, tableau.indicateurs[8].valeur_calculee)
    };
    assert_eq!(dit("2021-12-31"), (Some(Valeur::Entier(41)), Some(Some(Valeur::Entier(1)))));
    assert_eq!(dit("2021-12-30"), (Some(Valeur::Entier(1)), None));
}

// Beside the table.

#[test]
fn the_complementary_figures_follow_the_contracts_and_the_exits() {
    let recit = recit(&format!(
        "{COHORTE}
         2021-09-01 fin_suivi emploi_cdi            de:A
         2021-09-01 fin_suivi abandon               de:B
         2021-09-02 fin_suivi autre_sortie_positive de:C
         2021-09-02 fin_suivi formation_qualifiante de:D
         2022-01-01 fin_suivi emploi_cdi            de:E  # after the period
         2020-12-30 fin_suivi emploi_cdi            de:E  # nobody yet"
    ));
    let tableau = recit.tableau("2021-01-01", "2021-12-31", None);
    let valeur = |code: &str| tableau.complementaires.iter().find(|c| c.code == code).unwrap().valeur.unwrap().nombre();
    // A: 26 days, social; B: 52 days, emploi; C: emploi without PPAE; D: no type.
    assert_eq!(valeur("delai_moyen_contrat"), Some(39.0));
    assert_eq!((valeur("taux_contrat_emploi"), valeur("taux_contrat_social")), (Some(0.5), Some(1.0)));
    assert_eq!(valeur("part_contrats_30_jours"), Some(0.25));
    assert_eq!((valeur("sorties_positives"), valeur("sorties_emploi_formation")), (Some(0.75), Some(0.5)));
    assert_eq!(valeur("rdv_orientation_manques"), Some(1.0));
    assert_eq!(valeur("frequence_transmissions"), Some(60.0));
}

// Splits.

fn repartition(recit: &Recit, axe: Axe) -> Vec<Part> {
    let periode = Periode { du: jour("2021-01-01"), au: jour("2021-12-31"), arrete: jour("2021-12-31") };
    let question = Question { periode, connu_le: None, referentiel: &recit.referentiel };
    repartir(&recit.histoire, &question, &calculer(&recit.histoire, &question), &[axe])
}

/// The figures of each part, by value of the axis.
fn parts(recit: &Recit, axe: Axe) -> Vec<(String, Vec<Option<f64>>)> {
    let figures = |part: Part| part.indicateurs.iter().map(|i| i.valeur.and_then(Valeur::nombre)).collect();
    repartition(recit, axe).into_iter().map(|part| (part.valeur.clone(), figures(part))).collect()
}

fn entiers<const N: usize>(figures: [i32; N]) -> Vec<Option<f64>> {
    figures.map(|n| Some(f64::from(n))).to_vec()
}

#[test]
fn each_entry_is_in_the_part_of_its_orientation_or_in_that_of_those_without_any() {
    let recit = recit(COHORTE);
    assert_eq!(
        parts(&recit, Axe::Organisme),
        [
            ("CCAS".to_owned(), entiers([1, 1, 0, 0, 0, 0, 1])),
            ("CD".to_owned(), entiers([2, 1, 2, 1, 2, 1, 0])),
            ("PE".to_owned(), entiers([1, 1, 0, 0, 0, 0, 0])),
            ("sans orientation".to_owned(), entiers([1, 0, 0, 0, 0, 0, 0])),
        ]
    );
    let parts = repartition(&recit, Axe::Organisme);
    let tenue = parts[1].indicateurs[1].tenue.as_ref().unwrap();
    // A after 19 days, B after 40.
    assert_eq!((tenue.taux, split(tenue)), (Some(Valeur::Decimal(0.5)), [1, 1, 0, 0, 0]));
    assert_eq!(tenue.repartition.moyenne_jours, Some(Valeur::Decimal(29.5)));
}

/// A type that the orientation does not give is not the lack of an orientation.
#[test]
fn what_an_orientation_does_not_say_has_a_part_of_its_own() {
    assert_eq!(
        parts(&recit(COHORTE), Axe::TypeParcours),
        [
            ("emploi".to_owned(), entiers([2, 1, 1, 0, 1, 0, 0])),
            ("social".to_owned(), entiers([1, 1, 1, 1, 1, 1, 0])),
            ("non renseigné".to_owned(), entiers([1, 1, 0, 0, 0, 0, 1])),
            ("sans orientation".to_owned(), entiers([1, 0, 0, 0, 0, 0, 0])),
        ]
    );
    let nomme = recit(&COHORTE.replace("CCAS GAD", "CCAS GAD territoire:NON-RENSEIGNÉ structure:Sud"));
    let valeurs = |axe| parts(&nomme, axe).into_iter().map(|(valeur, _)| valeur).collect::<Vec<_>>();
    assert_eq!(valeurs(Axe::Territoire), ["NON-RENSEIGNÉ", "non renseigné", "sans orientation"]);
    assert_eq!(valeurs(Axe::Structure), ["Sud", "non renseigné", "sans orientation"]);
}

#[test]
fn every_month_of_the_period_is_there_even_with_nobody() {
    let parts = parts(&recit(COHORTE), Axe::Mois);
    assert_eq!((parts.len(), parts[0].0.as_str(), parts[11].0.as_str()), (12, "2021-01", "2021-12"));
    for (mois, figures) in parts {
        let attendu = if mois == "2021-03" { [5, 3, 2, 1, 2, 1, 1] } else { [0; 7] };
        assert_eq!(figures, entiers(attendu), "{mois}");
    }
}

/// Under `flux=evenements`, an entry of another date is in a part when something of it counts.
#[test]
fn an_outcome_of_the_period_is_in_the_month_of_its_entry() {
    let recit = recit(&COHORTE.replace("2021", "2020").replace("2020-12-31 stock", "2019-12-31 stock"))
        .lecture("flux", "evenements");
    assert_eq!(parts(&recit, Axe::Mois).len(), 12, "nothing is dated 2021");
    let plus_tard = COHORTE.replace("2020-12-31 stock", "2019-12-31 stock").replace("2021-03-01", "2020-03-01");
    let recit = recit_sous_evenements(&plus_tard);
    let parts = parts(&recit, Axe::Mois);
    assert_eq!(parts.len(), 13);
    // Late since 31 March 2020; the delays of the CER too. The appointment of A is 10 days after.
    assert_eq!(parts[0], ("2020-03".to_owned(), entiers([0, 0, 2, 0, 2, 0, 1])));
}

fn recit_sous_evenements(texte: &str) -> Recit {
    recit(texte).lecture("flux", "evenements")
}

#[test]
fn people_counted_once_do_not_add_up_along_an_axis() {
    let deux_mois = |recit: &Recit| {
        let lignes = parts(recit, Axe::Mois);
        [lignes[2].1[0], lignes[5].1[0]]
    };
    assert_eq!(deux_mois(&recit(DEUX_FOIS)), [Some(1.0), Some(1.0)]);
    let personnes = recit(DEUX_FOIS).lecture("comptage", "personnes");
    assert_eq!(deux_mois(&personnes), [Some(1.0), Some(1.0)]);
    assert_eq!(personnes.chiffre("3.1.1"), Some(1.0), "the same person, in two parts");
    let tableau = personnes.tableau("2021-01-01", "2021-12-31", None);
    assert!(!additif(&tableau.indicateurs[0], Comptage::Personnes));
    assert!(additif(&tableau.indicateurs[0], Comptage::Entrees));
}

/// A leaves the CAF for the MSA in June.
const DEUX_CAISSES: &str = "
    2020-12-31 stock CAF991     A:1=2+ B:2=4-
    2020-12-31 stock MSA991     C:3=2-
    2021-06-08 quotidien CAF991 A:1=5-
    2021-06-09 quotidien MSA991 A:9=2+
    2021-05-01 AG                                            de:A
    2021-07-01 AG debut:2021-07-10 conseiller:Petit          de:A
    2021-03-01 AG debut:2021-03-21 conseiller:Durand         de:B
    2021-02-01 AG debut:2021-02-11 conseiller:DURAND         de:C
    2021-02-01 GAD debut:2021-02-01                          de:A";

#[test]
fn the_garantie_splits_by_the_caisse_of_each_person_on_the_day_that_counts() {
    let recit = recit(DEUX_CAISSES);
    let garantie: Vec<_> =
        parts(&recit, Axe::Caisse).into_iter().map(|(caisse, figures)| (caisse, figures[7..].to_vec())).collect();
    // A was proposed the accompagnement global in the CAF, and is followed in the MSA: 9 days there.
    assert_eq!(
        garantie,
        [
            ("CAF991".to_owned(), [0.0, 2.0, 1.0, 1.0, 20.0].map(Some).to_vec()),
            ("MSA991".to_owned(), [1.0, 1.0, 2.0, 1.0, 9.5].map(Some).to_vec()),
        ]
    );
    let total = recit.chiffres("2021-01-01", "2021-12-31");
    assert_eq!(total[7..], [1.0, 3.0, 3.0, 1.5, 13.0].map(Some), "the two last are no sums");
    assert_eq!(parts(&recit, Axe::Categorie)[0].1.len(), 7, "along no other axis");
}

#[test]
fn somebody_paid_by_two_caisses_belongs_to_that_of_the_smallest_numdemrsa() {
    let garantie = |etats: &str| -> Vec<_> {
        let recit = recit(&format!(
            "2020-12-31 stock CAF991 Z:7=2+\n2020-12-31 stock MSA991 Y:8=2+\n{etats}\n2021-03-01 GAD debut:2021-03-01"
        ));
        parts(&recit, Axe::Caisse).into_iter().map(|(_, figures)| figures[7]).collect()
    };
    let deux = |caf: &str, msa: &str| format!("2021-02-01 quotidien CAF991 {caf}\n2021-02-02 quotidien MSA991 {msa}");
    assert_eq!(garantie(&deux("1=2+", "2=2+")), [Some(1.0), Some(0.0)]);
    assert_eq!(garantie(&deux("2=2+", "1=2+")), [Some(0.0), Some(1.0)]);
    assert_eq!(garantie(&deux("1=4-", "2=2-")), [Some(0.0), Some(1.0)], "versable first");
    assert_eq!(garantie(&deux("1=5-", "2=4-")), [Some(0.0), Some(1.0)], "closed last");
}

#[test]
fn a_caisse_whose_first_stock_is_late_weakens_its_own_part_only() {
    let recit = recit("2020-12-31 stock CAF991 1=2+\n2021-03-31 stock MSA991 B:2=2+");
    let parts = repartition(&recit, Axe::Caisse);
    assert_eq!(parts[0].indicateurs[0].motif, None);
    assert!(parts[1].indicateurs[0].motif.as_deref().unwrap().contains("MSA991 est du 2021-03-31"));
}

// Other readings.

fn autres_lectures(recit: &Recit) -> (Vec<Variante>, Vec<Indicateur>) {
    let periode = Periode { du: jour("2021-01-01"), au: jour("2021-12-31"), arrete: jour("2021-12-31") };
    let question = Question { periode, connu_le: None, referentiel: &recit.referentiel };
    let tableau = calculer(&recit.histoire, &question);
    (variantes::calculer(&recit.histoire, &question, &tableau), tableau.indicateurs)
}

/// Two people who make most of the readings differ.
const TOUT_BOUGE: &str = "
    2020-12-31 stock       Z:9=2+
    2021-03-01 quotidien   A:1=2+,dem:2021-02-15 cree:2021-02-20
    2021-03-25 orientation CD de:A
    2021-05-01 cer            de:A  # two months to the day
    2021-04-10 rdv         accompagnement de:A";

#[test]
fn each_other_reading_is_computed_alone_with_its_difference() {
    let (variantes, table) = autres_lectures(&recit(TOUT_BOUGE));
    assert_eq!(variantes.len(), 16, "twelve switches, sixteen alternatives");
    let bouge = |nom: &str| -> Vec<(&str, f64)> {
        let variante = variantes.iter().find(|v| v.nom() == nom).unwrap();
        let ecarts = variante.ecarts(&table).into_iter();
        ecarts.filter_map(|(id, ecart)| Some((id, ecart.filter(|ecart| *ecart != 0.0)?))).collect()
    };
    // Oriented on 25/03: in time from 01/03, late from the transmission of 20/02 and the claim of 15/02.
    assert_eq!(bouge("orientation.debut=transmission"), [("3.1.2", -1.0)]);
    assert_eq!(bouge("orientation.debut=demande"), [("3.1.2", -1.0)]);
    // The appointment is 16 days after; the CER is signed on the same day two months later.
    assert_eq!(bouge("rdv.delai=15_jours"), []);
    assert_eq!(bouge("cer.delai=2_mois_inclus"), [("3.1.6", 1.0)]);
    assert_eq!(bouge("cer.debut=orientation"), [("3.1.6", 1.0)]);
    // From 25/03, one month ends on 24/04.
    assert_eq!(bouge("cer.delai=1_mois"), []);
    let inclus = variantes.iter().find(|v| v.nom() == "cer.delai=2_mois_inclus").unwrap();
    assert_eq!(inclus.texte, "Les mots du libellé, « dans les 2 mois » (instruction, annexe 9)");
    assert_eq!(inclus.valeurs[5], ("3.1.6", Some(Valeur::Entier(1))));
}

/// The reading in force is the one that is compared to, and the guide's becomes one of the others.
#[test]
fn the_difference_is_from_the_reading_in_force() {
    let (variantes, table) = autres_lectures(&recit(COHORTE).lecture("rdv.population", "orientes"));
    assert!(variantes.iter().all(|v| v.nom() != "rdv.population=orientes"));
    let guide = variantes.iter().find(|v| v.nom() == "rdv.population=orientes_1_mois").unwrap();
    assert_eq!(guide.ecarts(&table)[3], ("3.1.4", Some(-1.0)));
}

#[test]
fn a_figure_that_is_hidden_or_missing_has_no_difference() {
    let (variantes, mut table) = autres_lectures(&recit(COHORTE));
    table[0].valeur = Some(Valeur::Masquee);
    let ecarts = variantes[0].ecarts(&table);
    assert_eq!((ecarts[0], ecarts[10]), (("3.1.1", None), ("3.2.5", None)));
}

// Rules are dated.

/// The shipped référentiel where a parameter takes another value from 1 July 2021.
fn change_en_juillet(parametre: &str, nouvelle: u32) -> Referentiel {
    let (avant, apres) = REFERENTIEL_2022.split_once(&format!("[parametres.{parametre}]")).unwrap();
    let valeur = format!("valeurs = [\n  {{ depuis = 2021-07-01, valeur = {nouvelle}, source = \"essai\" }},");
    Referentiel::lire(&format!("{avant}[parametres.{parametre}]{}", apres.replacen("valeurs = [", &valeur, 1))).unwrap()
}

/// A is known on 30 June, B on 1 July; the same follows.
const DE_PART_ET_D_AUTRE: &str = "
    2020-12-31 stock       Z:9=2+
    2021-06-30 quotidien   A:1=2+
    2021-07-01 quotidien   B:2=2+
    2021-07-05 orientation CD de:A
    2021-07-05 orientation CD de:B
    2021-07-17 rdv accompagnement de:A  # 12 days
    2021-07-17 rdv accompagnement de:B
    2021-08-20 cer de:A                 # within two months, not one
    2021-08-20 cer de:B";

/// Each entry is judged by the value in force on its t0, not on that of its outcome or of the period.
#[test]
fn a_value_that_changes_within_the_period_applies_to_each_entry_by_its_t0() {
    let chiffre = |texte: &str, id: &str, referentiel: Option<Referentiel>| {
        let mut recit = recit(texte);
        recit.referentiel = referentiel.unwrap_or(recit.referentiel);
        recit.chiffre(id)
    };
    assert_eq!(chiffre(DE_PART_ET_D_AUTRE, "3.1.4", None), Some(2.0));
    assert_eq!(chiffre(DE_PART_ET_D_AUTRE, "3.1.4", Some(change_en_juillet("delai_premier_rdv", 10))), Some(1.0));
    assert_eq!(chiffre(DE_PART_ET_D_AUTRE, "3.1.6", None), Some(2.0));
    assert_eq!(chiffre(DE_PART_ET_D_AUTRE, "3.1.6", Some(change_en_juillet("delai_premier_cer", 1))), Some(1.0));
    // Oriented on 10 August: late within one month, in time within two, which B alone has.
    let tard = DE_PART_ET_D_AUTRE.replace("2021-07-05 orientation", "2021-08-10 orientation");
    assert_eq!(chiffre(&tard, "3.1.2", None), Some(0.0));
    assert_eq!(chiffre(&tard, "3.1.2", Some(change_en_juillet("delai_orientation", 2))), Some(1.0));
}
