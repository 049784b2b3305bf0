//! Builds the tables, each one only when it is asked for.

use std::sync::OnceLock;

use chrono::NaiveDate;
use rayon::prelude::*;
use rustc_hash::FxHashMap;

use super::catalogue::{ENTREES, Nom};
use super::{Cellule, Table};
use crate::campagnes::{Campagnes, ErreurCampagne};
use crate::entrees::suites::{Delai, Issue};
use crate::indicateurs::axes::{Axe, repartir};
use crate::indicateurs::compte::dans_le_champ_du_rdv;
use crate::indicateurs::{self, Indicateur, Ligne, Tableau, Valeur, calculer, calculer_chacune};
use crate::journal::depot::{Depot, ErreurDepot, Segment, Segments};
use crate::journal::evenements::Orientation;
use crate::journal::lecture::{Designation, existait};
use crate::journal::segment::MetaFlux;
use crate::listes::anciennete::{Origine, anciennete};
use crate::listes::dossier_au;
use crate::parcours::etapes::Parcours;
use crate::parcours::histoire::{Classe, Histoire};
use crate::rapport::detail::{self, ENTETES, Noms, cellules, noms_des, ordre};
use crate::referentiel::{Base, Referentiel};
use crate::rejeu::histoire;
use crate::releves::genres::Genre;
use crate::temps::{Jour, Periode};

/// What is asked of the tables.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// The day on which the delays, the outcomes and the situations are looked at.
    pub arrete: Jour,
    /// The day whose knowledge is asked; `None` for everything.
    pub connu_le: Option<NaiveDate>,
    /// Parameters and readings.
    pub referentiel: &'a Referentiel,
    /// The campaigns.
    pub campagnes: &'a Campagnes,
    /// Whether what names people is left out.
    pub sans_noms: bool,
}

/// Why a table cannot be built.
#[derive(Debug, thiserror::Error)]
pub enum ErreurTable {
    /// The warehouse.
    #[error(transparent)]
    Depot(#[from] ErreurDepot),
    /// The file of campaigns.
    #[error(transparent)]
    Campagne(#[from] ErreurCampagne),
}

/// What the tables are built from. The journal is replayed once, by the first table that needs it.
#[derive(Debug)]
pub struct Source<'a> {
    segments: Segments,
    question: Question<'a>,
    histoire: OnceLock<Histoire>,
}

impl<'a> Source<'a> {
    /// Reads what the warehouse holds.
    ///
    /// # Errors
    /// A damaged warehouse.
    pub fn lire(depot: &Depot, question: Question<'a>) -> Result<Self, ErreurDepot> {
        let mut segments = depot.segments()?;
        segments.flux.retain(|segment| existait(segment.meta.commun.recu_le, question.connu_le));
        Ok(Self { segments, question, histoire: OnceLock::new() })
    }

    /// What was asked.
    #[must_use]
    pub fn question(&self) -> &Question<'a> {
        &self.question
    }

    /// Builds a table.
    ///
    /// # Errors
    /// A damaged segment, or campaigns that contradict themselves.
    pub fn table(&self, nom: Nom) -> Result<Table, ErreurTable> {
        let complete = match nom {
            Nom::Entrees => self.entrees()?,
            Nom::Personnes => self.personnes()?,
            Nom::Evenements => self.evenements()?,
            Nom::Flux => self.flux(),
            Nom::Indicateurs => self.indicateurs()?,
        };
        Ok(if self.question.sans_noms { sans_noms(complete, nom) } else { complete })
    }

    fn histoire(&self) -> Result<&Histoire, ErreurDepot> {
        if let Some(lue) = self.histoire.get() {
            return Ok(lue);
        }
        let lue = histoire(&self.segments.flux, &self.segments.evenements, self.question.connu_le)?;
        Ok(self.histoire.get_or_init(|| lue))
    }

    /// The names at some files and rows: none when they are not to be shown.
    fn noms(&self, sources: impl Iterator<Item = (u32, u32)>) -> Result<Noms, ErreurDepot> {
        if self.question.sans_noms {
            return Ok(Noms::default());
        }
        noms_des(self.histoire()?, &self.segments.flux, sources)
    }

    /// The period of every entry that is known on the day of the tables, closed that day.
    fn periode(&self, histoire: &Histoire) -> Periode {
        let arrete = self.question.arrete;
        let jours = histoire.fichiers.iter().map(|fichier| fichier.en_tete.recu_le.min(fichier.en_tete.dtref));
        let du = jours.min().map_or(arrete, |jour| jour.mois().veille().plus_jours(1));
        Periode { du: du.min(arrete), au: arrete, arrete }
    }

