//! The flux: what each gives of the foyers, and how the caisses write it, in XML and in CSV.

use std::io::Write as _;
use std::path::Path;

use chrono::Datelike as _;

use super::*;
use crate::disque::Fichier;

/// A file being written: Windows-1252, a newline after each element or none.
struct Plume {
    fichier: Fichier,
    tampon: Vec<u8>,
    ecrits: u64,
    saut: &'static [u8],
    /// Booleans as `true`/`false` instead of `1`/`0`.
    lettres: bool,
}

impl Plume {
    fn nouvelle(chemin: &Path, aere: bool, lettres: bool) -> std::io::Result<Self> {
        let saut: &[u8] = if aere { b"\n" } else { b"" };
        Ok(Plume { fichier: Fichier::vide(chemin)?, tampon: Vec::with_capacity(1 << 20), ecrits: 0, saut, lettres })
    }

    /// Hands the buffer over once it is large enough.
    fn pousser(&mut self, au_dela: usize) -> std::io::Result<()> {
        if self.tampon.len() > au_dela {
            self.fichier.write_all(&self.tampon)?;
            self.ecrits += self.tampon.len() as u64;
            self.tampon.clear();
        }
        Ok(())
    }

    fn brut(&mut self, texte: &str) {
        if texte.is_ascii() {
            self.tampon.extend_from_slice(texte.as_bytes());
        } else {
            self.tampon.extend(texte.chars().map(windows_1252));
        }
    }

    fn ouvre(&mut self, nom: &str) {
        self.tampon.push(b'<');
        self.tampon.extend_from_slice(nom.as_bytes());
        self.tampon.push(b'>');
        self.tampon.extend_from_slice(self.saut);
    }

    fn ferme(&mut self, nom: &str) {
        self.tampon.extend_from_slice(b"</");
        self.tampon.extend_from_slice(nom.as_bytes());
        self.tampon.push(b'>');
        self.tampon.extend_from_slice(self.saut);
    }

    fn debut(&mut self, nom: &str) {
        self.tampon.push(b'<');
        self.tampon.extend_from_slice(nom.as_bytes());
        self.tampon.push(b'>');
    }

    fn texte(&mut self, nom: &str, valeur: &str) {
        if valeur.is_empty() {
            self.tampon.push(b'<');
            self.tampon.extend_from_slice(nom.as_bytes());
            self.tampon.extend_from_slice(b" />");
            self.tampon.extend_from_slice(self.saut);
        } else {
            self.debut(nom);
            self.brut(valeur);
            self.ferme(nom);
        }
    }

    fn chiffres(&mut self, valeur: u64, largeur: usize) {
        let mut reste = valeur;
        let debut = self.tampon.len();
        self.tampon.resize(debut + largeur, b'0');
        for place in self.tampon[debut..].iter_mut().rev() {
            *place = b'0' + (reste % 10) as u8;
            reste /= 10;
        }
    }

    fn entier(&mut self, nom: &str, valeur: u64, largeur: usize) {
        self.debut(nom);
        self.chiffres(valeur, largeur);
        self.ferme(nom);
    }

    /// An amount in cents, padded as the caisses do.
    fn montant(&mut self, nom: &str, centimes: u64) {
        self.debut(nom);
        self.chiffres(centimes / 100, 7);
        self.tampon.push(b'.');
        self.chiffres(centimes % 100, 2);
        self.ferme(nom);
    }

    fn jour(&mut self, le: Jour) {
        let quand = date(le);
        self.chiffres(quand.year() as u64, 4);
        self.tampon.push(b'-');
        self.chiffres(u64::from(quand.month()), 2);
        self.tampon.push(b'-');
        self.chiffres(u64::from(quand.day()), 2);
    }

    fn date(&mut self, nom: &str, le: Jour) {
        self.debut(nom);
        self.jour(le);
        self.ferme(nom);
    }

    fn heure(&mut self, secondes: u32) {
        self.chiffres(u64::from(secondes / 3600), 2);
        self.tampon.push(b':');
        self.chiffres(u64::from(secondes / 60 % 60), 2);
        self.tampon.push(b':');
        self.chiffres(u64::from(secondes % 60), 2);
        self.tampon.extend_from_slice(b".0000");
    }

    fn booleen(&mut self, nom: &str, valeur: bool) {
        let texte = match (valeur, self.lettres) {
            (true, true) => "true",
            (true, false) => "1",
            (false, true) => "false",
            (false, false) => "0",
        };
        self.texte(nom, texte);
    }
}

