//! What is hidden in a table that leaves the department: the figures about fewer than five people, and
//! those that would give them back by difference.
//!
//! No text of the convention sets this threshold: it is the one that the Insee and the Cnaf keep for
//! what they publish about households. Which figures tell others is written here, one sum a line;
//! which cells to hide then is decided in [`secret`].

pub mod secret;

use std::collections::{BTreeMap, BTreeSet};

use self::secret::{Cachees, SEUIL, Secret};
use super::axes::{Axe, Part};
use super::complementaires::Complementaire;
use super::{Indicateur, Ligne, Remarques, Tableau, Tenue, Valeur};

/// Whether a count is about too few people to be shown. Nobody is not few: an empty cell says nothing
/// about anyone in it.
#[must_use]
pub fn trop_peu(n: u64) -> bool {
    (1..SEUIL).contains(&n)
}

/// A count as it may be shown: hidden when it is meant to leave the department and is about too few
/// people.
#[must_use]
pub fn compte(n: u64, diffusion: bool) -> Valeur {
    if diffusion && trop_peu(n) { Valeur::Masquee } else { Valeur::Entier(n) }
}

/// Hides, in everything that a table publishes, what is about too few people or would tell it. The
/// entries behind it are removed.
///
/// The twelve figures come first: an axis whose parts could only be shown by hiding one of them is
/// withheld whole, and named in [`Tableau::axes_retenus`].
pub fn masquer(tableau: &mut Tableau<'_>) {
    let appartenances = appartenances(&tableau.lignes);
    tableau.lignes.clear();
    tableau.garanties.clear();
    tableau.axes_retenus = axes_a_retenir(tableau, &appartenances);
    tableau.repartitions.retain(|part| !tableau.axes_retenus.contains(&part.axe));
    let cases = Cases::new(tableau, &appartenances);
    let Cases { total, parts, manques, cachees } = &cases;
    total.cacher(cachees, &mut tableau.indicateurs);
    parts.iter().zip(&mut tableau.repartitions).for_each(|(bloc, part)| bloc.cacher(cachees, &mut part.indicateurs));
    masquer_les_sommes_calculees(tableau);
    let manques_caches = manques.is_some_and(|case| cachees.contient(case));
    for complementaire in &mut tableau.complementaires {
        if trop_peu_dans(complementaire.effectif) || (complementaire.code == MANQUES && manques_caches) {
            complementaire.valeur = complementaire.valeur.map(|_| Valeur::Masquee);
        }
    }
    let entrants = tableau.indicateurs.iter_mut().find(|indicateur| indicateur.remarques.is_some());
    let rattacher_cache = entrants.is_some_and(|indicateur| {
        let valeur = indicateur.valeur;
        indicateur.remarques.as_mut().is_some_and(|remarques| masquer_remarques(remarques, valeur))
    });
    masquer_variantes(tableau, rattacher_cache);
}

/// Every cell of a table and of its parts, and which are hidden.
struct Cases {
    total: Bloc,
    parts: Vec<Bloc>,
    manques: Option<usize>,
    cachees: Cachees,
}

impl Cases {
    fn new(tableau: &mut Tableau<'_>, appartenances: &[Appartenance]) -> Self {
        let mut secret = Secret::default();
        let total = Bloc::new(&mut secret, &mut tableau.indicateurs, TOTAL);
        let manques = manques(&mut secret, &total, &tableau.complementaires);
        let parts: Vec<Bloc> =
            tableau.repartitions.iter_mut().map(|part| Bloc::new(&mut secret, &mut part.indicateurs, PART)).collect();
        relier_les_axes(&mut secret, &total, &parts, &tableau.repartitions, appartenances);
        Self { total, parts, manques, cachees: secret.resoudre() }
    }

    /// Which of the twelve figures are hidden.
    fn chiffres_caches(&self) -> BTreeSet<&'static str> {
        let cases = CHIFFRES.into_iter().zip(&self.total.cases);
        let caches = cases.filter(|(_, case)| case.is_some_and(|case| self.cachees.contient(case)));
        caches.map(|(id, _)| id).collect()
    }
}