    fn calcul(&self, periode: Periode) -> indicateurs::Question<'a> {
        let Question { connu_le, referentiel, .. } = self.question;
        indicateurs::Question { periode, connu_le: connu_le.map(Jour::from), referentiel }
    }

    fn entrees(&self) -> Result<Table, ErreurTable> {
        let histoire = self.histoire()?;
        let question = self.calcul(self.periode(histoire));
        let tableau = calculer(histoire, &question);
        let noms = self.noms(tableau.lignes.iter().map(|ligne| ligne.entree.source))?;
        let inconnu = Designation::default();
        let mut rangs: FxHashMap<u32, i64> = FxHashMap::default();
        let mut lignes: Vec<(&Ligne<'_>, i64, &Designation)> = tableau
            .lignes
            .iter()
            .map(|ligne| {
                let rang = rangs.entry(ligne.entree.personne).or_default();
                *rang += 1;
                (ligne, *rang, noms.get(&ligne.entree.source).unwrap_or(&inconnu))
            })
            .collect();
        // The order of the detail, then that of the people.
        lignes.sort_by(|(a, _, na), (b, _, nb)| {
            ordre(a.entree.t0, na, a.entree.personne).cmp(&ordre(b.entree.t0, nb, b.entree.personne))
        });
        let mut table = Table::vide(Nom::Entrees.colonnes().iter());
        for (ligne, rang, nom) in lignes {
            let du_detail = cellules(histoire, &question, ligne, nom);
            // What is said of the orientation is said when the orientation counts.
            let mut dates = ENTETES.iter().zip(&du_detail).filter(|(entete, _)| **entete == "date_orientation");
            let oriente = dates.any(|(_, date)| *date != detail::Cellule::Vide);
            let cellules = [personne(ligne.entree.personne), Cellule::Entier(rang)]
                .into_iter()
                .chain(du_detail.iter().zip(&ENTREES[2..]).map(|(c, colonne)| Cellule::du_detail(c, colonne.sorte)))
                .chain(suite(&question, ligne, oriente));
            table.ajouter(cellules);
        }
        Ok(table)
    }

    fn personnes(&self) -> Result<Table, ErreurTable> {
        let histoire = self.histoire()?;
        let question = self.calcul(self.periode(histoire));
        let tableau = calculer(histoire, &question);
        let mut entrees: FxHashMap<u32, (i64, Jour)> = FxHashMap::default();
        for Ligne { entree, .. } in &tableau.lignes {
            let (nombre, derniere) = entrees.entry(entree.personne).or_insert((0, entree.t0));
            *nombre += 1;
            *derniere = entree.t0.max(*derniere);
        }
        let situations: Vec<Situation> = (0..histoire.personnes)
            .into_par_iter()
            .map_init(Parcours::default, |parcours, personne| {
                parcours.suivre(histoire, personne);
                Situation::de(histoire, self.question.referentiel, parcours, personne, self.question.arrete)
            })
            .collect();
        let noms = self.noms(situations.iter().filter_map(|situation| situation.source))?;
        let inconnu = Designation::default();
        let mut table = Table::vide(Nom::Personnes.colonnes().iter());
        for (numero, situation) in (0u32..).zip(&situations) {
            let nom = situation.source.and_then(|source| noms.get(&source)).unwrap_or(&inconnu);
            let (nombre, derniere) = entrees.get(&numero).map_or((0, None), |(n, jour)| (*n, Some(*jour)));
            let ligne = situation.cellules(histoire, numero, nom).into_iter();
            let ligne = ligne.chain([Cellule::Entier(nombre), Cellule::jour(derniere)]);
            table.ajouter(ligne.chain(suivi(histoire, numero, self.question.arrete)));
        }
        Ok(table)
    }

    fn evenements(&self) -> Result<Table, ErreurTable> {
        let histoire = self.histoire()?;
        let mut table = Table::vide(Nom::Evenements.colonnes().iter());
        let mut ajouter = |evenement: Evenement<'_>| table.ajouter(evenement.cellules().into_iter());
        for (personne, o) in histoire.orientations.toutes() {
            ajouter(Evenement {
                type_: o.type_parcours,
                organisme: o.organisme,
                dispositif: o.dispositif,
                structure: &o.structure,
                territoire: &o.territoire,
                referent: &o.referent,
                ..Evenement::de(Genre::Orientations.nom(), personne, Some(o.date))
            });
        }
        for (personne, rdv) in histoire.rendez_vous.toutes() {
            ajouter(Evenement {
                type_: rdv.type_rdv,
                statut: rdv.statut,
                fixe_le: Some(rdv.fixe_le),
                ..Evenement::de(Genre::RendezVous.nom(), personne, Some(rdv.date))
            });
        }
        for (personne, contrat) in histoire.contrats.toutes() {
            ajouter(Evenement {
                type_: contrat.type_contrat,
                rang: contrat.rang,
                ..Evenement::de(Genre::Cer.nom(), personne, Some(contrat.date))
            });
        }
        for (personne, a) in histoire.accompagnements.toutes() {
            ajouter(Evenement {
                type_: a.type_accompagnement,
                referent: &a.conseiller,
                date_proposition: a.propose_le,
                date_debut: a.debut,
                date_fin: a.fin,
                ..Evenement::de(Genre::Accompagnements.nom(), personne, a.propose_le.or(a.debut))
            });
        }
        for (personne, fin) in histoire.fins_suivi.toutes() {
            ajouter(Evenement { motif: fin.motif, ..Evenement::de(Genre::FinsSuivi.nom(), personne, Some(fin.date)) });
        }
        for attente in &histoire.liste_en_attente {
            ajouter(Evenement {
                personne: None,
                en_attente: attente.raison.libelle(),
                fichier: &attente.lieu.fichier,
                ligne: Some(attente.lieu.ligne),
                ..Evenement::de(attente.genre, 0, None)
            });
        }
        Ok(table)
    }

    fn flux(&self) -> Table {
        let mut metas: Vec<&MetaFlux> = self
            .segments
            .flux
            .iter()
            .map(|segment: &Segment<MetaFlux>| &segment.meta)
            .filter(|meta| {
                let repris_le = meta.commun.extrait.as_ref().map(|extrait| extrait.repris_le);
                repris_le.is_none_or(|jour| existait(jour, self.question.connu_le))
            })
            .collect();
        metas.sort_by_key(|meta| (meta.dtref, &meta.caisse, meta.mensuel, meta.cree_le, &meta.commun.nom));
        let mut table = Table::vide(Nom::Flux.colonnes().iter());
        for meta in metas {
            let jour = |jour: NaiveDate| Cellule::jour(Some(jour.into()));
            let ligne = [
                Cellule::texte(&meta.commun.nom),
                Cellule::texte(meta.caisse.as_deref().unwrap_or_default()),
                Cellule::texte(if meta.mensuel { "mensuel" } else { "quotidien" }),
                jour(meta.dtref),
                Cellule::texte(&Jour::from(meta.dtref).mois().to_string()),
                jour(meta.cree_le.date()),
                jour(meta.commun.recu_le),
                Cellule::compte(meta.foyers),
                meta.annonces.map_or(Cellule::Vide, Cellule::compte),
                Cellule::compte(meta.commun.lignes),
                Cellule::compte(meta.autres_roles),
                Cellule::compte(meta.commun.rejetes),
                Cellule::compte(meta.commun.avertissements.len()),
                Cellule::Booleen(meta.commun.extrait.is_some()),
            ];
            table.ajouter(ligne.into_iter());
        }
        table
    }

    fn indicateurs(&self) -> Result<Table, ErreurTable> {
        let histoire = self.histoire()?;
        let mut table = Table::vide(Nom::Indicateurs.colonnes().iter());
        let question = self.calcul(self.periode(histoire));
        let (noms, periodes): (Vec<String>, Vec<Periode>) = self.campagnes(histoire)?.into_iter().unzip();
        let tableaux = calculer_chacune(histoire, &question, &periodes);
        for ((nom, periode), tableau) in noms.iter().zip(periodes).zip(tableaux) {
            for indicateur in &tableau.indicateurs {
                let motif = indicateur.motif.as_deref();
                table.ajouter(chiffre("campagne", nom, periode, indicateur, motif).into_iter());
            }
        }
        let tableau: Tableau<'_> = calculer(histoire, &question);
        let bases = histoire.caisses.iter().map(|caisse| caisse.base);
        let sans_base = self.question.referentiel.base == Base::Inconnue && bases.clone().any(|base| base.is_none());
        let derniere_base = bases.flatten().max();
        for part in repartir(histoire, &question, &tableau, &[Axe::Mois]) {
            let Ok(premier) = format!("{}-01", part.valeur).parse::<NaiveDate>() else { continue };
            let du = Jour::from(premier);
            let au = du.mois().suivant().veille().min(question.periode.au);
            let periode = Periode { du, au, arrete: question.periode.arrete };
            // A month that follows the first stock of every caisse is seen whole.
            let faible = sans_base || derniere_base.is_some_and(|base| du <= base);
            for indicateur in &part.indicateurs {
                let motif = indicateur.motif.as_deref().filter(|_| faible);
                table.ajouter(chiffre("mois", &part.valeur, periode, indicateur, motif).into_iter());
            }
        }
        Ok(table)
    }

    /// The campaigns that the journal covers: their period begins after the first stock of some caisse,
    /// and was over when the last flux was received.
    fn campagnes(&self, histoire: &Histoire) -> Result<Vec<(String, Periode)>, ErreurTable> {
        let base = histoire.caisses.iter().filter_map(|caisse| caisse.base).min();
        let fichiers = histoire.fichiers.iter().map(|fichier| &fichier.en_tete);
        let dernier = fichiers.map(|en_tete| en_tete.recu_le.max(en_tete.dtref)).max();
        let (Some(base), Some(dernier)) = (base, dernier) else { return Ok(Vec::new()) };
        Ok(self.question.campagnes.closes(base, dernier.min(self.question.arrete))?)
    }
}

