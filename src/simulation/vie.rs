//! The life of the department: what happens to each foyer, month after month, and what the department does about it.

use chrono::{Datelike as _, NaiveDate};

use super::*;

/// A name, a first name and a birth date, as one number.
fn identite(personne: &Personne, nom: u8) -> u64 {
    let prenom = u64::from(personne.prenom) * 2 + u64::from(personne.femme);
    (personne.naissance as u64) << 16 | prenom << 8 | u64::from(nom)
}

impl<'a> Monde<'a> {
    pub(super) fn nouveau(reglages: &'a Reglages, dossier: &'a Path) -> Self {
        let nb_mois = reglages.nb_mois();
        let mut monde = Monde {
            reglages,
            dossier,
            entrepot: None,
            nb_mois,
            fin: 0,
            personnes: Vec::with_capacity(reglages.personnes * 3 / 2),
            foyers: Vec::with_capacity(reglages.personnes * 3 / 2),
            calendriers: [Calendrier::default(), Calendrier::default()],
            changements: Vec::new(),
            lignes: Vec::new(),
            ids: [0; 5],
            ordres: vec![0; 2 * 100 * 12],
            identites: FxHashSet::default(),
            temoin: Temoin::default(),
            globaux: Vec::new(),
            dernier_numero: 0,
            dernier_fichier: 0,
            bilan: Bilan::default(),
            desordre: reglages.desordre.then(|| desordre::Desordre::nouveau(reglages.graine, dossier)),
        };
        monde.fin = monde.premier(nb_mois) - 1;
        monde.lignes = vec![Vec::new(); monde.trimestre(monde.fin) + 1];
        monde
    }

    pub(super) fn des(&self, quoi: u64, rang: u32) -> Des {
        Des::de(self.reglages.graine, quoi, u64::from(rang))
    }

    /// First day of the month of this rank.
    pub(super) fn premier(&self, mois: u32) -> Jour {
        let rang = self.reglages.du.0 * 12 + self.reglages.du.1 as i32 - 1 + mois as i32;
        jour(rang.div_euclid(12), rang.rem_euclid(12) as u32 + 1, 1)
    }

    /// Calendar quarters since that of the first month; an older day belongs to the first.
    pub(super) fn trimestre(&self, le: Jour) -> usize {
        let rang = |d: NaiveDate| d.year() * 4 + d.month0() as i32 / 3;
        (rang(date(le)) - rang(date(self.premier(0)))).max(0) as usize
    }

    /// The flux that a caisse sends for a month.
    pub(super) fn calendrier(&self, mois: u32, caisse: usize) -> Calendrier {
        let mut des = self.des(0x0CA1_0000 + caisse as u64, mois);
        let dernier = self.premier(mois + 1) - 1;
        let cree = dernier + des.entre(4, 6);
        let heure = 21 * 3600 + des.sous(3600);
        let mensuel = Some(Envoi { dtref: dernier, cree, recu: cree + des.entre(0, 1), heure, genre: 'M' });
        let mut quotidiens = Vec::new();
        if self.reglages.quotidiens {
            for le in self.premier(mois)..=dernier {
                let rang_semaine = (le - 1).rem_euclid(7);
                let prevu = match caisse {
                    CAF if !self.reglages.grand() => rang_semaine == 1 || rang_semaine == 4,
                    CAF => !chome(le),
                    _ if !self.reglages.grand() => rang_semaine == 3 && le / 7 % 2 == 0,
                    _ => rang_semaine == 3,
                };
                // One in a hundred never comes, one in twenty-five comes late.
                if !prevu || des.chance(100) {
                    continue;
                }
                let retard = if des.chance(400) { des.entre(5, 12) } else { des.entre(0, 1) };
                let heure = 4 * 3600 + des.sous(7200);
                quotidiens.push(Envoi { dtref: le, cree: le, recu: le + retard, heure, genre: 'I' });
            }
        }
        Calendrier { quotidiens, mensuel }
    }

