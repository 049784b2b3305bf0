//! Who may ask for a page: whoever has the link that the terminal shows, from this machine, in a
//! browser that no other site leads here.
//!
//! The link holds a token. It is exchanged at once for a cookie, so that it stays neither in the
//! address bar nor in the history. A page of another site cannot send the cookie (SameSite), nor make
//! its own name lead here (Host, against DNS rebinding), nor show our pages inside its own (CSP).

use std::sync::Arc;

use askama::Template;
use axum::extract::{Request, State};
use axum::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use axum::http::{Method, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::reponse::html;

/// Where somebody is looked for: the one form that is sent, and not asked.
const RECHERCHE: &str = "/personne";

/// The headers of every answer.
const ENTETES: [(HeaderName, &str); 7] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    ),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::CACHE_CONTROL, "no-store"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

/// Adds the headers of every answer.
pub(super) async fn entetes(mut reponse: Response) -> Response {
    for (nom, valeur) in ENTETES {
        reponse.headers_mut().insert(nom, HeaderValue::from_static(valeur));
    }
    reponse
}

/// What opens the pages of this run.
pub(super) struct Acces {
    port: u16,
    jeton: String,
    session: String,
}

/// What becomes of a request.
#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    /// It is answered.
    Passe,
    /// It shows the token: the cookie is given.
    Ouvre,
    /// It is refused.
    Refuse(StatusCode, &'static str),
}

const METHODE: &str = "Ces pages se lisent, rien ne s'y écrit : cette demande n'a pas lieu d'être.";
const HOTE: &str =
    "Cette adresse n'est pas celle que le terminal affiche. Ouvrez le lien affiché par « jalon servir », tel quel.";
const AUTRE_SITE: &str =
    "Cette demande vient d'un autre site. Copiez le lien affiché par « jalon servir » dans la barre d'adresse.";
const JETON: &str =
    "Ce lien n'est plus bon : chaque lancement de « jalon servir » a le sien. Ouvrez celui que le terminal affiche.";
const COOKIE: &str = "Ces pages montrent des données personnelles : elles ne s'ouvrent que par le lien affiché dans le terminal où « jalon servir » a été lancé. Ouvrez ce lien dans ce navigateur.";

impl Acces {
    /// Draws the token and the session of a run.
    ///
    /// # Errors
    /// The system gives no random bytes.
    pub(super) fn nouveau(port: u16) -> Result<Self, getrandom::Error> {
        Ok(Self { port, jeton: secret()?, session: secret()? })
    }

    /// The link that opens the pages.
    pub(super) fn adresse(&self) -> String {
        format!("http://127.0.0.1:{}/?jeton={}", self.port, self.jeton)
    }

    /// Its name holds the port: browsers send a cookie to every port of a machine.
    fn cookie(&self) -> String {
        format!("jalon-{}", self.port)
    }

    /// What a browser of this machine calls us. It leaves out the port that goes without saying.
    fn hotes(&self) -> [String; 2] {
        let port = if self.port == 80 { String::new() } else { format!(":{}", self.port) };
        ["127.0.0.1", "localhost"].map(|hote| format!("{hote}{port}"))
    }

    fn juger(&self, methode: &Method, adresse: &Uri, entetes: &HeaderMap) -> Verdict {
        // The one form whose fields must not stand in an address.
        let recherche = *methode == Method::POST && adresse.path() == RECHERCHE;
        if !recherche && !matches!(*methode, Method::GET | Method::HEAD) {
            return Verdict::Refuse(StatusCode::METHOD_NOT_ALLOWED, METHODE);
        }
        let hotes = self.hotes();
        if !seul(entetes, &header::HOST).is_some_and(|hote| hotes.iter().any(|notre| notre == hote)) {
            return Verdict::Refuse(StatusCode::FORBIDDEN, HOTE);
        }
        let origine = |dite: &str| hotes.iter().any(|notre| dite.strip_prefix("http://") == Some(notre));
        let fetch = HeaderName::from_static("sec-fetch-site");
        let site = seul(entetes, &fetch);
        // Since no page tells where it comes from (Referrer-Policy), a browser sends our own form with
        // the origin « null » : it is then believed on Sec-Fetch-Site, that no page can write.
        let notre = match seul(entetes, &header::ORIGIN) {
            Some("null") if recherche => site == Some("same-origin"),
            Some(dite) => origine(dite),
            None => !entetes.contains_key(header::ORIGIN) && (!recherche || site == Some("same-origin")),
        };
        if !notre || entetes.contains_key(&fetch) && !matches!(site, Some("same-origin" | "none")) {
            return Verdict::Refuse(StatusCode::FORBIDDEN, AUTRE_SITE);
        }
        let jeton = adresse.query().unwrap_or_default().split('&').find_map(|paire| paire.strip_prefix("jeton="));
        if let Some(jeton) = jeton.filter(|_| adresse.path() == "/") {
            let bon = egaux(jeton, &self.jeton);
            return if bon { Verdict::Ouvre } else { Verdict::Refuse(StatusCode::FORBIDDEN, JETON) };
        }
        if adresse.path() == "/style.css" || self.a_le_cookie(entetes) {
            return Verdict::Passe;
        }
        Verdict::Refuse(StatusCode::FORBIDDEN, COOKIE)
    }