/// The axes that cannot be shown beside those before them without hiding more of the twelve figures
/// than the table alone does.
fn axes_a_retenir(tableau: &Tableau<'_>, appartenances: &[Appartenance]) -> Vec<Axe> {
    let mut demandes: Vec<Axe> = tableau.repartitions.iter().map(|part| part.axe).collect();
    demandes.dedup();
    let caches = |montres: &[Axe]| {
        let mut essai = tableau.clone();
        essai.repartitions.retain(|part| montres.contains(&part.axe));
        Cases::new(&mut essai, appartenances).chiffres_caches()
    };
    let seul = caches(&[]);
    let (mut montres, mut retenus) = (Vec::new(), Vec::new());
    for axe in demandes {
        montres.push(axe);
        if !caches(&montres).is_subset(&seul) {
            retenus.extend(montres.pop());
        }
    }
    retenus
}

/// The names, in the outputs, of what is hidden of an indicator.
#[must_use]
pub fn masques(indicateur: &Indicateur) -> Vec<String> {
    let mut out = Vec::new();
    let mut voir = |nom: &str, valeur: Option<Valeur>| {
        if valeur == Some(Valeur::Masquee) {
            out.push(nom.to_owned());
        }
    };
    voir("valeur", indicateur.valeur);
    if let Some(Tenue { taux, repartition: r, .. }) = &indicateur.tenue {
        voir("taux", *taux);
        voir("moyenne_jours", r.moyenne_jours);
        voir("mediane_jours", r.mediane_jours);
        let comptes = [
            ("dans_les_delais", r.dans_les_delais),
            ("hors_delai", r.hors_delai),
            ("hors_champ", r.hors_champ),
            ("en_cours", r.en_cours),
            ("echus", r.echus),
        ];
        comptes.into_iter().for_each(|(nom, n)| voir(nom, Some(n)));
        r.tranches.iter().for_each(|(tranche, n)| voir(&format!("tranches.{tranche}"), Some(*n)));
    }
    voir("valeur_calculee", indicateur.valeur_calculee.flatten());
    if let Some(r) = &indicateur.remarques {
        voir("personnes_plusieurs_fois", Some(r.personnes_plusieurs_fois));
        voir("entrees_de_ces_personnes", Some(r.entrees_de_ces_personnes));
        voir("ecartees_orientation_anticipee", Some(r.ecartees_orientation_anticipee));
        voir("valeur_rattacher", Some(r.valeur_rattacher));
    }
    out
}

// The cells of a table.

/// What hiding costs to the reader: a figure of the table, then its details, then those of a part.
struct Prix {
    chiffre: u64,
    detail: u64,
}

const TOTAL: Prix = Prix { chiffre: 2000, detail: 300 };
const PART: Prix = Prix { chiffre: 80, detail: 25 };

/// The figures that are counts of people, in the order of their places.
const CHIFFRES: [&str; 10] = ["3.1.1", "3.1.2", "3.1.3", "3.1.4", "3.1.5", "3.1.6", "3.2.1", "3.2.2", "3.2.3", "3.2.4"];
/// The figures whose population splits, in the order of their places.
const DELAIS: [&str; 3] = ["3.1.2", "3.1.4", "3.1.6"];
/// Counts of a split: in time, late, out of it, under way, over, and four buckets.
const PAR_DELAI: usize = 9;
const PLACES: usize = CHIFFRES.len() + DELAIS.len() * PAR_DELAI;

/// Shows every count of some indicators, each with its place and whether it is a figure of the table.
fn parcourir(indicateurs: &mut [Indicateur], mut voir: impl FnMut(usize, bool, &mut Valeur)) {
    for indicateur in indicateurs {
        let id = indicateur.definition.id;
        if let (Some(place), Some(valeur)) = (CHIFFRES.iter().position(|x| *x == id), &mut indicateur.valeur) {
            voir(place, true, valeur);
        }
        if let (Some(rang), Some(tenue)) = (DELAIS.iter().position(|x| *x == id), &mut indicateur.tenue) {
            let r = &mut tenue.repartition;
            let comptes = [&mut r.dans_les_delais, &mut r.hors_delai, &mut r.hors_champ, &mut r.en_cours, &mut r.echus];
            let tranches = r.tranches.iter_mut().map(|(_, n)| n).take(4);
            for (place, valeur) in comptes.into_iter().chain(tranches).enumerate() {
                voir(CHIFFRES.len() + rang * PAR_DELAI + place, false, valeur);
            }
        }
    }
}

