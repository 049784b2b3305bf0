"""What the scripts share: the campaigns of the file, the clock, the memory, the answer."""

import json
import re
import resource
import sys
import time
import tomllib
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Campagne:
    """A campaign: its period, and the day on which it is closed."""

    nom: str
    du: date
    au: date
    arrete: date


def campagnes(fichier: str, noms: list[str]) -> list[Campagne]:
    """The campaigns of these names: a block of the file, or one of its yearly models."""
    with open(fichier, "rb") as ouvert:
        contenu = tomllib.load(ouvert)
    blocs = {bloc["nom"]: bloc for bloc in contenu.get("campagnes", [])}
    modeles = {modele["nom"]: modele for modele in contenu.get("modeles", [])}

    def jour(valeur: date | dict, annee: int) -> date:
        if isinstance(valeur, date):
            return valeur
        return date(annee + valeur["annee"], valeur["mois"], valeur["jour"])

    def campagne(nom: str) -> Campagne:
        parties = re.fullmatch(r"(.+)-(\d{4})", nom)
        bloc = blocs.get(nom) or (parties and modeles.get(parties[1]))
        if not bloc:
            sys.exit(f"{nom} n'est pas dans {fichier} : attendu {', '.join([*blocs, *modeles])}-AAAA")
        annee = int(parties[2]) if parties else 0
        au = jour(bloc["au"], annee)
        return Campagne(nom, jour(bloc["du"], annee), au, jour(bloc.get("arrete", au), annee))

    return [campagne(nom) for nom in noms]


def arguments(usage: str, minimum: int) -> list[str]:
    """The arguments, at least `minimum` of them."""
    if len(sys.argv) <= minimum:
        sys.exit(f"usage : {sys.argv[0]} {usage}")
    return sys.argv[1:]


def arrondi(somme: int | None, nombre: int | None, decimales: int = 1) -> float | None:
    """A mean rounded half up on its exact value; none over nothing."""
    if not nombre:
        return None
    echelle = 10**decimales
    return (2 * (somme or 0) * echelle + nombre) // (2 * nombre) / echelle


def pic_mo() -> int:
    """Peak memory, in MB. That of `getrusage` would be that of the program which started this one, when
    it was larger."""
    with open("/proc/self/status", encoding="ascii") as etat:
        pic = next(ligne for ligne in etat if ligne.startswith("VmHWM:"))
    return round(int(pic.split()[1]) * 1024 / 1e6)


def repondre(outil: str, version: str, depart: float, **mesures: object) -> None:
    """Prints the answer: one JSON object. `depart` is the clock when the work began; the time of the
    processor and the memory are those of the whole process."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    reponse = {
        "outil": outil,
        "version": version,
        "secondes": round(time.perf_counter() - depart, 3),
        "secondes_processeur": round(usage.ru_utime + usage.ru_stime, 3),
        "pic_mo": pic_mo(),
        **mesures,
    }
    print(json.dumps(reponse, ensure_ascii=False))
