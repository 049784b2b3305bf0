//! `jalon demo`: a first use, guided: a department that does not exist, its table, and what can be typed
//! next. Nothing is done here that could not have been typed.

use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::slice;

use super::indicateurs::campagne;
use super::simuler::{Place, a_taper, verifier_le_disque};
use super::{Erreur, Fin, afficher, barre};
use crate::cli::{self, Arret, Communes, Demo};
use crate::disque;
use crate::indicateurs::{Question, calculer};
use crate::journal::depot::Depot;
use crate::personne::{Annuaire, Designe, Reponse, chercher};
use crate::purge::Connu;
use crate::rapport::detail;
use crate::referentiel::Referentiel;
use crate::simulation::{ENTREPOT, Forme, Reglages, ecrire_avec_verite};

/// Eighteen months: a stock, the year 2021 whole, and five months of 2022.
const REGLAGES: Reglages = Reglages {
    graine: 2022,
    personnes: 2_000,
    du: (2020, 12),
    au: (2022, 5),
    // As much is learnt from it, and ten times less is written.
    forme: Forme::Csv,
    realiste: true,
    quotidiens: true,
    desordre: false,
};
/// The campaign of the whole year.
const CAMPAGNE: &str = "mars-2022";
/// The last day of the department.
const DERNIER_JOUR: &str = "2022-05-31";
/// Where the files of the department are written.
const FICHIERS: &str = "recus";

pub(super) fn executer(communes: &Communes, demande: &Demo) -> Result<Fin, Erreur> {
    let dossier = demande.sortie.as_path();
    let montre = a_taper(dossier);
    if fs::read_dir(dossier).is_ok_and(|mut contenu| contenu.next().is_some()) {
        return Err(Erreur::Demande(format!(
            "{montre} n'est pas vide, et l'essai veut un dossier à lui. S'il vient d'un essai précédent, supprimez-le (rm -r {montre}) \
             puis relancez ; sinon, donnez un autre dossier avec --sortie"
        )));
    }
    let (recus, entrepot) = (dossier.join(FICHIERS), dossier.join(ENTREPOT));
    let essai = Essai { communes, entrepot: &entrepot };
    afficher(
        format!(
            "Un département inventé, pour essayer jalon : personne n'y est réel.\n\
             Tout sera écrit dans {montre}, et rien ailleurs. Pour tout effacer : rm -r {montre}\n\n\
             1. Ses fichiers, de décembre 2020 à mai 2022 : deux caisses, {} adultes au départ\n",
            REGLAGES.personnes
        )
        .as_bytes(),
    )?;
    simuler(communes, dossier)?;
    afficher(
        format!("   écrits dans {}\n\n2. Les lire, et les ranger dans un entrepôt :\n", a_taper(&recus)).as_bytes(),
    )?;
    let fin = essai.lancer(&["-q".into(), "ingerer".into(), recus.clone().into()])?;
    if fin == Fin::MisDeCote {
        let dit = "\nDes lignes fautives ont été mises exprès dans ce département : jalon les met de côté, dit pourquoi, et garde le reste.\n";
        afficher(dit.as_bytes())?;
    } else if fin != Fin::Fait {
        return Ok(fin);
    }
    afficher(b"\n3. Le tableau de la campagne de mars 2022, qui porte sur 2021 :\n")?;
    essai.lancer(&["indicateurs".into(), "--campagne".into(), CAMPAGNE.into()])?;
    let numero = essai.une_personne()?;
    afficher(suite(&essai, dossier, &numero).as_bytes())?;
    if demande.page { essai.lancer(&["servir".into()]) } else { Ok(Fin::Fait) }
}

/// Writes the files of the department: all of them, or none.
fn simuler(communes: &Communes, dossier: &Path) -> Result<(), Erreur> {
    let place = Place::nouvelle(dossier)?;
    // As much again for the warehouse.
    verifier_le_disque(2 * REGLAGES.octets(), disque::place_libre(place.brouillon()), dossier)?;
    let barre = barre(u64::from(REGLAGES.nb_mois()), "mois", communes);
    place.remplir(|brouillon| ecrire_avec_verite(&REGLAGES, &brouillon.join(FICHIERS), &|| barre.inc(1)))?;
    barre.finish_and_clear();
    Ok(())
}

/// A warehouse to try.
struct Essai<'a> {
    communes: &'a Communes,
    entrepot: &'a Path,
}