/// The cells of the table, or of one of its parts.
struct Bloc {
    cases: [Option<usize>; PLACES],
    /// For each delay, those who have the outcome, in time or late.
    faits: [Option<usize>; DELAIS.len()],
    /// Figures that Pôle emploi reported: they have no parts.
    rapportees: [bool; PLACES],
}

/// Places of a delay in a block.
#[derive(Clone, Copy)]
struct Places {
    dans_les_delais: usize,
    hors_delai: usize,
    hors_champ: usize,
    en_cours: usize,
    echus: usize,
    tranches: [usize; 4],
}

const fn places(rang: usize) -> Places {
    let debut = CHIFFRES.len() + rang * PAR_DELAI;
    Places {
        dans_les_delais: debut,
        hors_delai: debut + 1,
        hors_champ: debut + 2,
        en_cours: debut + 3,
        echus: debut + 4,
        tranches: [debut + 5, debut + 6, debut + 7, debut + 8],
    }
}

impl Bloc {
    fn new(secret: &mut Secret, indicateurs: &mut [Indicateur], prix: Prix) -> Self {
        let (mut cases, mut comptes) = ([None; PLACES], [None; PLACES]);
        parcourir(indicateurs, |place, chiffre, valeur| {
            if let Some(n) = valeur.entier() {
                // The larger the count, the more it is missed.
                let taille = u64::from(n.checked_ilog2().unwrap_or(0)) * 4;
                let prix = if chiffre { prix.chiffre } else { prix.detail };
                cases[place] = Some(secret.publier(n, prix + taille));
                comptes[place] = Some(n);
            }
        });
        // Written nowhere, and known to whoever adds.
        let faits = std::array::from_fn(|rang| {
            let p = places(rang);
            Some(secret.taire(comptes[p.dans_les_delais]? + comptes[p.hors_delai]?))
        });
        let rapportee = |id: &str| indicateurs.iter().any(|i| i.definition.id == id && i.valeur_calculee.is_some());
        let rapportees = std::array::from_fn(|place| CHIFFRES.get(place).is_some_and(|id| rapportee(id)));
        let bloc = Self { cases, faits, rapportees };
        bloc.relier(secret);
        bloc
    }

    /// Binds the counts of a block: what anybody knows who knows what each one counts.
    ///
    /// Source: instruction n° DGCS/SD1B/DIPLP/DGEFP/2022/19 du 19 janvier 2022, annexe 7, section 6
    /// (who is counted in each figure).
    fn relier(&self, secret: &mut Secret) {
        let [entrants, orientes, rdv, rdv_a_temps, cer, cer_a_temps, gad, ..]: [Option<usize>; PLACES] = self.cases;
        let [o, r, c] = [places(0), places(1), places(2)];
        let case = |place: usize| self.cases[place];
        let mut lier = |gauche: &[Option<usize>], droite: &[Option<usize>]| {
            let tous = |cases: &[Option<usize>]| cases.iter().copied().collect::<Option<Vec<usize>>>();
            if let (Some(gauche), Some(droite)) = (tous(gauche), tous(droite)) {
                secret.relier(&gauche, &droite);
            }
        };
        for (rang, p) in [o, r, c].into_iter().enumerate() {
            lier(&[case(p.dans_les_delais), case(p.hors_delai)], &[self.faits[rang]]);
            lier(&p.tranches.map(case), &[self.faits[rang]]);
        }
        // The first buckets end with the limit.
        lier(&[case(o.tranches[0])], &[case(o.dans_les_delais)]);
        lier(&[case(r.tranches[0]), case(r.tranches[1])], &[case(r.dans_les_delais)]);
        lier(&[case(c.tranches[0]), case(c.tranches[1])], &[case(c.dans_les_delais)]);
        // The figures are cells of their own splits.
        lier(&[orientes], &[case(o.dans_les_delais)]);
        lier(&[rdv_a_temps], &[case(r.dans_les_delais)]);
        lier(&[cer_a_temps], &[case(c.dans_les_delais)]);
        lier(&[cer], &[self.faits[2]]);
        // Who waits or is too late, with those above, makes the population.
        let [orientation, rendez_vous, contrat] =
            [(0, o), (1, r), (2, c)].map(|(rang, p)| [self.faits[rang], case(p.en_cours), case(p.echus)]);
        lier(&orientation, &[entrants]);
        // Oriented outside Pôle emploi: in time, late, all.
        lier(&rendez_vous, &[case(o.dans_les_delais)]);
        lier(&[case(r.hors_champ)], &[case(o.hors_delai)]);
        lier(&[&rendez_vous[..], &[case(r.hors_champ)]].concat(), &contrat);
        lier(&contrat, &[self.faits[0]]);
        // All the appointments: those in the field of the delay, and some of the others.
        lier(&[self.faits[1]], &[rdv]);
        lier(&[rdv], &[self.faits[1], case(r.hors_champ)]);
        lier(&[gad], &[entrants]);
    }