/// The Windows-1252 byte of the characters that the lists above use.
pub(super) fn windows_1252(lettre: char) -> u8 {
    match lettre {
        'Œ' => 0x8C,
        'œ' => 0x9C,
        '’' => 0x92,
        autre => u8::try_from(u32::from(autre)).unwrap_or(b'?'),
    }
}

/// The two digits of a NIR's key.
pub(super) fn cle(nir: u64) -> u64 {
    97 - nir % 97
}

pub(super) const FONORG: [&str; 2] = ["CAF", "MSA"];
pub(super) const NUMORG: [&str; 2] = ["821", "082"];
const APPLIEME: [&str; 2] = ["CRI", "AGO"];
const VERSION: [&str; 2] = ["6200", "0450"];

/// NUMDEMRSA on 11 digits, with a leading zero.
pub(super) fn numdemrsa(numero: u32) -> u64 {
    1_082_000_000 + u64::from(numero) * 7
}

const ENTETE_CSV: &str = "TYPEFLUX;DTREF;DTCREAFLUX;HEUCREAFLUX;FONORG;NUMORG;MATRICULE;NUMDEMRSA;DTDEMRSA;NIR;NOM;NOMNAI;PRENOM;\
                          DTNAI;ROLEPERS;ETATDOSRSA;TOPPERSDRODEVORSA;TOPPERSENTDRODEVORSA;MOTISUSDRORSA;DDSUSDRORSA;\
                          MOTISUSVERSRSA;DDSUSVERSRSA;MOTICLORSA;DTCLORSA;NUMCOM;CODEPOS\n";

/// A flux to be written.
pub(super) struct Flux {
    /// Its name, without an extension.
    pub(super) nom: String,
    pub(super) caisse: usize,
    pub(super) envoi: Envoi,
}

/// A foyer as a flux gives it.
pub(super) struct FoyerEnvoye {
    pub(super) foyer: Foyer,
    pub(super) fiches: Vec<Fiche>,
    /// What made it change, in a daily.
    pub(super) fait: Option<&'static str>,
    /// How many times it is there: twice for a few of them.
    pub(super) fois: u64,
    /// Draws of what nobody reads: amounts, resources.
    des: Des,
}

impl Flux {
    fn type_flux(&self) -> &'static str {
        match self.envoi.genre {
            'M' => "M",
            'R' => "R",
            _ => "I",
        }
    }

    fn ecrire_xml(
        &self,
        dossier: &Path,
        realiste: bool,
        foyers: impl Iterator<Item = FoyerEnvoye>,
    ) -> std::io::Result<Bilan> {
        let chemin = dossier.join(format!("{}.xml", self.nom));
        let mut plume = Plume::nouvelle(&chemin, realiste, self.caisse == MSA)?;
        entete_xml(&mut plume, self);
        let mut ecrits = Bilan { fichiers: 1, ..Bilan::default() };
        for mut envoye in foyers {
            for _ in 0..envoye.fois {
                foyer_xml(&mut plume, &mut envoye, &self.envoi, realiste);
            }
            ecrits.compter(&envoye);
            plume.pousser(1 << 20)?;
        }
        plume.ouvre("TransmissionFlux");
        plume.entier("NBTOTDOSRSATRANSM", ecrits.foyers, 8);
        plume.entier("NBTOTDOSRSATRANSMANO", 0, 8);
        plume.ferme("TransmissionFlux");
        plume.brut("</Racine>\n");
        plume.pousser(0)?;
        Ok(Bilan { octets: plume.ecrits, ..ecrits })
    }

    fn ecrire_csv(&self, dossier: &Path, foyers: impl Iterator<Item = FoyerEnvoye>) -> std::io::Result<Bilan> {
        let mut plume = Plume::nouvelle(&dossier.join(format!("{}.csv", self.nom)), true, false)?;
        plume.brut(ENTETE_CSV);
        let mut ecrits = Bilan { fichiers: 1, ..Bilan::default() };
        for envoye in foyers {
            for _ in 0..envoye.fois {
                foyer_csv(&mut plume, &envoye, self);
            }
            ecrits.compter(&envoye);
            plume.pousser(1 << 20)?;
        }
        plume.pousser(0)?;
        Ok(Bilan { octets: plume.ecrits, ..ecrits })
    }
}