/// The table without the columns that name people.
fn sans_noms(mut table: Table, nom: Nom) -> Table {
    table.colonnes.retain(|(colonne, _)| nom.colonnes_montrees(true).any(|c| c.nom == colonne));
    table
}

/// The number of a person, as the tables show it: the first one is 1.
fn personne(numero: u32) -> Cellule {
    Cellule::Entier(i64::from(numero) + 1)
}

/// What the table says of an entry after the columns of the detail.
fn suite(question: &indicateurs::Question<'_>, ligne: &Ligne<'_>, oriente: bool) -> [Cellule; 17] {
    let Ligne { entree, suites } = ligne;
    let arrete = question.periode.arrete;
    let orientation = suites.orientation.filter(|_| oriente);
    let texte = |champ: fn(&Orientation) -> &str| orientation.map_or(Cellule::Vide, |o| Cellule::texte(champ(o)));
    let etat = |delai: Option<Delai>| delai.map_or(Cellule::Vide, |delai| Cellule::texte(issue(delai.issue(arrete))));
    let reste = |delai: Option<Delai>| {
        let attendu = delai.filter(|delai| delai.fin.is_none());
        attendu.map_or(Cellule::Vide, |delai| Cellule::Entier(delai.limite.depuis(arrete)))
    };
    let dans_le_champ = dans_le_champ_du_rdv(question, ligne);
    let rdv = suites.delai_premier_rdv.filter(|_| dans_le_champ);
    let hors_champ = suites.delai_premier_rdv.is_some() && !dans_le_champ;
    [
        texte(|o| o.type_parcours),
        texte(|o| &o.referent),
        orientation.map_or(Cellule::Vide, |_| Cellule::Booleen(suites.hors_pe())),
        etat(Some(suites.delai_orientation)),
        if hors_champ { Cellule::texte("hors_champ") } else { etat(rdv) },
        etat(suites.delai_premier_cer),
        Cellule::jour(rdv.map(|delai| delai.limite)),
        reste(Some(suites.delai_orientation)),
        reste(rdv),
        reste(suites.delai_premier_cer),
        Cellule::jour(suites.premier_rdv.map(|rdv| rdv.fixe_le)),
        Cellule::jour(suites.contrat.map(|contrat| contrat.date)),
        Cellule::Booleen(suites.rdv_orientation_manque),
        Cellule::jour(suites.gad),
        Cellule::jour(Some(entree.transmission)),
        Cellule::jour(entree.dtdemrsa),
        Cellule::jour(Some(entree.fin_fenetre)),
    ]
}