    /// A new adult.
    fn naitre(&mut self, des: &mut Des, age_max: i32, le: Jour) -> u32 {
        let femme = des.chance(5_200);
        let naissance = le - des.entre(24 * 365, age_max * 365) - des.entre(0, 300);
        let nom_naissance = des.sous(NOMS.len() as u32) as u8;
        let nom = if femme && des.chance(4_000) { des.sous(NOMS.len() as u32) as u8 } else { nom_naissance };
        let tirage_nir = des.sous(1000);
        let nir_des = if des.chance(80) { le + des.entre(35, 70) } else { 0 };
        let mut personne = Personne {
            nir: 0,
            nir_des,
            naissance,
            foyer: 0,
            suivi: 0,
            entree: 0,
            nom,
            nom_naissance,
            prenom: des.sous(40) as u8,
            femme,
            soumis: des.chance(9_400),
            revenu: des.chance(1_300),
            en_dd: false,
            rembourre: des.chance(300),
            homonyme: false,
        };
        let ancien = le < self.premier(0) && tirage_nir >= 20;
        self.distinguer(&mut personne, ancien);
        let base = self.lieu_et_ordre(&personne);
        let sexe = if personne.femme { 2 } else { 1 };
        personne.nir = match tirage_nir {
            0..12 => 0,
            12..20 => (6 + sexe) * 1_000_000_000_000 + base,
            _ => sexe * 1_000_000_000_000 + base,
        };
        self.personnes.push(personne);
        (self.personnes.len() - 1) as u32
    }

    /// No two people bear the same names and birth date: nothing could tell whom a line without a NIR
    /// names. The birth date is drawn anew, apart from the other draws. In departments of some size, a
    /// few of the initial stock are homonyms all the same: only their NIR designate them.
    fn distinguer(&mut self, personne: &mut Personne, ancien: bool) {
        let rang = self.personnes.len() as u32;
        let mut des = self.des(0x0805_04E5, rang);
        if ancien && self.reglages.grand() && des.chance(20) {
            // Not the one just before, who may be in the same household.
            if let Some(autre) = self.personnes[..rang.saturating_sub(1) as usize].get_mut(des.sous(rang) as usize)
                && autre.nir_employable()
            {
                autre.homonyme = true;
                let Personne { nom, nom_naissance, prenom, femme, naissance, .. } = *autre;
                *personne = Personne { nom, nom_naissance, prenom, femme, naissance, homonyme: true, ..*personne };
                return;
            }
        }
        let noms = |personne: &Personne| [personne.nom, personne.nom_naissance].map(|nom| identite(personne, nom));
        while noms(personne).iter().any(|identite| self.identites.contains(identite)) {
            personne.naissance -= des.entre(1, 365);
        }
        self.identites.extend(noms(personne));
    }

    /// The digits of a NIR after the sex: year and month of birth, a place that does not exist, order.
    fn lieu_et_ordre(&mut self, personne: &Personne) -> u64 {
        let quand = date(personne.naissance);
        let annee = quand.year().rem_euclid(100) as usize;
        let case = (usize::from(personne.femme) * 100 + annee) * 12 + quand.month0() as usize;
        let ordre = u64::from(self.ordres[case]);
        self.ordres[case] += 1;
        // Birth place 99 9xx: 999, then 998 once a month of birth has used its 999 numbers.
        annee as u64 * 10_000_000_000
            + u64::from(quand.month()) * 100_000_000
            + 99_000_000
            + (999 - ordre / 999) * 1000
            + ordre % 999
            + 1
    }

    /// Someone of whom the caisses only know the name keeps to it in another dossier: with a NIR that
    /// came there, they would be somebody else for whoever reads the files.
    fn demenager(&mut self, membre: u32, rang: usize) {
        if self.temoin.connu_sans_nir(membre) {
            self.personnes[membre as usize].nir = 0;
        }
        self.personnes[membre as usize].foyer = rang as u32;
    }