impl Bilan {
    /// Counts a foyer of a flux.
    pub(super) fn compter(&mut self, envoye: &FoyerEnvoye) {
        self.foyers += envoye.fois;
        self.releves += envoye.fois * envoye.fiches.len() as u64;
    }
}

impl Monde<'_> {
    /// The daily flux of a caisse in a month, in the order of their days.
    pub(super) fn ecrire_quotidiens(&mut self, mois: u32, caisse: usize) -> std::io::Result<()> {
        let envois = std::mem::take(&mut self.calendriers[caisse].quotidiens);
        let mut parts: Vec<Vec<Changement>> = vec![Vec::new(); envois.len()];
        for changement in self.changements.iter().filter(|c| usize::from(c.caisse) == caisse) {
            parts[usize::from(changement.envoi)].push(*changement);
        }
        let premier_plein = parts.iter().position(|part| !part.is_empty());
        for (rang, envoi) in envois.iter().enumerate() {
            let part = &parts[rang];
            // Days with nothing to say are rarely sent.
            if part.is_empty() && !self.des(0x0001_DE00 + caisse as u64, envoi.dtref as u32).chance(1_000) {
                continue;
            }
            // In the middle of the span, one daily of the CAF is a catch-up.
            let remarquable = caisse == CAF && premier_plein == Some(rang);
            let rattrapage = remarquable && mois == self.nb_mois / 2;
            let envoi = &Envoi { genre: if rattrapage { 'R' } else { 'I' }, ..*envoi };
            self.ecrire_flux(mois, caisse, *envoi, Some(part))?;
            // One daily of the CAF is sent twice, three days apart. The same content enters a warehouse once.
            if remarquable && mois == 4 && self.entrepot.is_none() {
                self.dernier_fichier -= 1;
                self.ecrire_flux(mois, caisse, Envoi { recu: envoi.recu + 3, ..*envoi }, Some(part))?;
            }
        }
        Ok(())
    }

    pub(super) fn ecrire_mensuel(&mut self, mois: u32, caisse: usize) -> std::io::Result<()> {
        match self.calendriers[caisse].mensuel {
            Some(envoi) => self.ecrire_flux(mois, caisse, envoi, None),
            None => Ok(()),
        }
    }

    /// A whole flux: the changed dossiers of a daily, or the stock of a monthly.
    fn ecrire_flux(
        &mut self,
        mois: u32,
        caisse: usize,
        envoi: Envoi,
        changes: Option<&[Changement]>,
    ) -> std::io::Result<()> {
        self.dernier_fichier += 1;
        let quand = date(envoi.dtref);
        let (genre, jour_nom) = if changes.is_some() { ("RSABEI", quand.day()) } else { ("RSABEM", 0) };
        let nom = format!(
            "{}_rsa.{genre}.{jour_nom:02}{:02}{:04}.A{:02}{:05}",
            date(envoi.recu),
            quand.month(),
            quand.year(),
            [82, 8][caisse],
            self.dernier_fichier,
        );
        let flux = Flux { nom, caisse, envoi };
        let ecrits = match changes {
            Some(changes) => {
                let changes = changes.iter().map(|c| (c.foyer as usize, Some(c.fait_generateur)));
                self.ecrire_foyers(&flux, changes.map(|(rang, fait)| self.envoye(rang, mois, &envoi, fait)))
            }
            None => {
                let stock = (0..self.foyers.len()).filter(|rang| self.est_du_stock(*rang, mois, caisse));
                self.ecrire_foyers(&flux, stock.map(|rang| self.envoye(rang, mois, &envoi, None)))
            }
        }?;
        self.bilan.ajouter(ecrits);
        // The dailies among which one is sent twice are left as they are: both must stay alike.
        let jumeaux = mois == 4 && caisse == CAF && changes.is_some();
        if let Some(desordre) = self.desordre.as_mut().filter(|_| !jumeaux) {
            let (csv, Envoi { cree, recu, .. }) = (self.reglages.forme == Forme::Csv, envoi);
            let nom = format!("{}.{}", flux.nom, self.reglages.forme.nom());
            let foyers = ecrits.foyers;
            desordre.flux(&desordre::Flux { nom: &nom, csv, mensuel: changes.is_none(), cree, recu, foyers })?;
        }
        Ok(())
    }

    fn ecrire_foyers(&self, flux: &Flux, foyers: impl Iterator<Item = FoyerEnvoye>) -> std::io::Result<Bilan> {
        match &self.entrepot {
            Some(entrepot) => entrepot.ecrire_flux(flux, foyers),
            None if self.reglages.forme == Forme::Csv => flux.ecrire_csv(self.dossier, foyers),
            None => flux.ecrire_xml(self.dossier, self.reglages.realiste, foyers),
        }
    }

    fn est_du_stock(&self, rang: usize, mois: u32, caisse: usize) -> bool {
        let foyer = &self.foyers[rang];
        let envoye = foyer.present && (matches!(foyer.etat, 0 | 2..=4) || u32::from(foyer.touche) == mois + 1);
        usize::from(foyer.caisse) == caisse && envoye
    }

    /// One foyer as it is sent.
    fn envoye(&self, rang: usize, mois: u32, envoi: &Envoi, fait: Option<&'static str>) -> FoyerEnvoye {
        let foyer = self.foyers[rang];
        let (mut des, sans_top) = foyer.envoi(mois);
        let fois = if fait.is_none() && des.chance(25) { 2 } else { 1 };
        let mut fiches = Vec::with_capacity(5);
        for (place, membre) in foyer.membres.into_iter().enumerate() {
            if membre != PERSONNE {
                let role = ["DEM", "CJT"][place];
                fiches.push(self.fiche_adulte(&foyer, membre, role, mois, envoi, fait.is_some(), sans_top));
            }
        }
        for enfant in 0..foyer.enfants {
            fiches.push(self.fiche_enfant(&foyer, enfant));
        }
        FoyerEnvoye { foyer, fiches, fait, fois, des }
    }

    #[allow(clippy::too_many_arguments)]
    fn fiche_adulte(
        &self,
        foyer: &Foyer,
        membre: u32,
        role: &'static str,
        mois: u32,
        envoi: &Envoi,
        quotidien: bool,
        sans_top: bool,
    ) -> Fiche {
        let personne = &self.personnes[membre as usize];
        let mut des = Des::de(self.reglages.graine, 0xF1C4E, u64::from(membre));
        let graine = des.suivant();
        let top = match foyer.etat {
            2 if sans_top => None,
            2 => Some(personne.soumis && !personne.revenu),
            3 | 4 => (graine & 1 == 0).then_some(false),
            _ => None,
        };
        // The CNAF's own flag, in dailies only, and not always ours.
        let entre = quotidien && top.is_some();
        let entre = entre.then(|| {
            let entree = u32::from(personne.entree) == mois + 1;
            let erreur = Des::de(graine, 0xE44, u64::from(mois)).chance(500);
            top == Some(true) && entree != erreur
        });
        let nir = if personne.nir == 0 || envoi.dtref < personne.nir_des {
            String::new()
        } else if foyer.caisse == CAF as u8 {
            format!("{:013}", personne.nir)
        } else {
            format!("{:013}{:02}", personne.nir, cle(personne.nir))
        };
        Fiche {
            nom: NOMS[usize::from(personne.nom)],
            nom_naissance: NOMS[usize::from(personne.nom_naissance)],
            prenom: prenom(personne),
            naissance: personne.naissance,
            nir,
            femme: personne.femme,
            role,
            top,
            entre,
            rembourre: personne.rembourre,
            graine,
        }
    }

    /// Children are drawn from their foyer's seed and cost no memory.
    fn fiche_enfant(&self, foyer: &Foyer, rang: u8) -> Fiche {
        let mut des = Des::de(u64::from(foyer.graine), 0xE4F, u64::from(rang));
        let parent = &self.personnes[foyer.membres[0] as usize];
        let femme = des.chance(4_900);
        let prenoms = if femme { &PRENOMS_F } else { &PRENOMS_H };
        let nom = NOMS[usize::from(parent.nom)];
        Fiche {
            nom,
            nom_naissance: nom,
            prenom: prenoms[des.sous(40) as usize],
            naissance: foyer.demande.max(jour(2016, 1, 1)) - des.entre(10, 15 * 365),
            nir: String::new(),
            femme,
            role: "ENF",
            top: None,
            entre: None,
            rembourre: false,
            graine: des.suivant(),
        }
    }
}