fn issue(issue: Issue) -> &'static str {
    match issue {
        Issue::Tenu => "dans_les_delais",
        Issue::Tardif => "hors_delai",
        Issue::EnCours => "en_cours",
        Issue::Echu => "echu",
    }
}

/// Where somebody stands on the day of the tables.
struct Situation {
    /// File and row that show them in the dossier that decides.
    source: Option<(u32, u32)>,
    caisse: Option<u16>,
    classe: Option<Classe>,
    soumise: bool,
    depuis: Option<Jour>,
    premiere: Option<Jour>,
    derniere: Option<Jour>,
    au_rsa: Option<(Jour, bool)>,
}

impl Situation {
    fn de(histoire: &Histoire, referentiel: &Referentiel, parcours: &Parcours, personne: u32, jour: Jour) -> Self {
        let vues = &parcours.etapes[..parcours.nombre_au(jour)];
        let derniere = vues.last();
        // Somebody who is only seen later has a name all the same.
        let etat = dossier_au(histoire, parcours, jour)
            .or_else(|| parcours.etapes.first().and_then(|_| parcours.etats(0).first()));
        let depuis = derniere.map(|derniere| {
            let memes = vues.iter().rev().take_while(|e| (e.classe, e.en_dd) == (derniere.classe, derniere.en_dd));
            vues[vues.len() - memes.count()].jour
        });
        let au_rsa = anciennete(histoire, referentiel, parcours, personne, jour);
        Self {
            source: etat.map(|etat| etat.source),
            caisse: etat.map(|etat| histoire.dossiers[etat.dossier as usize].caisse),
            classe: derniere.map(|etape| etape.classe),
            soumise: derniere.is_some_and(|etape| etape.en_dd),
            depuis,
            premiere: parcours.etapes.first().map(|etape| etape.jour),
            derniere: derniere.map(|etape| etape.jour),
            au_rsa: au_rsa.map(|anciennete| (anciennete.depuis, anciennete.origine == Origine::DebutDuJournal)),
        }
    }