impl Essai<'_> {
    /// What is typed to reach the warehouse, whatever command follows.
    fn programme(&self) -> String {
        let nom = std::env::args_os().next().unwrap_or_else(|| "jalon".into());
        format!("{} --entrepot {}", a_taper(Path::new(&nom)), a_taper(self.entrepot))
    }

    /// Shows a command, and runs it.
    fn lancer(&self, mots: &[OsString]) -> Result<Fin, Erreur> {
        let dits: Vec<String> = mots.iter().map(|mot| a_taper(Path::new(mot))).collect();
        afficher(format!("$ {} {}\n", self.programme(), dits.join(" ")).as_bytes())?;
        let debut = ["jalon".into(), "--entrepot".into(), self.entrepot.into()];
        let mut cli = cli::lire(debut.into_iter().chain(mots.iter().cloned())).map_err(|arret| match arret {
            Arret::Aide(texte) | Arret::Erreur(texte) => Erreur::Demande(texte),
        })?;
        // The key is that of the trial, wherever the others are.
        cli.communes.cle = None;
        cli.communes.departement = None;
        cli.communes.quiet |= self.communes.quiet;
        cli.communes.couleur = self.communes.couleur;
        super::executer(cli)
    }

    /// The NUMDEMRSA of somebody with a story: an entry of the campaign that was oriented too late, alone in
    /// its dossier. Only a department where nobody is has none.
    fn une_personne(&self) -> Result<String, Erreur> {
        let depot = Depot::ouvrir_en_lecture(self.entrepot, None)?;
        let connu = Connu::lire(&depot)?;
        let referentiel = Referentiel::livre()?;
        let periode = campagne(CAMPAGNE, None)?;
        let question = Question { periode, connu_le: None, referentiel: &referentiel };
        let mut tableau = calculer(&connu.histoire, &question);
        tableau.lignes.retain(|l| l.suites.premier_rdv.is_some() && !l.suites.oriente_a_temps());
        tableau.lignes.sort_by_key(|ligne| (ligne.entree.t0, ligne.entree.source));
        let noms = detail::noms(&connu.histoire, &connu.segments.flux, slice::from_ref(&tableau))?;
        for nom in tableau.lignes.iter().filter_map(|ligne| noms.get(&ligne.entree.source)) {
            let designe = Designe::lire(&nom.numdemrsa).map_err(Erreur::Demande)?;
            let trouve = chercher(&connu, &Annuaire::default(), &designe)?;
            if matches!(trouve, Reponse::Une(_)) {
                return Ok(nom.numdemrsa.to_string());
            }
        }
        Err(Erreur::Demande("personne, dans ce département, n'a d'histoire à raconter".to_owned()))
    }
}

/// What can be typed next, each line ready to be pasted.
fn suite(essai: &Essai<'_>, dossier: &Path, numero: &str) -> String {
    let jalon = essai.programme();
    let dans = |nom: &str| a_taper(&dossier.join(nom));
    let commandes = [
        (
            "Le même tableau en rapport à lire dans un navigateur, avec courbes et répartitions",
            format!("indicateurs --campagne {CAMPAGNE} --format html --sortie {}", dans("rapport.html")),
        ),
        (
            "La campagne de juin, qui porte sur les cinq premiers mois de 2022",
            "indicateurs --campagne juin-2022".to_owned(),
        ),
        ("Pourquoi cette personne compte, ou ne compte pas", format!("expliquer {numero}")),
        (
            "Qui convoquer à un rendez-vous d'orientation, le plus urgent d'abord",
            format!("listes a-convoquer --au {DERNIER_JOUR}"),
        ),
        (
            "Les sept listes de travail en classeurs, une feuille par territoire",
            format!("listes toutes --au {DERNIER_JOUR} --format xlsx --sortie {}", dans("listes")),
        ),
        ("Ce que le mois qui vient emporte si rien n'est fait", format!("listes --previsions --au {DERNIER_JOUR}")),
        (
            "Une question à soi, en SQL",
            "analyser 'SELECT categorie, COUNT(*) AS nombre FROM entrees GROUP BY categorie'".to_owned(),
        ),
        ("Les lignes mises de côté, et comment les reprendre", "rejets lister".to_owned()),
        ("Sur quoi reposent les chiffres", format!("qualite --campagne {CAMPAGNE}")),
        ("Le dossier à remettre en mars", format!("campagne preparer {CAMPAGNE} --sortie {}", dans(CAMPAGNE))),
    ];
    let mut out = "\n4. Et maintenant ? Chaque commande se copie telle quelle.\n".to_owned();
    for (quoi, commande) in commandes {
        out.push_str(&format!("\n   {quoi} :\n     {jalon} {commande}\n"));
    }
    out.push_str(&format!(
        "\n5. Le même sans rien taper de plus, dans un navigateur : ouvrez l'adresse que cette commande affiche.\n     {jalon} servir\n\n\
         Quand vous aurez fini : rm -r {}\n",
        a_taper(dossier)
    ));
    out
}