    /// A new dossier for these people.
    fn ouvrir(&mut self, des: &mut Des, caisse: usize, membres: [u32; 2], demande: Jour, etat: u8) -> usize {
        self.dernier_numero += 1;
        let rang = self.foyers.len();
        // Seven digits, even for a whole country.
        let pas = (2_600_000 / self.reglages.personnes.max(1)).clamp(1, 13) as u32;
        for membre in membres.into_iter().filter(|m| *m != PERSONNE) {
            self.demenager(membre, rang);
        }
        let enfants = if membres[1] == PERSONNE { des.part(&[76, 12, 9, 3]) } else { des.part(&[35, 25, 27, 13]) };
        self.foyers.push(Foyer {
            graine: (des.suivant() >> 32) as u32,
            numero: self.dernier_numero,
            precedent: 0,
            matricule: 100_003 + self.dernier_numero * pas + des.sous(pas),
            demande,
            date_etat: demande,
            membres,
            touche: 0,
            caisse: caisse as u8,
            etat,
            motif: des.sous(6) as u8,
            enfants: enfants as u8,
            commune: des.sous(COMMUNES.len() as u32) as u8,
            present: true,
        });
        rang
    }

    /// The initial stock, with the follow-ups it already has.
    pub(super) fn peupler(&mut self) {
        let debut = self.premier(0);
        // With those who came of late, 86 % of whom must be are oriented (DREES, OARSA 2021).
        let orientes = if self.reglages.grand() { 9_600 } else { 8_600 };
        let mut des = self.des(0x0057_0CC0, 0);
        while self.personnes.len() < self.reglages.personnes {
            let anciennete = {
                let tirage = i64::from(des.sous(3500));
                (tirage * tirage / 3500) as i32 + 20
            };
            let etat = [2, 4, 3, 0][des.part(&[890, 55, 25, 30])];
            let anciennete = if etat == 0 { des.entre(5, 50) } else { anciennete };
            let demande = (debut - anciennete).max(debut_du_rsa());
            let dem = self.naitre(&mut des, 62, demande);
            let couple = des.chance(1_900);
            let cjt = if couple { self.naitre(&mut des, 62, demande) } else { PERSONNE };
            let caisse = if des.chance(8_500) { CAF } else { MSA };
            let rang = self.ouvrir(&mut des, caisse, [dem, cjt], demande, etat);
            if etat == 3 || etat == 4 {
                let depuis = if des.chance(2_500) { des.entre(150, 420) } else { des.entre(5, 150) };
                self.foyers[rang].date_etat = (debut - depuis).max(demande);
            }
            for membre in [dem, cjt].into_iter().filter(|m| *m != PERSONNE) {
                let personne = &mut self.personnes[membre as usize];
                personne.nir_des = 0;
                personne.en_dd = etat == 2 && personne.soumis && !personne.revenu;
                if personne.soumis && etat != 0 && anciennete > 60 && des.chance(orientes) {
                    let orientation = demande + des.entre(10, anciennete.min(500) - 15);
                    self.oriente(&mut des, membre, orientation.min(debut - 2), None);
                    if des.chance(500) {
                        let (proposition, ag) = (debut - des.entre(10, 250), des.chance(5_000));
                        self.accompagner(membre, proposition, ag, &mut des);
                    }
                }
            }
        }
    }

    /// One month of everybody's life.
    pub(super) fn vivre(&mut self, mois: u32) {
        let nb = self.foyers.len();
        for rang in 0..nb {
            if u32::from(self.foyers[rang].touche) != mois + 1 {
                let mut des = self.des(0x1000_0000 + rang as u64, mois);
                self.vivre_foyer(rang, mois, &mut des);
            }
        }
        let mut des = self.des(0x0DE3_A4DE, mois);
        let attendus = self.reglages.personnes as u32 * 190;
        let demandes = attendus / 10_000 + u32::from(des.chance(attendus % 10_000));
        for _ in 0..demandes {
            self.demander(mois, &mut des);
        }
    }

    fn au_hasard(&self, mois: u32, des: &mut Des) -> Jour {
        des.entre(self.premier(mois), self.premier(mois + 1) - 1)
    }

    /// A first claim: awaiting a decision for some, open at once for others.
    fn demander(&mut self, mois: u32, des: &mut Des) {
        let le = self.au_hasard(mois, des);
        let dem = self.naitre(des, 55, le);
        let cjt = if des.chance(1_500) { self.naitre(des, 55, le) } else { PERSONNE };
        let caisse = if des.chance(8_500) { CAF } else { MSA };
        let etat = if des.chance(4_500) { 0 } else { 2 };
        let delai = if etat == 2 { des.entre(5, 40) } else { 0 };
        let rang = self.ouvrir(des, caisse, [dem, cjt], le - delai, etat);
        self.changer(rang, mois, le, if etat == 0 { "DEMRSA" } else { "ENTDED" }, des);
    }