    fn cacher(&self, cachees: &Cachees, indicateurs: &mut [Indicateur]) {
        parcourir(indicateurs, |place, _, valeur| {
            if self.cases[place].is_some_and(|case| cachees.contient(case)) {
                *valeur = Valeur::Masquee;
            }
        });
        let sont_cachees: BTreeMap<&str, bool> = indicateurs
            .iter()
            .map(|indicateur| (indicateur.definition.id, indicateur.valeur == Some(Valeur::Masquee)))
            .collect();
        let est_cachee = |id: &str| sont_cachees.get(id).copied().unwrap_or(false);
        for indicateur in indicateurs {
            let id = indicateur.definition.id;
            if let Some(tenue) = &mut indicateur.tenue {
                masquer_tenue(tenue, est_cachee(id) || est_cachee(denominateur(id)));
            }
            match id {
                "3.2.5" => masquer_moyenne(indicateur, est_cachee("3.2.4")),
                "3.2.6" => masquer_moyenne(indicateur, est_cachee("3.2.3")),
                _ => {}
            }
            let sur_trop_peu = indicateur.effectif.is_none_or(trop_peu);
            if let Some(Some(calculee)) = &mut indicateur.valeur_calculee
                && calculee.entier().map_or(sur_trop_peu, trop_peu)
            {
                *calculee = Valeur::Masquee;
            }
        }
    }
}

/// The figure over which a rate is taken.
fn denominateur(id: &str) -> &'static str {
    match id {
        "3.1.2" => "3.1.1",
        "3.1.4" => "3.1.3",
        _ => "3.1.5",
    }
}

/// Hides what would give back the hidden counts of a split: its rate when either term is hidden, its
/// mean and its median when any count of those done is, and whether it is far from its target.
fn masquer_tenue(tenue: &mut Tenue, taux: bool) {
    let cachee = |valeur: &Valeur| *valeur == Valeur::Masquee;
    let hide = |valeur: &mut Option<Valeur>| *valeur = valeur.map(|_| Valeur::Masquee);
    let r = &mut tenue.repartition;
    if taux {
        hide(&mut tenue.taux);
        tenue.eloigne_note_2 = None;
    }
    let termes = [r.dans_les_delais, r.hors_delai];
    if termes.iter().any(cachee) || r.tranches.iter().any(|(_, n)| cachee(n)) {
        hide(&mut r.moyenne_jours);
        hide(&mut r.mediane_jours);
    }
    if termes.iter().chain([&r.echus]).any(cachee) {
        tenue.eloigne_annexe_5 = None;
    }
}

