#!/usr/bin/env bash
# What is too heavy for every check. The country: two million people over eighteen months, whose figures
# must be the true ones. And what is handed in, opened by a real office suite: the workbook and the
# execution report of the small department are turned into PDF by LibreOffice, and their pages looked at by
# a program. And the computation shared out by a real Spark.
#
# tests/lourds.sh [DIR]: with DIR, the files and the images of their pages are left there to be looked at.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."

say() { printf '\n== %s\n' "$*"; }
stop() { printf 'tests/lourds.sh: %s\n' "$*" >&2; exit 1; }

# Two campaigns, with their splits and the list of people: time and peak memory are printed, and a figure
# that is not the generator's ends the run.
say "the country"
benches/comparer --pays --tailles 0 --annees 0 --passes 1 --sans-pairs

say "tools"
if ! command -v soffice >/dev/null || ! command -v pdfinfo >/dev/null; then
    if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
        stop "LibreOffice or pdfinfo is missing: install libreoffice-calc, libreoffice-writer and poppler-utils"
    fi
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
        libreoffice-calc libreoffice-writer poppler-utils fonts-liberation
fi
cargo build --locked
jalon="${CARGO_TARGET_DIR:-target}/debug/jalon"

lieu=$(mktemp -d)
trap 'rm -rf -- "$lieu"' EXIT
sortie=${1:-$lieu/pages}
mkdir -p "$sortie"

say "the small department"
# 3: the small department has lines that are set aside on purpose.
"$jalon" -q --entrepot "$lieu/entrepot" ingerer sample_flows/petit_departement/entrant || [ $? -eq 3 ]
"$jalon" -q --entrepot "$lieu/entrepot" campagne preparer mars-2022 --sortie "$lieu/mars-2022"

say "into PDF"
pages() { # FILE: how many pages, all of them A4 landscape
    local fichier=$1 pdf
    [ -s "$fichier" ] || stop "$fichier was not made"
    soffice --headless "-env:UserInstallation=file://$lieu/profil" --convert-to pdf --outdir "$sortie" "$fichier" >/dev/null 2>&1
    pdf="$sortie/$(basename "${fichier%.*}").pdf"
    [ -s "$pdf" ] || stop "LibreOffice does not open $fichier"
    # A page that stands, or another size of paper, would be named here.
    if pdfinfo -f 1 -l -1 "$pdf" | grep '^Page .*size' | grep -qv ' 84[12][.0-9]* x 59[56]'; then
        stop "$pdf has a page that is not A4 landscape"
    fi
    pdftotext -layout "$pdf" "$pdf.txt"
    # A number that its column cannot hold.
    if grep -q '###' "$pdf.txt"; then stop "$pdf has a number that its column is too narrow for"; fi
    pdftoppm -r 80 -png "$pdf" "${pdf%.pdf}"
    pdfinfo "$pdf" | sed -n 's/^Pages: *//p'
}

# Six sheets, the splits along seven axes on several pages; the report's two tables and the comments on eight pages at most.
n=$(pages "$lieu/mars-2022/tableau.xlsx")
[ "$n" -ge 8 ] && [ "$n" -le 16 ] || stop "the workbook takes $n pages, expected 8 to 16"
echo "tableau.xlsx: $n pages"
n=$(pages "$lieu/mars-2022/rapport-execution.docx")
[ "$n" -ge 2 ] && [ "$n" -le 8 ] || stop "the execution report takes $n pages, expected 2 to 8"
echo "rapport-execution.docx: $n pages"

say "the same figures"
valeur() { # ID: its figure in the JSON, as it is printed
    sed -n "/\"id\": \"$1\"/,/\"unite\"/ s/.*\"valeur\": \([0-9.]*\).*/\1/p" "$lieu/mars-2022/indicateurs.json" | head -n 1 | tr . ,
}
for id in 3.1.1 3.1.2 3.1.3; do
    attendu=$(valeur "$id")
    [ -n "$attendu" ] || stop "$id has no figure in the JSON"
    grep -q "\b$attendu\b" "$sortie/tableau.pdf.txt" || stop "$id is $attendu in the JSON, and not in the workbook that is printed"
    grep -q "\b$attendu\b" "$sortie/rapport-execution.pdf.txt" || stop "$id is $attendu in the JSON, and not in the report that is printed"
    echo "$id: $attendu"
done

# 2000000 for the country: about 3 GB of disk, and as much again for what Spark sorts.
say "a computation shared out by Spark"
JALON=$jalon tests/spark.sh "${SPARK_PERSONNES:-6000}"