pub(super) fn prenom(personne: &Personne) -> &'static str {
    let prenoms = if personne.femme { &PRENOMS_F } else { &PRENOMS_H };
    prenoms[usize::from(personne.prenom)]
}

fn entete_xml(plume: &mut Plume, flux: &Flux) {
    let Flux { caisse, envoi, .. } = flux;
    plume.brut("<?xml version=\"1.0\" encoding=\"windows-1252\"?>\n");
    plume.brut("<Racine>");
    plume.brut(if plume.saut.is_empty() { "" } else { "\n" });
    plume.ouvre("IdentificationFlux");
    plume.texte("APPLIEME", APPLIEME[*caisse]);
    plume.texte("NUMVERSIONAPPLIEME", VERSION[*caisse]);
    plume.texte("TYPEFLUX", flux.type_flux());
    plume.texte("NATFLUX", "D");
    plume.date("DTCREAFLUX", envoi.cree);
    plume.debut("HEUCREAFLUX");
    plume.heure(envoi.heure);
    plume.ferme("HEUCREAFLUX");
    plume.date("DTREF", envoi.dtref);
    plume.ferme("IdentificationFlux");
    if plume.saut.is_empty() {
        plume.brut("\n");
    }
}

/// The motive of a suspension, from a foyer's seed.
fn motif_suspension(foyer: &Foyer) -> &'static str {
    ["01", "05", "09", "31"][(foyer.graine % 4) as usize]
}