/// Hides a mean of the accompagnement global over too few people, or over nobody knows how many.
fn masquer_moyenne(indicateur: &mut Indicateur, avec: bool) {
    let ours = indicateur.valeur_calculee.is_none();
    if avec || (ours && indicateur.effectif.is_none_or(trop_peu)) {
        indicateur.valeur = indicateur.valeur.map(|_| Valeur::Masquee);
    }
}

// What binds the blocks.

/// The parts of an axis make the table; structures in a territory make no more than the territory.
fn relier_les_axes(secret: &mut Secret, total: &Bloc, blocs: &[Bloc], parts: &[Part], appartenances: &[Appartenance]) {
    let de = |axe: Axe| parts.iter().zip(blocs).filter(move |(part, _)| part.axe == axe);
    for (_, axe) in Axe::TOUS {
        let blocs: Vec<&Bloc> = de(axe).map(|(_, bloc)| bloc).collect();
        sommer(secret, &blocs, total);
    }
    for Appartenance { petit, grand, dans } in appartenances {
        for (part, bloc) in de(*grand) {
            let blocs: Vec<&Bloc> = de(*petit)
                .filter(|(autre, _)| dans.get(&autre.valeur).is_some_and(|grande| *grande == part.valeur))
                .map(|(_, bloc)| bloc)
                .collect();
            sommer(secret, &blocs, bloc);
        }
    }
}

/// Binds each count of a block to those of its parts.
fn sommer(secret: &mut Secret, parts: &[&Bloc], tout: &Bloc) {
    if parts.is_empty() {
        return;
    }
    for place in (0..PLACES).filter(|place| !tout.rapportees[*place]) {
        let cases: Option<Vec<usize>> = parts.iter().map(|bloc| bloc.cases[place]).collect();
        if let (Some(cases), Some(tout)) = (cases, tout.cases[place]) {
            secret.relier(&cases, &[tout]);
        }
    }
}

/// Our own figure, beside one that Pôle emploi reported, is the sum of the parts: it goes when one of
/// them does.
fn masquer_les_sommes_calculees(tableau: &mut Tableau<'_>) {
    let parts = &tableau.repartitions;
    for indicateur in &mut tableau.indicateurs {
        let siennes = parts.iter().flat_map(|part| &part.indicateurs).filter(|i| i.definition == indicateur.definition);
        let cachees = siennes.filter(|i| i.valeur == Some(Valeur::Masquee));
        if let (Some(Some(calculee)), true) = (&mut indicateur.valeur_calculee, cachees.count() > 0) {
            *calculee = Valeur::Masquee;
        }
    }
}

/// Which values of an axis lie within one value of another: everybody knows in which territory a
/// structure is.
struct Appartenance {
    petit: Axe,
    grand: Axe,
    dans: BTreeMap<String, String>,
}

/// The value that the outputs give to the entries whose orientation does not say it.
const NON_RENSEIGNE: &str = "non renseigné";