    /// At most one change a month for a foyer.
    fn vivre_foyer(&mut self, rang: usize, mois: u32, des: &mut Des) {
        let foyer = self.foyers[rang];
        let le = self.au_hasard(mois, des);
        match (foyer.present, foyer.etat) {
            (false, 5 | 6) => {
                if des.chance(320) && self.personnes[foyer.membres[0] as usize].foyer == rang as u32 {
                    self.revenir(rang, mois, le, des);
                }
            }
            (false, 2) if des.chance(600) => {
                self.foyers[rang].present = true;
                self.changer(rang, mois, le, "REA", des);
            }
            (false, _) => {}
            (true, 0) => match des.sous(100) {
                0..62 => self.etablir(rang, 2, le, mois, "ENTDED", des),
                62..70 => self.etablir(rang, 1, le, mois, "DEMRSA", des),
                _ => {}
            },
            (true, 1 | 5 | 6) => self.foyers[rang].present = false,
            (true, 3 | 4) => match des.sous(100) {
                0..12 => self.etablir(rang, 2, le, mois, "REA", des),
                12..17 => self.radier(rang, 5, des.part(&[6, 1, 3, 1, 1, 1, 1]) as u8, le, mois, des),
                _ => {}
            },
            _ => self.vivre_versable(rang, le, mois, des),
        }
    }

    fn vivre_versable(&mut self, rang: usize, le: Jour, mois: u32, des: &mut Des) {
        let foyer = self.foyers[rang];
        let couple = foyer.membres[1] != PERSONNE;
        match des.sous(10_000) {
            0..150 => {
                let etat = if des.chance(7_000) { 4 } else { 3 };
                self.etablir(rang, etat, le, mois, "SUS", des);
            }
            150..285 => self.radier(rang, 5, des.part(&[6, 2, 1, 2, 1, 1, 1]) as u8, le, mois, des),
            285..305 => self.radier(rang, 6, des.part(&[6, 2, 1, 2]) as u8, le, mois, des),
            305..325 => {
                // No longer sent, and nothing says why.
                self.foyers[rang].present = false;
                self.suivre_membres(rang, 0, mois, des);
            }
            325..350 => self.changer_de_caisse(rang, le, mois, des),
            350..470 if couple => self.separer(rang, le, mois, des),
            350..400 if !couple => {
                let arrivant = self.naitre(des, 50, le);
                self.personnes[arrivant as usize].foyer = rang as u32;
                self.foyers[rang].membres[1] = arrivant;
                self.changer(rang, mois, le, "ENTDED", des);
            }
            400..408 if !couple => self.reunir(rang, le, mois, des),
            _ => self.revenus(rang, le, mois, des),
        }
    }

    /// Income around the threshold, exits towards work, late orientations.
    fn revenus(&mut self, rang: usize, le: Jour, mois: u32, des: &mut Des) {
        let mut change = false;
        for membre in self.foyers[rang].membres.into_iter().filter(|m| *m != PERSONNE) {
            let personne = self.personnes[membre as usize];
            let suivi = personne.suivi > 0 && personne.suivi < le;
            if personne.revenu {
                if des.chance(900) {
                    self.personnes[membre as usize].revenu = false;
                    change = true;
                }
            } else if des.chance(170) {
                self.personnes[membre as usize].revenu = true;
                change = true;
                if suivi && des.chance(3_000) {
                    let motif = des.part(&[4, 7, 2, 2, 1]) as u8;
                    self.finir(membre, le, motif, des);
                }
            } else if suivi && des.chance(40) {
                let motif = des.part(&[1, 2, 1, 3, 2, 0, 0, 3, 2]) as u8;
                self.finir(membre, le, motif, des);
            } else if suivi && des.chance(50) {
                let ag = des.chance(5_000);
                self.accompagner(membre, le, ag, des);
            } else if personne.en_dd && personne.suivi == 0 && des.chance(250) {
                self.oriente(des, membre, le + 3, None);
            }
        }
        if change {
            self.changer(rang, mois, le, "ENTDED", des);
        }
    }

