"""The flux in CSV, read with polars into Parquet: the columns that jalon keeps, one table a file.

    lecture_polars.py FICHIER…

Files in Windows-1252, which polars does not read by itself: each is decoded first. Not done, and done
by jalon in its own time: the digest of the content, the keyed digest of the NIR, the name keys, the
checks of each field and their rejects, the union of the lines of one dossier.
"""

import tempfile
import time
from pathlib import Path

import polars as pl
from polars import col

from commun import arguments, repondre


def lire(fichier: str, vers: Path) -> int:
    """Reads a file into a Parquet file; how many rows it has."""
    texte = Path(fichier).read_bytes().decode("windows-1252").encode()

    def jour(colonne: str) -> pl.Expr:
        return col(colonne).str.to_date("%Y-%m-%d")

    lus = pl.read_csv(texte, separator=";", infer_schema=False)
    suspension = pl.min_horizontal(jour("DDSUSDRORSA"), jour("DDSUSVERSRSA"))
    table = (
        lus.lazy()
        .filter(col("ROLEPERS").is_null() | col("ROLEPERS").is_in(["DEM", "CJT", "BEN"]))
        .select(
            col("NUMDEMRSA").str.zfill(11).alias("numdemrsa"),
            col("MATRICULE").fill_null("").alias("matricule"),
            jour("DTDEMRSA").alias("dtdemrsa"),
            col("ETATDOSRSA").cast(pl.UInt8).alias("etat"),
            suspension.alias("suspension"),
            col("MOTICLORSA").fill_null("").alias("motif_cloture"),
            col("NUMCOM").fill_null("").alias("commune"),
            col("CODEPOS").fill_null("").alias("code_postal"),
            col("NOM").fill_null("").alias("nom"),
            col("NOMNAI").fill_null("").alias("nomnai"),
            col("PRENOM").fill_null("").alias("prenom"),
            col("DTNAI").fill_null("").alias("dtnai"),
            col("ROLEPERS").fill_null("").alias("role"),
            (col("TOPPERSDRODEVORSA") == "1").alias("top"),
            (col("TOPPERSENTDRODEVORSA") == "1").alias("top_entrant"),
            col("NIR").fill_null("").alias("nir"),
        )
        .collect()
    )
    table.write_parquet(vers, compression="zstd")
    return table.height


def main() -> None:
    fichiers = arguments("FICHIER…", 1)
    depart = time.perf_counter()
    with tempfile.TemporaryDirectory() as dossier:
        total = sum(lire(fichier, Path(dossier) / f"{rang}.parquet") for rang, fichier in enumerate(fichiers))
        octets = sum(Path(fichier).stat().st_size for fichier in fichiers)
        repondre("polars", pl.__version__, depart, octets=octets, lignes=total)


if __name__ == "__main__":
    main()
