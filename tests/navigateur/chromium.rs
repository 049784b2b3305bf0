//! A Chromium without a window, driven through its own protocol: one JSON message after another on a
//! pair of pipes, each ended by a null byte. Nothing listens on the network.

#![allow(dead_code, reason = "each test program uses its part")]

use std::fs::{File, OpenOptions};
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use base64::Engine as _;
use serde_json::{Value, json};
use tempfile::TempDir;

/// A browser with one page; killed when it is dropped.
pub struct Chromium {
    enfant: Child,
    vers: File,
    depuis: BufReader<File>,
    session: Option<String>,
    /// Messages sent.
    envoyes: u64,
    /// What the page told by itself, in order.
    evenements: Vec<Value>,
    _profil: TempDir,
}

fn programme() -> PathBuf {
    let chemins = std::env::var_os("PATH").unwrap_or_default();
    let noms = ["chromium", "chromium-browser", "google-chrome"];
    let mut trouves =
        std::env::split_paths(&chemins).flat_map(|dossier| noms.map(|nom| dossier.join(nom))).filter(|c| c.is_file());
    trouves.next().expect("Chromium is missing: install chromium")
}

impl Chromium {
    pub fn new(lieu: &Path) -> Self {
        let profil = tempfile::tempdir_in(lieu).unwrap();
        let tubes = ["vers", "depuis"].map(|nom| profil.path().join(nom));
        assert!(Command::new("mkfifo").args(&tubes).status().unwrap().success());
        let mut commande = Command::new("sh");
        commande.args(["-c", "vers=$1; depuis=$2; shift 2; exec \"$@\" 3<\"$vers\" 4>\"$depuis\"", "sh"]);
        commande.args(&tubes).arg(programme());
        commande.args(["--headless", "--remote-debugging-pipe", "--disable-gpu", "--disable-dev-shm-usage"]);
        commande.args(["--no-first-run", "--disable-background-networking", "--disable-component-update"]);
        // The pages are ours, and the sandbox refuses to run as root.
        commande.args(["--no-sandbox", "--hide-scrollbars"]);
        commande.arg(format!("--user-data-dir={}", profil.path().join("profil").display()));
        let enfant = commande.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let vers = OpenOptions::new().write(true).open(&tubes[0]).unwrap();
        let depuis = BufReader::new(File::open(&tubes[1]).unwrap());
        let mut chromium =
            Self { enfant, vers, depuis, session: None, envoyes: 0, evenements: Vec::new(), _profil: profil };
        let cible = chromium.dire("Target.createTarget", json!({"url": "about:blank"}))["targetId"].clone();
        let session = chromium.dire("Target.attachToTarget", json!({"targetId": cible, "flatten": true}));
        chromium.session = Some(session["sessionId"].as_str().unwrap().to_owned());
        for domaine in ["Page", "Network", "Runtime", "Log"] {
            chromium.dire(&format!("{domaine}.enable"), json!({}));
        }
        chromium
    }

    /// The next message; the browser has gone when there is none.
    fn ecouter(&mut self) -> Value {
        let mut message = Vec::new();
        self.depuis.read_until(0, &mut message).unwrap();
        assert_eq!(message.pop(), Some(0), "Chromium stopped");
        serde_json::from_slice(&message).unwrap()
    }

    /// Sends an order, and gives what is answered.
    fn dire(&mut self, ordre: &str, parametres: Value) -> Value {
        self.envoyes += 1;
        let mut message = json!({"id": self.envoyes, "method": ordre, "params": parametres});
        if let Some(session) = &self.session {
            message["sessionId"] = json!(session);
        }
        let mut octets = serde_json::to_vec(&message).unwrap();
        octets.push(0);
        self.vers.write_all(&octets).unwrap();
        loop {
            let mut recu = self.ecouter();
            if recu["id"] == self.envoyes {
                assert!(recu.get("error").is_none(), "{ordre}: {recu}");
                return recu["result"].take();
            }
            self.evenements.push(recu);
        }
    }

    /// Opens a page, and waits until it is there.
    pub fn ouvrir(&mut self, page: &Path, largeur: u32, media: &str) {
        self.regarder(largeur, media);
        self.aller(&format!("file://{}", page.display()));
    }

    /// On what screen, or paper, what follows is looked at.
    pub fn regarder(&mut self, largeur: u32, media: &str) {
        let taille = json!({"width": largeur, "height": 900, "deviceScaleFactor": 1, "mobile": false});
        self.dire("Emulation.setDeviceMetricsOverride", taille);
        self.dire("Emulation.setEmulatedMedia", json!({"media": media}));
    }

    /// Goes to an address, and waits until the page is there.
    pub fn aller(&mut self, adresse: &str) {
        self.suivre(|navigateur| {
            navigateur.dire("Page.navigate", json!({"url": adresse}));
        });
    }