    fn etablir(&mut self, rang: usize, etat: u8, le: Jour, mois: u32, fait: &'static str, des: &mut Des) {
        let avant = self.foyers[rang];
        if matches!(avant.etat, 3 | 4) && etat == 2 && le - avant.date_etat > 365 {
            for membre in avant.membres.into_iter().filter(|m| *m != PERSONNE) {
                self.oublier_suivi(membre, avant.date_etat + 365);
            }
        }
        self.foyers[rang].etat = etat;
        self.foyers[rang].date_etat = le;
        self.changer(rang, mois, le, fait, des);
    }

    /// Closes a dossier; 6 is a closing of an earlier month, found out now.
    fn radier(&mut self, rang: usize, etat: u8, motif: u8, le: Jour, mois: u32, des: &mut Des) {
        let anterieur = if etat == 6 { le - self.premier(mois) + 1 + des.entre(0, 40) } else { 0 };
        self.foyers[rang].motif = motif;
        for membre in self.foyers[rang].membres.into_iter().filter(|m| *m != PERSONNE) {
            let suivi = self.personnes[membre as usize].suivi;
            if suivi > 0 && suivi < le && des.chance(3_500) {
                let motif_fin = des.part(&[1, 1, 0, 0, 0, 2, 6, 1]) as u8;
                self.finir(membre, le, motif_fin, des);
            }
            self.oublier_suivi(membre, le);
        }
        self.etablir(rang, etat, le - anterieur, mois, "RAD", des);
    }

    /// After a radiation: the same dossier opened again, or a new one.
    fn revenir(&mut self, rang: usize, mois: u32, le: Jour, des: &mut Des) {
        let foyer = self.foyers[rang];
        let recent = u32::from(foyer.touche) + 4 > mois;
        let rang = if recent && des.chance(6_000) {
            self.foyers[rang].present = true;
            rang
        } else {
            let caisse = if des.chance(500) { 1 - usize::from(foyer.caisse) } else { usize::from(foyer.caisse) };
            let demande = le - des.entre(5, 30);
            let nouveau = self.ouvrir(des, caisse, foyer.membres, demande, 2);
            self.foyers[nouveau].enfants = foyer.enfants;
            self.foyers[nouveau].commune = foyer.commune;
            self.foyers[nouveau].precedent = foyer.numero;
            nouveau
        };
        for membre in foyer.membres.into_iter().filter(|m| *m != PERSONNE) {
            self.personnes[membre as usize].revenu = des.chance(800);
        }
        self.etablir(rang, 2, le, mois, "ENTDED", des);
    }

    /// From the CAF to the MSA or back: closed there (MUT), open here.
    fn changer_de_caisse(&mut self, rang: usize, le: Jour, mois: u32, des: &mut Des) {
        let ancien = self.foyers[rang];
        self.foyers[rang].motif = MOTIF_MUT;
        self.foyers[rang].etat = 5;
        self.foyers[rang].date_etat = le;
        let nouveau = self.ouvrir(des, 1 - usize::from(ancien.caisse), ancien.membres, ancien.demande, 2);
        self.foyers[nouveau].enfants = ancien.enfants;
        self.foyers[nouveau].commune = ancien.commune;
        if des.chance(5_000) {
            self.foyers[nouveau].numero = ancien.numero;
        }
        self.changer(rang, mois, le, "MUT", des);
        let fin_de_mois = self.premier(mois + 1) - 1;
        self.changer(nouveau, mois, (le + des.entre(0, 8)).min(fin_de_mois), "MUT", des);
    }

    /// The conjoint leaves with a dossier of their own.
    fn separer(&mut self, rang: usize, le: Jour, mois: u32, des: &mut Des) {
        let ancien = self.foyers[rang];
        let partant = ancien.membres[1];
        self.foyers[rang].membres[1] = PERSONNE;
        let etat = if des.chance(4_000) { 0 } else { 2 };
        let nouveau = self.ouvrir(des, usize::from(ancien.caisse), [partant, PERSONNE], le, etat);
        self.foyers[nouveau].precedent = ancien.numero;
        self.changer(rang, mois, le, "SITFAM", des);
        self.changer(nouveau, mois, le, if etat == 0 { "DEMRSA" } else { "ENTDED" }, des);
    }

