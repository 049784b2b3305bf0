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
jetable=""
if [ -z "$lieu" ]; then
    lieu=$(mktemp -d)
    jetable=$lieu
fi
en_cours=""
finir() {
    [ -z "$en_cours" ] || kill "$en_cours" 2>/dev/null || true
    [ -z "$jetable" ] || rm -rf -- "$jetable"
}
trap finir EXIT
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

# What all the processes of a run hold, in MB: those whose parent is one of them, and nothing else.
memoire() { # PID
    ps -eo pid=,ppid=,rss= | awk -v racine="$1" '
        { pere[$1] = $2; rss[$1] = $3 }
        END { for (p in rss) { q = p; while (q > 1 && q != racine) q = pere[q]; if (q == racine) s += rss[p] } print int(s / 1024) }'
}

# The program, but for the third fold under an executor: it has begun when that executor is killed.
cat >"$lieu/jalon-qui-tue" <<'SH'
#!/usr/bin/env bash
executeur=$PPID
while [ "$executeur" -gt 1 ] && ! tr '\0' ' ' <"/proc/$executeur/cmdline" | grep -q CoarseGrainedExecutorBackend; do
    executeur=$(ps -o ppid= -p "$executeur" | tr -d ' ')
done
if [ "$executeur" -gt 1 ]; then
    rang=1
    until mkdir "$JALON_PLIS/$rang" 2>/dev/null; do rang=$((rang + 1)); done
    if [ "$rang" -eq 3 ]; then
        "$JALON_VRAI" "$@" <&0 &
        sleep 0.2
        kill -9 "$executeur"
        echo "$executeur" >"$JALON_PLIS/tue"
        wait
        exit 0
    fi
fi
exec "$JALON_VRAI" "$@"
SH
chmod +x "$lieu/jalon-qui-tue"
export JALON_VRAI=$jalon JALON_PLIS=$lieu/plis

travail() { # NAME PROGRAM
    local nom=$1 debut sommet=0 somme
    rm -rf -- "$lieu/$nom.parquet" "$JALON_PLIS"
    mkdir "$JALON_PLIS"
    debut=$(date +%s)
    SPARK_HOME=$("$venv/bin/python" -c 'import os, pyspark; print(os.path.dirname(pyspark.__file__))') \
        PYSPARK_PYTHON=$venv/bin/python SPARK_LOCAL_DIRS=$lieu/spark \
        "$venv/bin/spark-submit" --master "$maitre" --driver-memory "${SPARK_PILOTE:-1g}" \
        --conf spark.executor.memory="${SPARK_EXECUTEUR:-1g}" --conf spark.ui.enabled=false ${SPARK_OPTIONS:-} \
        pipelines/spark/plier.py --entrepot "$entrepot" --contexte "$lieu/contexte.parquet" --jalon "$2" \
        --parts "${SPARK_PARTS:-8}" --sortie "$lieu/$nom.parquet" --format json --tableau "$lieu/$nom.json" \
        -- "${question[@]}" >"$lieu/$nom.log" 2>&1 &
    en_cours=$!
    while kill -0 "$en_cours" 2>/dev/null; do
        somme=$(memoire "$en_cours")
        [ "$somme" -le "$sommet" ] || sommet=$somme
        sleep 1
    done
    wait "$en_cours" || { tail -n 40 "$lieu/$nom.log" >&2; stop "the job failed"; }
    en_cours=""
    printf '%-12s %s s, %s MB in all its processes at the highest\n' "$nom" "$(($(date +%s) - debut))" "$sommet"
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
travail spark "$jalon"
comparer spark
say "Spark, an executor killed while it folds"
travail tue "$lieu/jalon-qui-tue"
[ -s "$JALON_PLIS/tue" ] || stop "no executor was killed: nothing is proved"
printf 'executor %s was killed during the third fold; %s were begun\n' "$(cat "$JALON_PLIS/tue")" "$(ls "$JALON_PLIS" | grep -c '^[0-9]')"
comparer tue