fn foyer_csv(plume: &mut Plume, envoye: &FoyerEnvoye, flux: &Flux) {
    let FoyerEnvoye { foyer, fiches, .. } = envoye;
    let Flux { caisse, envoi, .. } = flux;
    let commune = COMMUNES[usize::from(foyer.commune)];
    for fiche in fiches {
        plume.brut(flux.type_flux());
        plume.brut(";");
        plume.jour(envoi.dtref);
        plume.brut(";");
        plume.jour(envoi.cree);
        plume.brut(";");
        plume.heure(envoi.heure);
        for texte in [";", FONORG[*caisse], ";", NUMORG[*caisse], ";"] {
            plume.brut(texte);
        }
        plume.chiffres(u64::from(foyer.matricule), 15);
        plume.brut(";");
        plume.chiffres(numdemrsa(foyer.numero), 11);
        plume.brut(";");
        plume.jour(foyer.demande);
        for texte in [";", &fiche.nir, ";", fiche.nom, ";", fiche.nom_naissance, ";", fiche.prenom, ";"] {
            plume.brut(texte);
        }
        plume.jour(fiche.naissance);
        for texte in [";", fiche.role, ";"] {
            plume.brut(texte);
        }
        plume.chiffres(u64::from(foyer.etat), 1);
        for top in [fiche.top, fiche.entre] {
            plume.brut(top.map_or(";", |top| if top { ";1" } else { ";0" }));
        }
        for etat in [3, 4] {
            if foyer.etat == etat {
                plume.brut(";");
                plume.brut(motif_suspension(foyer));
                plume.brut(";");
                plume.jour(foyer.date_etat);
            } else {
                plume.brut(";;");
            }
        }
        if foyer.etat >= 5 {
            plume.brut(";");
            plume.brut(MOTIFS_CLOTURE[usize::from(foyer.motif)]);
            plume.brut(";");
            plume.jour(foyer.date_etat);
        } else {
            plume.brut(";;");
        }
        for texte in [";", commune.0, ";", commune.1, "\n"] {
            plume.brut(texte);
        }
    }
}

fn foyer_xml(plume: &mut Plume, envoye: &mut FoyerEnvoye, envoi: &Envoi, realiste: bool) {
    let FoyerEnvoye { foyer, fiches, fait, des, .. } = envoye;
    let (foyer, fiches) = (&*foyer, &fiches[..]);
    let caisse = usize::from(foyer.caisse);
    plume.ouvre("InfosFoyerRSA");
    plume.ouvre("IdentificationRSA");
    plume.ouvre("Organisme");
    plume.texte("FONORG", FONORG[caisse]);
    plume.texte("NUMORG", NUMORG[caisse]);
    plume.entier("MATRICULE", u64::from(foyer.matricule), 15);
    plume.ferme("Organisme");
    plume.ouvre("Partenaire");
    plume.texte("TYPEPARTE", "CG ");
    plume.texte("IDEPARTE", "082");
    plume.ferme("Partenaire");
    plume.ouvre("DemandeRSA");
    plume.date("DTDEMRSA", foyer.demande);
    plume.entier("NUMDEMRSA", numdemrsa(foyer.numero), 11);
    plume.ferme("DemandeRSA");
    if foyer.etat == 5 && foyer.motif == MOTIF_MUT {
        plume.ouvre("OrganismePrenant");
        plume.texte("FONORGPRENMUT", FONORG[1 - caisse]);
        plume.texte("NUMORGPRENMUT", NUMORG[1 - caisse]);
        plume.date("DDDEPAMUT", foyer.date_etat);
        plume.ferme("OrganismePrenant");
    }
    plume.ferme("IdentificationRSA");
    for fiche in fiches {
        personne_xml(plume, foyer, fiche, fiches, envoi, realiste, des);
    }
    administratif_xml(plume, foyer, fiches, realiste);
    prestation_xml(plume, foyer, fiches, envoi, realiste, des);
    if let Some(fait) = fait {
        plume.ouvre("Evenement");
        plume.date("DTLIQ", envoi.dtref - 1);
        plume.debut("HEULIQ");
        plume.heure(9 * 3600 + foyer.graine % 28_800);
        plume.ferme("HEULIQ");
        plume.texte("FG", fait);
        plume.ferme("Evenement");
    }
    plume.ferme("InfosFoyerRSA");
    if plume.saut.is_empty() {
        plume.brut("\n");
    }
}