    /// Someone with a dossier moves into the household: their own dossier is closed (RGD).
    fn reunir(&mut self, rang: usize, le: Jour, mois: u32, des: &mut Des) {
        let autre = des.sous(self.foyers.len() as u32) as usize;
        let venu = self.foyers[autre];
        let libre = autre != rang
            && venu.present
            && venu.etat == 2
            && venu.membres[1] == PERSONNE
            && u32::from(venu.touche) != mois + 1
            && venu.caisse == self.foyers[rang].caisse;
        if !libre {
            return;
        }
        self.foyers[autre].motif = MOTIF_RGD;
        self.foyers[autre].etat = 5;
        self.foyers[autre].date_etat = le;
        self.foyers[rang].membres[1] = venu.membres[0];
        self.demenager(venu.membres[0], rang);
        self.changer(autre, mois, le, "RAD", des);
        self.changer(rang, mois, le, "SITFAM", des);
    }

    /// Records that a dossier changed, chooses the daily that carries it, and draws the consequences.
    fn changer(&mut self, rang: usize, mois: u32, le: Jour, fait_generateur: &'static str, des: &mut Des) {
        self.foyers[rang].touche = (mois + 1) as u16;
        let caisse = self.foyers[rang].caisse;
        let calendrier = &self.calendriers[usize::from(caisse)];
        let mut recu = calendrier.mensuel.map_or(le, |m| m.recu);
        // Some changes are seen in the monthly only.
        if !des.chance(800)
            && let Some(envoi) = calendrier.quotidiens.iter().position(|e| e.dtref > le)
        {
            recu = recu.min(calendrier.quotidiens[envoi].recu);
            self.changements.push(Changement { foyer: rang as u32, envoi: envoi as u16, caisse, fait_generateur });
        }
        self.suivre_membres(rang, recu, mois, des);
    }

    /// Who of a dossier enters droits et devoirs, and what the department does about it.
    fn suivre_membres(&mut self, rang: usize, recu: Jour, mois: u32, des: &mut Des) {
        let foyer = self.foyers[rang];
        for membre in foyer.membres.into_iter().filter(|m| *m != PERSONNE) {
            let personne = &mut self.personnes[membre as usize];
            if personne.foyer != rang as u32 {
                continue;
            }
            let en_dd = foyer.present && foyer.etat == 2 && personne.soumis && !personne.revenu;
            let entre = en_dd && !personne.en_dd && personne.suivi == 0;
            personne.en_dd = en_dd;
            if entre {
                personne.entree = (mois + 1) as u16;
                self.accueillir(membre, recu, des);
            }
        }
    }

    /// Forgets a follow-up opened no later than a day.
    fn oublier_suivi(&mut self, membre: u32, le: Jour) {
        let personne = &mut self.personnes[membre as usize];
        if personne.suivi <= le {
            personne.suivi = 0;
        }
    }

    // -----------------------------------------------------------------------------------------
    // What the department does

    /// An entry: orientation appointments, then, for most, an orientation.
    fn accueillir(&mut self, membre: u32, t0: Jour, des: &mut Des) {
        // About 46 % within three months, some 40 % of them within the month.
        let orientation = match des.sous(100) {
            0..3 => Some(t0 - des.entre(1, 5)),
            3..22 => Some(t0 + des.entre(2, 29)),
            22..48 => Some(t0 + des.entre(30, 90)),
            48..66 => Some(t0 + des.entre(92, 260)),
            _ => None,
        };
        let convoque = des.chance(if orientation.is_some() { 8_000 } else { 6_500 });
        if let Some(orientation) = orientation {
            if convoque && orientation > t0 {
                let rdv = (orientation - des.entre(0, 4)).max(t0 + 1);
                let fixation = (rdv - des.entre(5, 20)).max(t0);
                if rdv - t0 > 30 && des.chance(4_500) {
                    let manque = rdv - des.entre(14, 28);
                    let statut = 2 + des.part(&[6, 1, 2, 1]) as u8;
                    self.convoquer(membre, 0, t0.max(manque - 15), manque, statut, 1, des);
                }
                self.convoquer(membre, 0, fixation, rdv, 1, 1, des);
            }
            self.oriente(des, membre, orientation, Some(t0));
        } else if convoque {
            let fixation = t0 + des.entre(2, 40);
            let statut = 2 + des.part(&[8, 1, 1, 1]) as u8;
            self.convoquer(membre, 0, fixation, fixation + des.entre(8, 25), statut, 1, des);
        }
    }