    fn cellules(&self, histoire: &Histoire, numero: u32, nom: &Designation) -> [Cellule; 15] {
        let caisse = self.caisse.map(|caisse| histoire.caisses[usize::from(caisse)].nom.as_str());
        let situation = self.classe.map(Classe::code);
        let naissance = nom.date_naissance.parse::<NaiveDate>().ok();
        [
            personne(numero),
            Cellule::texte(&nom.numdemrsa),
            Cellule::texte(&nom.matricule),
            Cellule::texte(caisse.unwrap_or_default()),
            Cellule::texte(&nom.nom),
            Cellule::texte(&nom.prenom),
            Cellule::jour(naissance.map(Jour::from)),
            Cellule::texte(situation.unwrap_or_default()),
            self.classe.map_or(Cellule::Vide, |_| Cellule::Booleen(self.soumise)),
            self.classe.map_or(Cellule::Vide, |classe| Cellule::Booleen(classe.brsa())),
            Cellule::jour(self.depuis),
            Cellule::jour(self.premiere),
            Cellule::jour(self.derniere),
            Cellule::jour(self.au_rsa.map(|(depuis, _)| depuis)),
            self.au_rsa.map_or(Cellule::Vide, |(_, au_moins)| Cellule::Booleen(au_moins)),
        ]
    }
}

/// What happened to somebody up to the day of the tables.
fn suivi(histoire: &Histoire, personne: u32, jour: Jour) -> [Cellule; 12] {
    fn jusque<T>(lignes: &[T], jour: Jour, date: impl Fn(&T) -> Jour) -> (Cellule, Option<&T>) {
        let passees: Vec<&T> = lignes.iter().filter(|ligne| date(ligne) <= jour).collect();
        // The last one by date, then by identifier.
        let derniere = passees.iter().copied().max_by_key(|ligne| date(ligne));
        (Cellule::compte(passees.len()), derniere)
    }
    let (orientations, derniere) = jusque(histoire.orientations.de(personne), jour, |o| o.date);
    let (contrats, contrat) = jusque(histoire.contrats.de(personne), jour, |contrat| contrat.date);
    let (fins, fin) = jusque(histoire.fins_suivi.de(personne), jour, |fin| fin.date);
    let texte = |champ: fn(&Orientation) -> &str| derniere.map_or(Cellule::Vide, |o| Cellule::texte(champ(o)));
    [
        orientations,
        Cellule::jour(derniere.map(|o| o.date)),
        texte(|o| o.organisme),
        texte(|o| o.type_parcours),
        texte(|o| o.dispositif),
        texte(|o| &o.structure),
        texte(|o| &o.territoire),
        texte(|o| &o.referent),
        contrats,
        Cellule::jour(contrat.map(|contrat| contrat.date)),
        fins,
        Cellule::jour(fin.map(|fin| fin.date)),
    ]
}

