#!/usr/bin/env bash
# The table shared out by a real Spark, several processes: the figures and the list of entries must be those
# of one machine, whether or not an executor is killed in the middle. Too heavy for every check: run by
# tests/lourds.sh. Needs Java 17 and, in $SPARK_VENV, what pipelines/spark/requirements.txt asks for (it is
# installed there when the folder is missing).
#
# tests/spark.sh [PEOPLE [DIR]]: 6000 people if nothing is said; 2000000 is the country. DIR is kept.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
personnes=${1:-6000}
lieu=${2:-}
venv=${SPARK_VENV:-target/spark-venv}
maitre=${SPARK_MAITRE:-local-cluster[2,1,2048]}
question=(--campagne mars-2022)

say() { printf '\n== %s\n' "$*"; }
stop() { printf 'tests/spark.sh: %s\n' "$*" >&2; exit 1; }

command -v java >/dev/null || stop "java is missing: install openjdk-17-jre-headless"
if [ ! -x "$venv/bin/spark-submit" ]; then
    python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet -r pipelines/spark/requirements.txt
fi
venv=$(cd "$venv" && pwd)
if [ -z "${JALON:-}" ]; then
    cargo build --locked
    JALON="${CARGO_TARGET_DIR:-target}/debug/jalon"
fi
jalon=$(realpath "$JALON")
if [ -z "$lieu" ]; then
    lieu=$(mktemp -d)
    trap 'rm -rf -- "$lieu"' EXIT
fi
mkdir -p "$lieu"
lieu=$(cd "$lieu" && pwd)

# What a command took: seconds and, for a single process, its peak of memory.
mesurer() { # NAME COMMAND...
    local nom=$1; shift
    /usr/bin/time -o "$lieu/temps" -f '%e s, %M KB' "$@"
    printf '%-12s %s\n' "$nom" "$(tail -n 1 "$lieu/temps")"
}

say "a department of $personnes people"
entrepot=$lieu/simule/entrepot
if [ ! -d "$entrepot" ]; then
    mesurer simuler "$jalon" -q simuler --graine 2026 --personnes "$personnes" --du 2020-12 --au 2022-05 \
        --forme segments --sortie "$lieu/simule"
fi
du -sh "$entrepot" | cut -f1

say "one machine"
mesurer indicateurs "$jalon" -q --entrepot "$entrepot" indicateurs "${question[@]}" --format json \
    --sortie "$lieu/seule.json" --detail "$lieu/seule.csv"
mesurer contexte "$jalon" --entrepot "$entrepot" contexte --sortie "$lieu/contexte.parquet"
du -sh "$lieu/contexte.parquet" | cut -f1

# Everything that is of this run, and nothing else: the processes whose parent is one of them.
descendants() { # PID
    local enfant
    for enfant in $(ps -o pid= --ppid "$1"); do echo "$enfant"; descendants "$enfant"; done
}

travail() { # NAME KILL: runs the job; with KILL, an executor is killed once it folds
    local nom=$1 tuer=$2 debut pid sommet=0 somme tue=""
    rm -rf -- "$lieu/$nom.parquet"
    debut=$(date +%s)
    SPARK_HOME=$("$venv/bin/python" -c 'import os, pyspark; print(os.path.dirname(pyspark.__file__))') \
        PYSPARK_PYTHON=$venv/bin/python SPARK_LOCAL_DIRS=$lieu/spark \
        "$venv/bin/spark-submit" --master "$maitre" --driver-memory "${SPARK_PILOTE:-1g}" \
        --conf spark.executor.memory="${SPARK_EXECUTEUR:-1g}" --conf spark.ui.enabled=false \
        pipelines/spark/plier.py --entrepot "$entrepot" --contexte "$lieu/contexte.parquet" --jalon "$jalon" \
        --parts "${SPARK_PARTS:-8}" --sortie "$lieu/$nom.parquet" --format json --tableau "$lieu/$nom.json" \
        -- "${question[@]}" >"$lieu/$nom.log" 2>&1 &
    pid=$!
    while kill -0 "$pid" 2>/dev/null; do
        # The executors are daemons of the workers, which Spark starts in the driver's process.
        siens=$(descendants "$pid" | sort -u)
        if [ -n "$siens" ]; then
            somme=$(ps -o rss= -p "$(echo "$siens" | paste -sd,)" | awk '{ s += $1 } END { print int(s / 1024) }')
            [ "${somme:-0}" -le "$sommet" ] || sommet=$somme
        fi
        if [ "$tuer" = oui ] && [ -z "$tue" ] && plie "$siens"; then
            tue=$(executeur "$siens")
            if [ -n "$tue" ]; then kill -9 "$tue"; echo "executor $tue killed after $(($(date +%s) - debut)) s"; fi
        fi
        sleep 0.2
    done
    wait "$pid" || { tail -n 40 "$lieu/$nom.log" >&2; stop "the job failed"; }
    [ "$tuer" = non ] || [ -n "$tue" ] || stop "no executor was killed: nothing is proved"
    printf '%-12s %s s, %s MB in all its processes at the highest\n' "$nom" "$(($(date +%s) - debut))" "$sommet"
}