    /// An appointment; it is first exported as "fixe" when its outcome falls in another quarter.
    #[allow(clippy::too_many_arguments)]
    fn convoquer(
        &mut self,
        membre: u32,
        genre: u8,
        fixation: Jour,
        le: Jour,
        statut: u8,
        organisme: u8,
        des: &mut Des,
    ) {
        let territoire = self.territoire(membre);
        let fait = |statut| Fait::RendezVous { le, fixation, genre, statut, organisme, territoire };
        let saisi = fixation + des.entre(0, 2);
        let issue = le + des.entre(1, 8);
        if self.trimestre(saisi) == self.trimestre(issue) && issue <= self.fin {
            self.noter(membre, issue, fait(statut), des);
        } else {
            let id = self.noter(membre, saisi, fait(0), des);
            self.ajouter(Ligne {
                id,
                saisi: issue,
                personne: membre,
                numero: self.numero(membre),
                annule: false,
                fait: fait(statut),
            });
        }
    }

    /// An orientation and what follows it: first appointment, contract, reinforced support.
    /// `t0` is the reception of the entry, none for the history of the initial stock.
    fn oriente(&mut self, des: &mut Des, membre: u32, le: Jour, t0: Option<Jour>) {
        let organisme = des.part(&PARTS_ORGANISMES) as u8;
        let pe = organisme == 0;
        let parcours = match organisme {
            0 => 0,
            5 | 6 => 1,
            1 => des.part(&[1, 4, 5]) as u8,
            _ => 1 + des.part(&[4, 6]) as u8,
        };
        let dispositif = match des.sous(100) {
            0..15 if !pe => 1,
            0..13 if pe => 2,
            _ => 0,
        };
        let ancienne = le < self.premier(0);
        self.personnes[membre as usize].suivi = le;
        let territoire = self.territoire(membre);
        let mode = des.part(&[6, 2, 2]) as u8;
        let saisi = le + des.entre(0, 9);
        self.noter(membre, saisi, Fait::Orientation { le, organisme, mode, parcours, dispositif, territoire }, des);
        if ancienne && self.premier(0) - le > 700 {
            return;
        }
        if pe {
            if des.chance(5_500) {
                let signature = le + des.entre(5, 40);
                self.noter(
                    membre,
                    signature + des.entre(0, 12),
                    Fait::Cer { le: signature, fin: 0, ppae: true, rang: 0, organisme },
                    des,
                );
            }
        } else {
            if des.chance(8_300) && !ancienne {
                let rdv = le + des.entre(5, 40);
                let fixation = le + des.entre(0, 3);
                let statut = [1, 2, 3, 4, 5][des.part(&[70, 16, 6, 5, 3])];
                let genre = if des.chance(2_500) { 2 } else { 1 };
                self.convoquer(membre, genre, fixation, rdv, statut, organisme, des);
                if statut > 2 {
                    self.convoquer(membre, genre, rdv + 2, rdv + des.entre(10, 25), 1, organisme, des);
                }
            }
            if des.chance(5_000) {
                let en_avance = des.chance(500);
                let delai = des.entre(20, 120);
                let signature = match (en_avance, self.reglages.grand()) {
                    (true, true) => le - 6,
                    // 57 days on average (DREES, OARSA 2017).
                    (false, true) => le + delai - 13,
                    (en_avance, false) => (t0.unwrap_or(le) + delai).max(if en_avance { le - 6 } else { le + 1 }),
                };
                let fin = signature + [182, 365][des.part(&[6, 4])];
                let rang = u8::from(des.chance(8_000));
                self.noter(
                    membre,
                    signature + des.entre(0, 20),
                    Fait::Cer { le: signature, fin, ppae: false, rang, organisme },
                    des,
                );
                if des.chance(4_000) {
                    let suite = fin + des.entre(-10, 30);
                    let fait = Fait::Cer { le: suite, fin: suite + 182, ppae: false, rang: 2, organisme };
                    self.noter(membre, suite + des.entre(0, 20), fait, des);
                }
            }
        }
        if dispositif > 0 && des.chance(8_500) {
            self.accompagner(membre, le + des.entre(0, 15), dispositif == 2, des);
        } else if des.chance(400) {
            self.accompagner(membre, le + des.entre(10, 120), pe, des);
        }
    }

