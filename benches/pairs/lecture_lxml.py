"""The flux in XML, read with lxml into Parquet: the fields that jalon keeps, one table a file.

    lecture_lxml.py FICHIER…

Done: streaming foyer by foyer, the trailer's count, dates as dates, the role of the RSA prestation.
Not done, and done by jalon in its own time: the digest of the content, the keyed digest of the NIR, the
name keys, the checks of each field and their rejects, the union of the people of one dossier.
"""

import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from lxml import etree

from commun import arguments, repondre

SCHEMA = pa.schema(
    {
        "numdemrsa": pa.string(),
        "matricule": pa.string(),
        "dtdemrsa": pa.date32(),
        "etat": pa.uint8(),
        "suspension": pa.date32(),
        "motif_cloture": pa.string(),
        "commune": pa.string(),
        "code_postal": pa.string(),
        "faits_generateurs": pa.string(),
        "nom": pa.string(),
        "nomnai": pa.string(),
        "prenom": pa.string(),
        "dtnai": pa.string(),
        "role": pa.string(),
        "top": pa.bool_(),
        "top_entrant": pa.bool_(),
        "nir": pa.string(),
    }
)
LIGNES_PAR_LOT = 131_072
ROLES = {"DEM", "CJT", "BEN", None}
BOOLEENS = {"0": False, "false": False, "1": True, "true": True}


def texte(element: etree._Element, chemin: str) -> str:
    return (element.findtext(chemin) or "").strip()


def jour(valeur: str) -> date | None:
    return date.fromisoformat(valeur) if valeur else None


def role(personne: etree._Element) -> str | None:
    """The role in the sense of the RSA: DEM, CJT… or none."""
    for prestation in personne.iterfind("Prestations"):
        if texte(prestation, "NATPREST") == "RSA":
            return texte(prestation, "ROLEPERS") or None
    return None


def adresse(foyer: etree._Element) -> tuple[str, str]:
    """The town and the post code of the current address."""
    for adresse in foyer.iterfind("DonneesAdministratives/Adresse"):
        if texte(adresse, "TroncCommunAdresse/RGADR") == "01":
            france = "AdresseDetailleeFrance/"
            return texte(adresse, france + "NUMCOM"), texte(adresse, france + "CODEPOS")
    return "", ""


def lignes(foyer: etree._Element) -> Iterator[tuple]:
    """One row a person of the foyer whose role counts."""
    identification = foyer.find("IdentificationRSA")
    situation = foyer.find("PrestationRSA/SituationDossierRSA")
    suspensions = [
        valeur
        for chemin in ("SuspensionDroit/DDSUSDRORSA", "SuspensionVersement/DDSUSVERSRSA")
        for valeur in (element.text.strip() for element in situation.iterfind(chemin) if element.text)
    ]
    motifs = [element.text.strip() for element in situation.iter("MOTICLORSA") if element.text]
    dossier = (
        texte(identification, "DemandeRSA/NUMDEMRSA").zfill(11),
        texte(identification, "Organisme/MATRICULE"),
        jour(texte(identification, "DemandeRSA/DTDEMRSA")),
        int(texte(situation, "EtatDossierRSA/ETATDOSRSA")),
        jour(min(suspensions, default="")),
        " ".join(motifs),
        *adresse(foyer),
        " ".join(texte(evenement, "FG") for evenement in foyer.iterfind("Evenement")),
    )
    for personne in foyer.iterfind("Personne"):
        role_rsa = role(personne)
        if role_rsa not in ROLES:
            continue
        identite = personne.find("Identification")
        calcul = personne.find("MontantCalculDroitRSAPersonne")
        yield (
            *dossier,
            texte(identite, "NOM"),
            texte(identite, "NOMNAI"),
            texte(identite, "PRENOM"),
            texte(identite, "DTNAI"),
            role_rsa or "",
            None if calcul is None else BOOLEENS.get(texte(calcul, "TOPPERSDRODEVORSA")),
            None if calcul is None else BOOLEENS.get(texte(calcul, "TOPPERSENTDRODEVORSA")),
            texte(identite, "NIR"),
        )


def lire(fichier: str, vers: Path) -> int:
    """Reads a file into a Parquet file; how many rows it has."""
    attente, total, foyers, annonces = [], 0, 0, None
    with pq.ParquetWriter(vers, SCHEMA, compression="zstd") as sortie:

        def ecrire() -> None:
            colonnes = list(zip(*attente, strict=True)) or [[]] * len(SCHEMA)
            sortie.write_table(pa.table(list(map(list, colonnes)), schema=SCHEMA))
            attente.clear()

        balises = ("InfosFoyerRSA", "TransmissionFlux")
        for _, element in etree.iterparse(fichier, tag=balises, resolve_entities=False, load_dtd=False):
            if element.tag == "TransmissionFlux":
                annonces = int(texte(element, "NBTOTDOSRSATRANSM"))
                continue
            foyers += 1
            for ligne in lignes(element):
                attente.append(ligne)
                total += 1
            if len(attente) >= LIGNES_PAR_LOT:
                ecrire()
            # What has been read is let go, the empty siblings before it too.
            element.clear()
            while element.getprevious() is not None:
                del element.getparent()[0]
        ecrire()
    if annonces != foyers:
        sys.exit(f"{fichier} : {foyers} foyers lus, {annonces} annoncés")
    return total


def main() -> None:
    fichiers = arguments("FICHIER…", 1)
    depart = time.perf_counter()
    with tempfile.TemporaryDirectory() as dossier:
        total = sum(lire(fichier, Path(dossier) / f"{rang}.parquet") for rang, fichier in enumerate(fichiers))
        octets = sum(Path(fichier).stat().st_size for fichier in fichiers)
        repondre("lxml", etree.__version__, depart, octets=octets, lignes=total)


if __name__ == "__main__":
    main()
