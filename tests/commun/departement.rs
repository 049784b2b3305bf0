//! The small department, in a warehouse.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use tempfile::TempDir;

use super::programme::jalon;

/// The warehouse of the small department, made once for a test program that only reads it.
pub fn departement() -> &'static Path {
    static ENTREPOT: OnceLock<(TempDir, PathBuf)> = OnceLock::new();
    let (_, entrepot) = ENTREPOT.get_or_init(|| {
        let ici = tempfile::tempdir().unwrap();
        let entrepot = ici.path().join("entrepot");
        let entrant = Path::new(env!("CARGO_MANIFEST_DIR")).join("sample_flows/petit_departement/entrant");
        let sortie = jalon(&entrepot, ["-q".as_ref(), "ingerer".as_ref(), entrant.as_os_str()]);
        assert_eq!(sortie.code, 3, "{}", sortie.err);
        (ici, entrepot)
    });
    entrepot
}