/// What the orientations of the entries say of the axes that may lie in one another.
fn appartenances(lignes: &[Ligne<'_>]) -> Vec<Appartenance> {
    const AXES: [Axe; 4] = [Axe::Structure, Axe::Territoire, Axe::Organisme, Axe::TypeParcours];
    let orientations: Vec<[&str; 4]> = lignes
        .iter()
        .filter_map(|ligne| ligne.suites.orientation)
        .map(|o| [&*o.structure, &*o.territoire, o.organisme, o.type_parcours].map(str::trim))
        .map(|valeurs| valeurs.map(|valeur| if valeur.is_empty() { NON_RENSEIGNE } else { valeur }))
        .collect();
    let mut out = Vec::new();
    for (a, petit) in AXES.into_iter().enumerate() {
        for (b, grand) in AXES.into_iter().enumerate().filter(|(b, _)| *b != a) {
            let mut dans: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
            for valeurs in &orientations {
                dans.entry(valeurs[a]).or_default().insert(valeurs[b]);
            }
            let seuls = dans.into_iter().filter(|(_, grandes)| grandes.len() == 1);
            let dans = seuls.flat_map(|(x, grandes)| grandes.into_iter().map(move |y| (x.to_owned(), y.to_owned())));
            out.push(Appartenance { petit, grand, dans: dans.collect() });
        }
    }
    out
}

// What stands beside the table.

/// The complementary figure that is a count of entries.
const MANQUES: &str = "rdv_orientation_manques";

/// The cell of the missed orientation appointments: some of the entrants.
fn manques(secret: &mut Secret, total: &Bloc, complementaires: &[Complementaire]) -> Option<usize> {
    let (n, _) = complementaires.iter().find(|c| c.code == MANQUES)?.effectif?;
    let case = secret.publier(n, TOTAL.detail);
    if let Some(entrants) = total.cases[0] {
        secret.relier(&[case], &[entrants]);
    }
    Some(case)
}

/// Whether a share or a mean is about too few people: in it, out of it, or in all.
fn trop_peu_dans(effectif: Option<(u64, u64)>) -> bool {
    effectif.is_some_and(|(dont, tous)| [dont, tous, tous.saturating_sub(dont)].into_iter().any(trop_peu))
}

/// Hides what is said beside 3.1.1; tells whether 3.1.1 under `rattacher` is hidden.
fn masquer_remarques(remarques: &mut Remarques, entrants: Option<Valeur>) -> bool {
    let ecart = |a: Valeur, b: Valeur| Some(a.entier()?.abs_diff(b.entier()?));
    let peu = |n: Option<u64>| n.is_none_or(trop_peu);
    let Remarques { personnes_plusieurs_fois: personnes, entrees_de_ces_personnes: entrees, .. } = *remarques;
    let une_fois = entrants.and_then(|entrants| ecart(entrants, entrees));
    if peu(personnes.entier()) || peu(ecart(personnes, entrees)) || peu(une_fois) {
        remarques.personnes_plusieurs_fois = Valeur::Masquee;
        remarques.entrees_de_ces_personnes = Valeur::Masquee;
    }
    let Remarques { ecartees_orientation_anticipee: ecartees, valeur_rattacher: rattacher, .. } = *remarques;
    let en_plus = entrants.and_then(|entrants| ecart(entrants, rattacher));
    let caches = peu(ecartees.entier()) || peu(en_plus) || peu(rattacher.entier());
    if caches {
        remarques.ecartees_orientation_anticipee = Valeur::Masquee;
        remarques.valeur_rattacher = Valeur::Masquee;
    }
    caches
}

/// Hides the figures of other readings that are small, or that would tell of a few people by their
/// difference from what is shown. All those of a hidden figure are hidden: most are equal to it.
fn masquer_variantes(tableau: &mut Tableau<'_>, rattacher_cache: bool) {
    for indicateur in &tableau.indicateurs {
        let mut montrees: Vec<Valeur> = indicateur.valeur.into_iter().collect();
        let cachee = indicateur.valeur == Some(Valeur::Masquee);
        for variante in &mut tableau.variantes {
            let lue = (variante.cle, variante.lecture);
            let rattacher =
                rattacher_cache && indicateur.definition.id == "3.1.1" && lue == ("orientation_anticipee", "rattacher");
            let valeurs = variante.valeurs.iter_mut().filter(|(id, _)| *id == indicateur.definition.id);
            for valeur in valeurs.filter_map(|(_, valeur)| valeur.as_mut()) {
                let trop_proche = montrees.iter().any(|montree| match (valeur.entier(), montree.entier()) {
                    (Some(a), Some(b)) => trop_peu(a.abs_diff(b)),
                    _ => *valeur != *montree,
                });
                if cachee || rattacher || trop_proche || valeur.entier().is_some_and(trop_peu) {
                    *valeur = Valeur::Masquee;
                } else {
                    montrees.push(*valeur);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::catalogue::CATALOGUE;
    use super::*;
    use crate::parcours::recit::recit;

    const ORIENTATIONS: &str = "
        2020-12-31 stock       Z:9=2+
        2021-03-01 quotidien   A:1=2+ B:2=2+ C:3=2+ D:4=2+
        2021-03-20 orientation CD structure:Alpha territoire:Nord de:A
        2021-03-20 orientation CD structure:Beta  territoire:Nord de:B
        2021-03-20 orientation CD structure:Gamma territoire:Sud  de:C
        2021-03-20 orientation CD structure:Gamma                 de:D";

    /// Gamma has people of no territory too: it lies nowhere.
    #[test]
    fn a_structure_is_in_a_territory_when_all_its_entries_are() {
        let recit = recit(ORIENTATIONS);
        let tableau = recit.tableau("2021-01-01", "2021-12-31", None);
        let found = appartenances(&tableau.lignes);
        let found = found.iter().find(|a| (a.petit, a.grand) == (Axe::Structure, Axe::Territoire)).unwrap();
        let dans: Vec<(&str, &str)> = found.dans.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
        assert_eq!(dans, [("Alpha", "Nord"), ("Beta", "Nord")]);
    }

    /// Pôle emploi says 41; ours are 35 in one caisse and 3 in the other, 38 in all.
    #[test]
    fn the_sum_of_the_parts_goes_when_a_part_is_hidden() {
        let recit = recit(ORIENTATIONS);
        let mut tableau = recit.tableau("2021-01-01", "2021-12-31", None);
        let proposes = |n, calculee| Indicateur {
            definition: &CATALOGUE[8],
            libelle: CATALOGUE[8].libelle.into(),
            valeur: Some(Valeur::Entier(n)),
            valeur_calculee: calculee,
            remarques: None,
            ..tableau.indicateurs[0].clone()
        };
        let part = |caisse: &str, n| Part {
            axe: Axe::Caisse,
            valeur: caisse.to_owned(),
            indicateurs: vec![proposes(n, None)],
        };
        let (parts, total) =
            (vec![part("CAF991", 35), part("MSA991", 3)], vec![proposes(41, Some(Some(Valeur::Entier(38))))]);
        (tableau.repartitions, tableau.indicateurs) = (parts, total);
        masquer(&mut tableau);
        let vues: Vec<Option<Valeur>> = tableau.repartitions.iter().map(|part| part.indicateurs[0].valeur).collect();
        assert_eq!(vues, [Some(Valeur::Entier(35)), Some(Valeur::Masquee)]);
        assert_eq!(tableau.indicateurs[0].valeur, Some(Valeur::Entier(41)));
        assert_eq!(tableau.indicateurs[0].valeur_calculee, Some(Some(Valeur::Masquee)));
    }

    /// Of 26 entrants, Beta has 2. Gamma, 6, is the smallest other structure; but it is the whole of
    /// the Sud, which shows its 6, and would give the 2 back. Alpha is hidden.
    #[test]
    fn a_territory_does_not_give_back_the_figure_of_a_structure() {
        let recit = recit(&ORIENTATIONS.replace("Gamma                ", "Gamma territoire:Sud "));
        let mut tableau = recit.tableau("2021-01-01", "2021-12-31", None);
        let entrants = |n| Indicateur {
            valeur: Some(Valeur::Entier(n)),
            remarques: None,
            definition: &CATALOGUE[0],
            libelle: CATALOGUE[0].libelle.into(),
            ..tableau.indicateurs[0].clone()
        };
        let part = |axe, valeur: &str, n| Part { axe, valeur: valeur.to_owned(), indicateurs: vec![entrants(n)] };
        let parts = vec![
            part(Axe::Structure, "Alpha", 18),
            part(Axe::Structure, "Beta", 2),
            part(Axe::Structure, "Gamma", 6),
            part(Axe::Territoire, "Nord", 20),
            part(Axe::Territoire, "Sud", 6),
        ];
        let total = vec![entrants(26)];
        (tableau.repartitions, tableau.indicateurs) = (parts, total);
        masquer(&mut tableau);
        let vues: Vec<Option<u64>> =
            tableau.repartitions.iter().map(|part| part.indicateurs[0].valeur.and_then(Valeur::entier)).collect();
        assert_eq!(vues, [None, None, Some(6), Some(20), Some(6)]);
        assert_eq!(tableau.indicateurs[0].valeur, Some(Valeur::Entier(26)));
        assert!(tableau.lignes.is_empty());
    }
}