/// An event in force: what its kind does not have is empty.
#[derive(Clone, Copy, Default)]
struct Evenement<'a> {
    personne: Option<u32>,
    genre: &'a str,
    date: Option<Jour>,
    type_: &'a str,
    statut: &'a str,
    organisme: &'a str,
    dispositif: &'a str,
    structure: &'a str,
    territoire: &'a str,
    referent: &'a str,
    rang: Option<i64>,
    motif: &'a str,
    fixe_le: Option<Jour>,
    date_proposition: Option<Jour>,
    date_debut: Option<Jour>,
    date_fin: Option<Jour>,
    en_attente: &'a str,
    fichier: &'a str,
    ligne: Option<u32>,
}

impl<'a> Evenement<'a> {
    fn de(genre: &'a str, personne: u32, date: Option<Jour>) -> Self {
        Self { personne: Some(personne), genre, date, ..Self::default() }
    }

    fn cellules(&self) -> [Cellule; 19] {
        [
            self.personne.map_or(Cellule::Vide, personne),
            Cellule::texte(self.genre),
            Cellule::jour(self.date),
            Cellule::texte(self.type_),
            Cellule::texte(self.statut),
            Cellule::texte(self.organisme),
            Cellule::texte(self.dispositif),
            Cellule::texte(self.structure),
            Cellule::texte(self.territoire),
            Cellule::texte(self.referent),
            self.rang.map_or(Cellule::Vide, Cellule::Entier),
            Cellule::texte(self.motif),
            Cellule::jour(self.fixe_le),
            Cellule::jour(self.date_proposition),
            Cellule::jour(self.date_debut),
            Cellule::jour(self.date_fin),
            Cellule::texte(self.en_attente),
            Cellule::texte(self.fichier),
            self.ligne.map_or(Cellule::Vide, Cellule::compte),
        ]
    }
}

/// The line of a figure.
fn chiffre(
    axe: &str,
    periode_nom: &str,
    periode: Periode,
    indicateur: &Indicateur,
    motif: Option<&str>,
) -> [Cellule; 23] {
    let definition = indicateur.definition;
    let decimal = |valeur: Option<Valeur>| valeur.and_then(Valeur::nombre).map_or(Cellule::Vide, Cellule::Decimal);
    let tenue = indicateur.tenue.as_ref();
    let repartition = tenue.map(|tenue| &tenue.repartition);
    let compte = |valeur: Option<Valeur>| valeur.and_then(Valeur::entier).map_or(Cellule::Vide, Cellule::compte);
    // The target of a month is not that of the year in which the tables are closed.
    let de_campagne = tenue.filter(|_| axe == "campagne");
    let eloigne = de_campagne.and_then(|tenue| match (tenue.eloigne_note_2, tenue.eloigne_annexe_5) {
        (None, None) => None,
        (a, b) => Some(a == Some(true) || b == Some(true)),
    });
    let source = match (indicateur.valeur_calculee, indicateur.valeur) {
        (Some(_), _) => "pole_emploi",
        (None, Some(_)) => "jalon",
        (None, None) => "",
    };
    [
        Cellule::texte(axe),
        Cellule::texte(periode_nom),
        Cellule::Date(periode.du),
        Cellule::Date(periode.au),
        Cellule::Date(periode.arrete),
        Cellule::texte(definition.id),
        Cellule::texte(definition.code),
        Cellule::texte(&indicateur.libelle),
        Cellule::texte(definition.unite),
        decimal(indicateur.valeur),
        decimal(tenue.and_then(|tenue| tenue.taux)),
        decimal(repartition.and_then(|r| r.moyenne_jours)),
        decimal(repartition.and_then(|r| r.mediane_jours)),
        compte(repartition.map(|r| r.dans_les_delais)),
        compte(repartition.map(|r| r.hors_delai)),
        compte(repartition.map(|r| r.hors_champ)),
        compte(repartition.map(|r| r.en_cours)),
        compte(repartition.map(|r| r.echus)),
        de_campagne.and_then(|tenue| tenue.cible).map_or(Cellule::Vide, Cellule::Decimal),
        eloigne.map_or(Cellule::Vide, Cellule::Booleen),
        Cellule::texte(source),
        decimal(indicateur.valeur_calculee.flatten()),
        Cellule::texte(motif.unwrap_or_default()),
    ]
}