fn personne_xml(
    plume: &mut Plume,
    foyer: &Foyer,
    fiche: &Fiche,
    fiches: &[Fiche],
    envoi: &Envoi,
    realiste: bool,
    des: &mut Des,
) {
    let adulte = fiche.role != "ENF";
    plume.ouvre("Personne");
    plume.ouvre("Identification");
    if realiste {
        plume.texte("QUAL", if fiche.femme { "MME" } else { "MR " });
    }
    for (nom, valeur) in [("NOM", fiche.nom), ("NOMNAI", fiche.nom_naissance), ("PRENOM", fiche.prenom)] {
        plume.debut(nom);
        plume.brut(valeur);
        plume.brut(if fiche.rembourre { "   " } else { "" });
        plume.ferme(nom);
    }
    plume.texte("NOMCOMNAI", if realiste { LIEUX[(fiche.graine % 6) as usize] } else { "" });
    plume.date("DTNAI", fiche.naissance);
    plume.texte("TYPEDTNAI", if fiche.graine.is_multiple_of(331) { "J" } else { "N" });
    if !fiche.nir.is_empty() {
        plume.texte("NIR", &fiche.nir);
    }
    if realiste {
        plume.booleen("TOPVALIEC", !fiche.nir.is_empty());
    }
    plume.texte("SEXE", if fiche.femme { "2" } else { "1" });
    plume.ferme("Identification");
    plume.ouvre("DossierCAF");
    plume.booleen("TOPRESPDOS", fiche.role == "DEM");
    plume.date("DDRATDOS", foyer.demande);
    if foyer.precedent > 0 && fiche.role == "DEM" {
        plume.entier("NUMDEMRSAPRECE", numdemrsa(foyer.precedent), 11);
    }
    plume.ferme("DossierCAF");
    // The two blocks come in either order; the roles differ for some.
    let prestations = if fiche.graine & 2 == 0 { ["PFA", "RSA"] } else { ["RSA", "PFA"] };
    for prestation in prestations {
        let role =
            if prestation == "PFA" && fiche.role == "CJT" && fiche.graine & 28 == 0 { "DEM" } else { fiche.role };
        plume.ouvre("Prestations");
        plume.texte("NATPREST", prestation);
        plume.texte("ROLEPERS", role);
        plume.booleen("TOPCHAPERS", prestation == "RSA");
        plume.ferme("Prestations");
    }
    if realiste
        && !adulte
        && fiche.graine & 1 == 0
        && let Some(parent) = fiches.first()
    {
        plume.ouvre("Rattachement");
        plume.texte("NOMNAI", parent.nom_naissance);
        plume.texte("PRENOM", parent.prenom);
        plume.date("DTNAI", parent.naissance);
        if !parent.nir.is_empty() {
            plume.texte("NIR", &parent.nir);
        }
        plume.texte("TYPEPAR", "LEG");
        plume.ferme("Rattachement");
    }
    if realiste && adulte {
        ressources_xml(plume, fiche, envoi, des);
    }
    if let Some(top) = fiche.top {
        plume.ouvre("MontantCalculDroitRSAPersonne");
        plume.booleen("TOPPERSDRODEVORSA", top);
        if let Some(entre) = fiche.entre {
            plume.booleen("TOPPERSENTDRODEVORSA", entre);
        }
        if realiste {
            plume.montant("MTPERSRESSMENRSA", u64::from(des.sous(60_000)));
        }
        plume.ferme("MontantCalculDroitRSAPersonne");
    }
    if realiste && adulte {
        activites_xml(plume, fiche, envoi);
    }
    plume.ferme("Personne");
}