    /// A garantie d'activité or an accompagnement global: proposal, start, end.
    fn accompagner(&mut self, membre: u32, proposition: Jour, ag: bool, des: &mut Des) {
        let nb = (self.reglages.personnes / 400).clamp(8, usize::from(CONSEILLERS)) as u32;
        // Even ranks follow the one, odd ranks the other.
        let conseiller = (des.sous(nb / 2) * 2 + u32::from(ag)) as u16;
        let conseiller = if des.chance(400) { u16::MAX } else { conseiller };
        let debut = proposition + des.entre(4, 45);
        let fin = debut + des.entre(90, 420);
        let fait = |debut, fin, motif| Fait::Accompagnement { proposition, debut, fin, ag, conseiller, motif };
        let propose = proposition + des.entre(0, 6);
        if des.chance(1_200) {
            // Proposed, never started.
            self.noter(membre, propose, fait(0, 0, 0), des);
            return;
        }
        if ag {
            self.globaux.push([proposition, debut, fin]);
        }
        let commence = debut + des.entre(0, 10);
        let premiere = if self.trimestre(propose) == self.trimestre(commence) { commence } else { propose };
        let id = self.noter(membre, premiere, fait(if premiere == commence { debut } else { 0 }, 0, 0), des);
        let numero = self.numero(membre);
        let suite = |saisi, fait| Ligne { id, saisi, personne: membre, numero, annule: false, fait };
        if premiere != commence {
            self.ajouter(suite(commence, fait(debut, 0, 0)));
        }
        let motif = des.part(&[3, 4, 2, 2, 2, 1, 1, 2, 1]) as u8;
        self.ajouter(suite(fin + des.entre(0, 10), fait(debut, fin, motif + 1)));
    }

    /// The end of a follow-up.
    fn finir(&mut self, membre: u32, le: Jour, motif: u8, des: &mut Des) {
        self.noter(membre, le + des.entre(0, 15), Fait::FinSuivi { le, motif }, des);
        self.personnes[membre as usize].suivi = 0;
    }

    /// Exports a new event, now and then corrected or withdrawn later.
    fn noter(&mut self, membre: u32, saisi: Jour, fait: Fait, des: &mut Des) -> u32 {
        let genre = fait.genre();
        self.ids[genre] += 1;
        let id = self.ids[genre];
        let ligne = Ligne { id, saisi, personne: membre, numero: self.numero(membre), annule: false, fait };
        self.ajouter(ligne);
        let repris = saisi + des.entre(5, 70);
        match des.sous(1000) {
            0..25 => {
                let fait = fait.corrige(des);
                self.ajouter(Ligne { saisi: repris, fait, ..ligne });
            }
            25..40 => self.ajouter(Ligne { saisi: repris, annule: true, ..ligne }),
            _ => {}
        }
        id
    }

    fn ajouter(&mut self, ligne: Ligne) {
        if ligne.saisi <= self.fin {
            let trimestre = self.trimestre(ligne.saisi);
            self.lignes[trimestre].push(ligne);
        }
    }

    fn numero(&self, membre: u32) -> u32 {
        self.foyers[self.personnes[membre as usize].foyer as usize].numero
    }

    fn territoire(&self, membre: u32) -> u8 {
        let foyer = self.foyers[self.personnes[membre as usize].foyer as usize];
        COMMUNES[usize::from(foyer.commune)].3 as u8
    }
}