# Whether some fold runs under an executor (the program asked for its columns runs under the driver).
plie() { # PIDS
    local p
    for p in $1; do
        if tr '\0' ' ' <"/proc/$p/cmdline" 2>/dev/null | grep -q "pyspark.daemon"; then
            for q in $(descendants "$p"); do
                if [ "$(readlink "/proc/$q/exe" 2>/dev/null)" = "$jalon" ]; then return 0; fi
            done
        fi
    done
    return 1
}

executeur() { # PIDS: the executor under which a fold runs
    local p q
    for p in $1; do
        if tr '\0' ' ' <"/proc/$p/cmdline" 2>/dev/null | grep -q CoarseGrainedExecutorBackend; then
            for q in $(descendants "$p"); do
                if [ "$(readlink "/proc/$q/exe" 2>/dev/null)" = "$jalon" ]; then echo "$p"; return; fi
            done
        fi
    done
}

comparer() { # NAME: the figures and the entries are those of one machine
    "$venv/bin/python" - "$lieu" "$1" "$entrepot" <<'PY'
import csv, glob, json, sys
import pyarrow.dataset as ds
import pyarrow.parquet as pq

lieu, nom, entrepot = sys.argv[1:]
seule, reunis = (json.load(open(f"{lieu}/{f}.json")) for f in ("seule", nom))
assert reunis["indicateurs"] == seule["indicateurs"], (reunis["indicateurs"], seule["indicateurs"])
lues = ds.dataset(f"{lieu}/{nom}.parquet").to_table(filter=ds.field("compte_3_1_1")).to_pylist()
# Names found by segment and row: what an entry says of its source is true.
chemins = {c.split("/")[-1][:-8]: c for c in glob.glob(f"{entrepot}/flux/*/*/*.parquet")}
par_segment = {}
for ligne in lues:
    par_segment.setdefault(ligne["segment"], []).append(ligne)
for segment, lignes in par_segment.items():
    numeros = pq.ParquetFile(chemins[segment]).read(columns=["numdemrsa"])["numdemrsa"]
    for ligne in lignes:
        ligne["numdemrsa"] = numeros[ligne["ligne"]].as_py()
attendues = list(csv.DictReader(open(f"{lieu}/seule.csv", encoding="utf-8-sig"), delimiter=";"))
noms = [n for n in attendues[0] if n in lues[0] and n not in ("nom", "prenom")]
texte = lambda v: "" if v is None else str(int(v)) if isinstance(v, bool) else str(v)
trier = lambda lignes: sorted(tuple(texte(l[n]) for n in noms) for l in lignes)
assert len(noms) == 21, noms
assert trier(lues) == trier(attendues), "the entries are not those of one machine"
print(f"the twelve figures and the {len(lues)} entries of {nom} are those of one machine")
PY
}

say "Spark, $maitre"
travail spark non
comparer spark
say "Spark, an executor killed while it folds"
travail tue oui
comparer tue