/// Registration with Pôle emploi and the resources of the reference quarter.
fn ressources_xml(plume: &mut Plume, fiche: &Fiche, envoi: &Envoi, des: &mut Des) {
    if !fiche.graine.is_multiple_of(3) {
        plume.ouvre("DossierPoleEmploi");
        plume.debut("IDASSEDIC");
        plume.chiffres(fiche.graine % 10_000_000, 7);
        plume.brut("Z");
        plume.ferme("IDASSEDIC");
        plume.ferme("DossierPoleEmploi");
    }
    let fin = date(envoi.dtref);
    // Whole months, the latest two months before the reference one.
    let mois = |recul: i32| {
        let rang = fin.year() * 12 + fin.month0() as i32 - recul;
        jour(rang.div_euclid(12), rang.rem_euclid(12) as u32 + 1, 1)
    };
    plume.ouvre("Ressources");
    plume.ouvre("GeneraliteRessourcesTrimestre");
    let nulles = fiche.graine % 5 < 2;
    plume.booleen("TOPRESSNUL", nulles);
    plume.date("DDRESS", mois(4));
    plume.date("DFRESS", mois(1) - 1);
    plume.ferme("GeneraliteRessourcesTrimestre");
    for recul in if nulles { &[][..] } else { &[4, 3, 2][..] } {
        plume.ouvre("RessourcesMensuelles");
        plume.ouvre("GeneraliteRessourcesMensuelles");
        plume.date("MOISRESS", mois(*recul));
        plume.texte("NBHEUMENTRA", "000");
        plume.ferme("GeneraliteRessourcesMensuelles");
        for nature in ["001", "010", "044"].iter().take(1 + usize::from(fiche.graine.is_multiple_of(8))) {
            plume.ouvre("DetailRessourcesMensuelles");
            plume.texte("NATRESS", nature);
            let montant = if fiche.top == Some(true) { des.sous(49_000) } else { 50_000 + des.sous(90_000) };
            plume.montant("MTNATRESSMEN", u64::from(montant));
            plume.ferme("DetailRessourcesMensuelles");
        }
        plume.ferme("RessourcesMensuelles");
    }
    plume.ferme("Ressources");
}

fn activites_xml(plume: &mut Plume, fiche: &Fiche, envoi: &Envoi) {
    let depuis = envoi.dtref - 40 - (fiche.graine % 300) as i32;
    if fiche.graine % 5 < 2 {
        plume.ouvre("Activite");
        plume.texte("REG", "GE");
        plume.texte("ACT", "SAL");
        plume.date("DDACT", depuis - 90);
        plume.date("DFACT", depuis - 1);
        plume.texte("NATCONTRTRA", "CDD");
        plume.ferme("Activite");
    }
    plume.ouvre("Activite");
    plume.texte("REG", if fiche.graine.is_multiple_of(11) { "AG" } else { "GE" });
    plume.texte("ACT", if fiche.top == Some(true) { "CHO" } else { "SAL" });
    plume.date("DDACT", depuis);
    plume.ferme("Activite");
}

fn administratif_xml(plume: &mut Plume, foyer: &Foyer, fiches: &[Fiche], realiste: bool) {
    let (numcom, codepos, nomcom, _) = COMMUNES[usize::from(foyer.commune)];
    let couple = fiches.iter().any(|f| f.role == "CJT");
    plume.ouvre("DonneesAdministratives");
    plume.ouvre("SituationFamille");
    plume.texte("SITFAM", if couple { "VIM" } else { "CEL" });
    plume.date("DDSITFAM", foyer.demande);
    if realiste {
        plume.texte("REGAGRIFAM", if foyer.caisse == MSA as u8 { "AG" } else { "SA" });
    }
    plume.ferme("SituationFamille");
    let ancienne = realiste && foyer.graine.is_multiple_of(8);
    for rang in if ancienne { &["01", "02"][..] } else { &["01"][..] } {
        plume.ouvre("Adresse");
        plume.ouvre("TroncCommunAdresse");
        plume.texte("RGADR", rang);
        if realiste {
            plume.date("DTEMM", foyer.demande - if *rang == "01" { 100 } else { 2_000 });
        }
        plume.texte("PAYS", "FRA");
        plume.texte("TYPEADR", "D");
        plume.texte("ETATADR", "CO");
        plume.ferme("TroncCommunAdresse");
        plume.ouvre("AdresseDetailleeFrance");
        let (type_voie, voie) = VOIES[((foyer.graine >> 8) % 6) as usize];
        plume.texte("COMPLIDEADR", "");
        plume.texte("COMPLADR", if foyer.graine.is_multiple_of(7) { "APPT 12" } else { "" });
        if realiste {
            plume.entier("NUMVOIE", u64::from(foyer.graine >> 16) % 90 + 1, 2);
        } else {
            plume.texte("NUMVOIE", "");
        }
        plume.texte("LIBTYPEVOIE", if realiste { type_voie } else { "" });
        plume.texte("NOMVOIE", if realiste { voie } else { "" });
        plume.texte("LIEUDIST", "");
        plume.texte("NUMCOM", numcom);
        plume.texte("CODEPOS", codepos);
        plume.texte("NOMCOM", nomcom);
        plume.ferme("AdresseDetailleeFrance");
        plume.ferme("Adresse");
    }
    plume.ferme("DonneesAdministratives");
}