    fn a_le_cookie(&self, entetes: &HeaderMap) -> bool {
        let nom = self.cookie();
        let lignes = entetes.get_all(header::COOKIE).iter().filter_map(|ligne| ligne.to_str().ok());
        let mut paires = lignes.flat_map(|ligne| ligne.split(';')).filter_map(|paire| paire.trim().split_once('='));
        paires.any(|(cle, valeur)| cle == nom && egaux(valeur, &self.session))
    }

    /// Gives the cookie, and takes the token away from the address.
    fn ouvrir(&self) -> Response {
        let cookie = format!("{}={}; HttpOnly; SameSite=Strict; Path=/", self.cookie(), self.session);
        ([(header::SET_COOKIE, cookie)], Redirect::to("/")).into_response()
    }
}

/// Answers a request, if it may be.
pub(super) async fn garde(State(acces): State<Arc<Acces>>, requete: Request, suite: Next) -> Response {
    match acces.juger(requete.method(), requete.uri(), requete.headers()) {
        Verdict::Passe => suite.run(requete).await,
        Verdict::Ouvre => acces.ouvrir(),
        Verdict::Refuse(code, message) => refuser(code, message),
    }
}

#[derive(Template)]
#[template(path = "page/refus.html")]
struct Refus {
    titre: &'static str,
    message: &'static str,
}

fn refuser(code: StatusCode, message: &'static str) -> Response {
    let titre = if code == StatusCode::FORBIDDEN { "Accès refusé" } else { "Demande refusée" };
    let mut reponse = (code, html(&Refus { titre, message })).into_response();
    if code == StatusCode::METHOD_NOT_ALLOWED {
        reponse.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET, HEAD"));
    }
    reponse
}

/// 256 random bits, as a URL may hold them.
fn secret() -> Result<String, getrandom::Error> {
    let mut octets = [0u8; 32];
    getrandom::fill(&mut octets)?;
    Ok(URL_SAFE_NO_PAD.encode(octets))
}

/// Compared in a time that tells nothing of where they differ: digests of blake3 are.
fn egaux(a: &str, b: &str) -> bool {
    blake3::hash(a.as_bytes()) == blake3::hash(b.as_bytes())
}

/// A header that is there once, and is a text.
fn seul<'h>(entetes: &'h HeaderMap, nom: &HeaderName) -> Option<&'h str> {
    let mut valeurs = entetes.get_all(nom).iter();
    let valeur = valeurs.next()?.to_str().ok()?;
    valeurs.next().is_none().then_some(valeur)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn juger(port: u16, methode: Method, adresse: &str, entetes: &[(&'static str, &str)]) -> Verdict {
        let acces = Acces { port, jeton: "jeton".to_owned(), session: "session".to_owned() };
        let mut lus = HeaderMap::new();
        entetes.iter().for_each(|(nom, valeur)| {
            lus.append(*nom, HeaderValue::from_str(valeur).unwrap());
        });
        acces.juger(&methode, &adresse.parse().unwrap(), &lus)
    }

    #[test]
    fn a_token_opens_the_first_page_alone_and_a_cookie_every_other() {
        let hote = ("host", "localhost:8000");
        assert_eq!(juger(8000, Method::GET, "/?jeton=jeton", &[hote]), Verdict::Ouvre);
        assert_eq!(juger(8000, Method::GET, "/?a=b&jeton=jeton", &[hote]), Verdict::Ouvre);
        let refuse = Verdict::Refuse(StatusCode::FORBIDDEN, JETON);
        assert_eq!(juger(8000, Method::GET, "/?jeton=jetons", &[hote]), refuse);
        let sans = Verdict::Refuse(StatusCode::FORBIDDEN, COOKIE);
        assert_eq!(juger(8000, Method::GET, "/listes?jeton=jeton", &[hote]), sans);
        assert_eq!(juger(8000, Method::GET, "/listes", &[hote, ("cookie", "a=b; jalon-8000=session")]), Verdict::Passe);
        for autre in ["jalon-8001=session", "jalon-8000=jeton", "jalon-8000=", "jalon-8000=session2"] {
            assert_eq!(juger(8000, Method::GET, "/listes", &[hote, ("cookie", autre)]), sans, "{autre}");
        }
        assert_eq!(juger(8000, Method::GET, "/style.css", &[hote]), Verdict::Passe);
    }

    #[test]
    fn the_port_that_goes_without_saying_is_not_in_the_name() {
        let autre = Verdict::Refuse(StatusCode::FORBIDDEN, HOTE);
        assert_eq!(juger(80, Method::GET, "/style.css", &[("host", "127.0.0.1")]), Verdict::Passe);
        assert_eq!(juger(8000, Method::GET, "/style.css", &[("host", "127.0.0.1")]), autre);
        assert_eq!(juger(8000, Method::GET, "/style.css", &[]), autre);
    }
}
