"""The flux in CSV, read with DuckDB into Parquet: the columns that jalon keeps, one table a file.

    lecture_duckdb.py FICHIER…

Files in Windows-1252, which DuckDB does not read by itself: each is decoded first. Not done, and done
by jalon in its own time: the digest of the content, the keyed digest of the NIR, the name keys, the
checks of each field and their rejects, the union of the lines of one dossier.
"""

import tempfile
import time
from pathlib import Path

import duckdb

from commun import arguments, repondre

LECTURE = """
COPY (
  SELECT lpad(NUMDEMRSA, 11, '0') AS numdemrsa, coalesce(MATRICULE, '') AS matricule, DTDEMRSA::DATE AS dtdemrsa,
         ETATDOSRSA::UTINYINT AS etat, least(DDSUSDRORSA::DATE, DDSUSVERSRSA::DATE) AS suspension,
         coalesce(MOTICLORSA, '') AS motif_cloture, coalesce(NUMCOM, '') AS commune,
         coalesce(CODEPOS, '') AS code_postal, coalesce(NOM, '') AS nom, coalesce(NOMNAI, '') AS nomnai,
         coalesce(PRENOM, '') AS prenom, coalesce(DTNAI, '') AS dtnai, coalesce(ROLEPERS, '') AS role,
         TOPPERSDRODEVORSA = '1' AS top, TOPPERSENTDRODEVORSA = '1' AS top_entrant, coalesce(NIR, '') AS nir
  FROM read_csv('{utf8}', delim = ';', header = true, all_varchar = true)
  WHERE ROLEPERS IS NULL OR ROLEPERS IN ('DEM', 'CJT', 'BEN')
) TO '{vers}' (FORMAT parquet, COMPRESSION zstd)
"""


def lire(fichier: str, dossier: Path, rang: int) -> int:
    """Reads a file into a Parquet file; how many rows it has."""
    utf8 = dossier / "utf8.csv"
    utf8.write_bytes(Path(fichier).read_bytes().decode("windows-1252").encode())
    return duckdb.execute(LECTURE.format(utf8=utf8, vers=dossier / f"{rang}.parquet")).fetchone()[0]


def main() -> None:
    fichiers = arguments("FICHIER…", 1)
    depart = time.perf_counter()
    with tempfile.TemporaryDirectory() as dossier:
        total = sum(lire(fichier, Path(dossier), rang) for rang, fichier in enumerate(fichiers))
        octets = sum(Path(fichier).stat().st_size for fichier in fichiers)
        repondre("duckdb", duckdb.__version__, depart, octets=octets, lignes=total)


if __name__ == "__main__":
    main()