fn prestation_xml(plume: &mut Plume, foyer: &Foyer, fiches: &[Fiche], envoi: &Envoi, realiste: bool, des: &mut Des) {
    plume.ouvre("PrestationRSA");
    plume.ouvre("SituationDossierRSA");
    plume.ouvre("EtatDossierRSA");
    plume.entier("ETATDOSRSA", u64::from(foyer.etat), 1);
    plume.ferme("EtatDossierRSA");
    match foyer.etat {
        1 => {
            plume.ouvre("Refus");
            plume.date("DTREFURSA", foyer.date_etat);
            plume.texte("MOTIREFURSA", "F02");
            plume.ferme("Refus");
        }
        3 => {
            plume.ouvre("SuspensionDroit");
            plume.texte("MOTISUSDRORSA", motif_suspension(foyer));
            plume.date("DDSUSDRORSA", foyer.date_etat);
            plume.ferme("SuspensionDroit");
        }
        4 => {
            plume.ouvre("SuspensionVersement");
            plume.texte("MOTISUSVERSRSA", motif_suspension(foyer));
            plume.date("DDSUSVERSRSA", foyer.date_etat);
            plume.ferme("SuspensionVersement");
        }
        5 | 6 => {
            let bloc = if foyer.etat == 5 { "FinDroit" } else { "FinDroitMoisAnterieur" };
            plume.ouvre(bloc);
            plume.texte("MOTICLORSA", MOTIFS_CLOTURE[usize::from(foyer.motif)]);
            plume.date("DTCLORSA", foyer.date_etat);
            plume.ferme(bloc);
        }
        _ => {}
    }
    plume.ferme("SituationDossierRSA");
    plume.ouvre("DetailDroitRSA");
    plume.ouvre("TroncCommunDroitRSA");
    plume.booleen("TOPSANSDOMFIXE", false);
    if realiste {
        plume.entier("NBENFAUTCHA", u64::from(foyer.enfants), 2);
    }
    plume.texte("ORIDEMRSA", "DEM");
    if realiste {
        plume.date("DTORIDEMRSA", foyer.demande);
        plume.booleen("TOPFOYDRODEVORSA", fiches.iter().any(|f| f.top == Some(true)));
    }
    plume.ferme("TroncCommunDroitRSA");
    if realiste && foyer.etat == 2 {
        let quand = date(envoi.dtref);
        let depuis = jour(quand.year(), quand.month(), 1);
        let verse = u64::from(20_000 + des.sous(60_000));
        plume.ouvre("MontantsCalculDroitRSA");
        plume.date("DDELECAL", depuis);
        plume.montant("MTREVMINIGARARSA", 56_534);
        plume.montant("MTREVGARARSA", 56_534);
        plume.montant("MTRESSMENRSA", u64::from(des.sous(40_000)));
        plume.montant("MTTOTDRORSA", verse);
        plume.ferme("MontantsCalculDroitRSA");
        plume.ouvre("DetailCalculDroitRSA");
        plume.texte("NATPF", "RSD");
        plume.texte("SOUSNATPF", "RSDN1");
        plume.date("DDNATDRO", depuis);
        plume.montant("MTRSAVERS", verse);
        plume.date("DTDERRSAVERS", depuis + 4);
        plume.ferme("DetailCalculDroitRSA");
    }
    plume.ferme("DetailDroitRSA");
    plume.ferme("PrestationRSA");
}