    /// Does what leads to another page, and waits until it is there.
    pub fn suivre(&mut self, faire: impl FnOnce(&mut Self)) {
        let vus = self.evenements.len();
        faire(self);
        while !self.evenements[vus..].iter().any(|evenement| evenement["method"] == "Page.loadEventFired") {
            let recu = self.ecouter();
            self.evenements.push(recu);
        }
    }

    /// Whether pages may run scripts; what the test evaluates always may.
    pub fn scripts(&mut self, permis: bool) {
        self.dire("Emulation.setScriptExecutionDisabled", json!({"value": !permis}));
    }

    /// Clicks, as the mouse does, on the first element that a CSS selector and a text tell.
    pub fn cliquer(&mut self, selecteur: &str, texte: &str) {
        let place = self.evaluer(&format!(
            "(() => {{ const e = [...document.querySelectorAll({})].find(e => e.textContent.includes({}));\
             if (!e) return null; e.scrollIntoView({{block: 'center'}}); const r = e.getClientRects()[0];\
             return [r.x + r.width / 2, r.y + r.height / 2]; }})()",
            json!(selecteur),
            json!(texte)
        ));
        assert!(place.is_array(), "no {selecteur} says {texte}");
        self.suivre(|navigateur| {
            for genre in ["mousePressed", "mouseReleased"] {
                let souris = json!({"type": genre, "x": place[0], "y": place[1], "button": "left", "clickCount": 1});
                navigateur.dire("Input.dispatchMouseEvent", souris);
            }
        });
    }

    /// Lets the test's own script through the policy of the pages. It holds for the pages to come.
    pub fn sans_csp(&mut self) {
        self.dire("Page.setBypassCSP", json!({"enabled": true}));
    }

    /// Presses the key that follows a link.
    pub fn entrer(&mut self) {
        for genre in ["keyDown", "keyUp"] {
            let touche =
                json!({"type": genre, "key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 13, "text": "\r"});
            self.dire("Input.dispatchKeyEvent", touche);
        }
    }

    /// Presses a key that types nothing.
    pub fn touche(&mut self, nom: &str, code: u32) {
        for genre in ["rawKeyDown", "keyUp"] {
            let touche = json!({"type": genre, "key": nom, "code": nom, "windowsVirtualKeyCode": code});
            self.dire("Input.dispatchKeyEvent", touche);
        }
    }

    /// The value of an expression, once it is settled.
    pub fn evaluer(&mut self, expression: &str) -> Value {
        let demande = json!({"expression": expression, "awaitPromise": true, "returnByValue": true});
        let mut dit = self.dire("Runtime.evaluate", demande);
        assert!(dit.get("exceptionDetails").is_none(), "{dit}");
        dit["result"]["value"].take()
    }

    /// What was said on the console, by the page or about it.
    pub fn plaintes(&self) -> Vec<Value> {
        let dites = ["Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded"];
        self.evenements.iter().filter(|e| dites.iter().any(|nom| e["method"] == *nom)).cloned().collect()
    }

    /// Every address that the page asked for.
    pub fn demandes(&self) -> Vec<String> {
        let envois = self.evenements.iter().filter(|e| e["method"] == "Network.requestWillBeSent");
        envois.map(|e| e["params"]["request"]["url"].as_str().unwrap().to_owned()).collect()
    }

    fn octets(donnees: &Value) -> Vec<u8> {
        base64::engine::general_purpose::STANDARD.decode(donnees.as_str().unwrap()).unwrap()
    }

    /// The whole page as a picture.
    pub fn image(&mut self) -> Vec<u8> {
        Self::octets(&self.dire("Page.captureScreenshot", json!({"captureBeyondViewport": true}))["data"])
    }

    /// The page as a picture, from the top of an element on.
    pub fn depuis(&mut self, selecteur: &str, largeur: u32, hauteur: u32) -> Vec<u8> {
        let y =
            self.evaluer(&format!("document.querySelector({}).getBoundingClientRect().y + scrollY", json!(selecteur)));
        let cadre = json!({"x": 0, "y": y, "width": largeur, "height": hauteur, "scale": 1});
        let demande = json!({"clip": cadre, "captureBeyondViewport": true});
        Self::octets(&self.dire("Page.captureScreenshot", demande)["data"])
    }

    /// The page as it prints.
    pub fn imprimer(&mut self) -> Vec<u8> {
        let demande = json!({"preferCSSPageSize": true, "printBackground": true});
        Self::octets(&self.dire("Page.printToPDF", demande)["data"])
    }
}

impl Drop for Chromium {
    fn drop(&mut self) {
        let _ = self.enfant.kill();
        let _ = self.enfant.wait();
    }
}
