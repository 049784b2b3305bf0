"""Checks that jalon, DuckDB and polars give the same twelve figures.

    comparer.py JALON ENTREPOT CAMPAGNES.toml NOM…

JALON is the program. Exit code 0 when every figure agrees, 4 otherwise.
"""

import json
import subprocess
import sys
from pathlib import Path

from commun import arguments

ICI = Path(__file__).parent


def de_jalon(programme: str, entrepot: str, fichier: str, nom: str) -> dict[str, float | None]:
    """The figures of jalon for one campaign."""
    commande = [programme, "--entrepot", entrepot, "indicateurs", "--campagnes", fichier, "--campagne", nom]
    sortie = subprocess.run([*commande, "--format", "json"], check=True, stdout=subprocess.PIPE).stdout
    return {indicateur["id"]: indicateur["valeur"] for indicateur in json.loads(sortie)["indicateurs"]}


def du_pair(script: str, *reste: str) -> dict[str, dict[str, float | None]]:
    """The figures of one of the scripts, by campaign."""
    sortie = subprocess.run([sys.executable, str(ICI / script), *reste], check=True, stdout=subprocess.PIPE).stdout
    return json.loads(sortie)["indicateurs"]


def main() -> None:
    programme, entrepot, fichier, *noms = arguments("JALON ENTREPOT CAMPAGNES.toml NOM…", 4)
    outils = {
        "jalon": {nom: de_jalon(programme, entrepot, fichier, nom) for nom in noms},
        "duckdb": du_pair("calcul_duckdb.py", entrepot, fichier, *noms),
        "polars": du_pair("calcul_polars.py", entrepot, fichier, *noms),
    }
    ecarts = 0
    print("campagne;indicateur;" + ";".join(outils))
    for nom in noms:
        for indicateur in outils["jalon"][nom]:
            valeurs = [figures[nom][indicateur] for figures in outils.values()]
            accord = all(valeur == valeurs[0] for valeur in valeurs)
            ecarts += not accord
            print(f"{nom};{indicateur};" + ";".join(map(str, valeurs)) + ("" if accord else "  ← écart"))
    if ecarts:
        print(f"{ecarts} chiffre(s) diffèrent.", file=sys.stderr)
        sys.exit(4)
    print("Les trois donnent les mêmes chiffres.", file=sys.stderr)


if __name__ == "__main__":
    main()
