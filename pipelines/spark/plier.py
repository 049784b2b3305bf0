#!/usr/bin/env python3
"""The table of jalon on a Spark cluster: see docs/spark.md.

Spark reads the segments of a warehouse, joins them to the file that `jalon contexte` wrote, brings the rows
of each person together, and runs `jalon plier` on each part. No rule is here: who is who, which events are in
force, what an entry is and how the figures are made are the program's business alone.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading

import pyarrow as pa
import pyarrow.parquet as pq
from pyspark import SparkFiles
from pyspark.sql import SparkSession
from pyspark.sql import functions as F
from pyspark.sql.pandas.types import from_arrow_schema

# The columns that the join adds to those of the segments, with the names that `jalon plier` reads.
JOINTES = ["personne", "dossier", "dossier_premier_fichier", "dossier_premiere_personne", "dossier_autre_fichier"]


def arguments():
    a = argparse.ArgumentParser(description="Répartit le calcul de jalon avec Spark (voir docs/spark.md).")
    a.add_argument("--entrepot", required=True, help="dossier de l'entrepôt, comme Spark le lit (chemin, hdfs:// ou s3a://)")
    a.add_argument("--contexte", required=True, help="fichier écrit par « jalon contexte », sur cette machine")
    a.add_argument("--contexte-spark", help="le même fichier, comme Spark le lit : celui de --contexte si rien n'est dit")
    a.add_argument("--jalon", default="jalon", help="le programme jalon, sur cette machine")
    a.add_argument("--envoyer", action="store_true", help="envoie le programme et le contexte aux exécuteurs, "
                   "au lieu de les y trouver au même endroit")
    a.add_argument("--sortie", required=True, help="dossier où écrire les entrées, en Parquet, comme Spark l'écrit")
    a.add_argument("--parts", type=int, default=0, help="en combien de parts : deux par cœur si rien n'est dit")
    a.add_argument("--format", default="table", choices=["table", "json"], help="forme des douze indicateurs")
    a.add_argument("--tableau", help="fichier où les écrire, au lieu de les afficher")
    a.add_argument("question", nargs=argparse.REMAINDER,
                   help="après --, la question de jalon : --campagne NOM, ou --du --au --arrete ; --referentiel, --lecture")
    lus = a.parse_args()
    lus.question = [mot for mot in lus.question if mot != "--"]
    return lus


def lire_le_contexte(chemin):
    """What the metadata of the file say: the columns that a fold reads, and how many events of each kind."""
    meta = pq.read_metadata(chemin).metadata or {}
    if b"jalon_contexte" not in meta:
        sys.exit(f"{chemin} n'est pas un contexte de jalon : donnez le fichier écrit par « jalon contexte »")
    return json.loads(meta[b"jalon_contexte"])


def segments(spark, entrepot, branche, colonnes):
    """The rows of some segments: the columns asked for, the segment and the row in it."""
    lus = spark.read.parquet(f"{entrepot}/{branche}")
    ici = [F.regexp_replace(F.col("_metadata.file_name"), r"\.parquet$", "").alias("segment"),
           F.col("_metadata.row_index").alias("ligne")]
    if branche == "flux":
        ici.append("caisse")
    return lus.select(*colonnes, *ici)


def existe(spark, chemin):
    """Whether there is such a folder, wherever it is kept."""
    lieu = spark._jvm.org.apache.hadoop.fs.Path(chemin)
    return lieu.getFileSystem(spark._jsc.hadoopConfiguration()).exists(lieu)


def reunir_les_lignes(spark, entrepot, contexte, meta):
    """Every row that is somebody's, with its person: those of the flux by identity, the events by row."""
    identites = contexte.where("nature = 'identite'").select("caisse", "identite", *JOINTES)
    places = contexte.where("nature = 'evenement'").select("segment", "ligne", "personne")
    toutes = segments(spark, entrepot, "flux", meta["colonnes"]["flux"])
    toutes = toutes.join(identites, ["caisse", "identite"]).drop("caisse", "identite")
    toutes = toutes.withColumn("genre", F.lit("flux"))
    for genre, nombre in meta["evenements"].items():
        branche = f"evenements/genre={genre}"
        if nombre == 0 or not existe(spark, f"{entrepot}/{branche}"):
            continue
        siens = segments(spark, entrepot, branche, meta["colonnes"][genre]).join(places, ["segment", "ligne"])
        toutes = toutes.unionByName(siens.withColumn("genre", F.lit(genre)), allowMissingColumns=True)
    return toutes


def lancer(commande):
    """Runs the program; what it says on its error stream is kept, and names nobody."""
    erreurs = tempfile.TemporaryFile()
    return subprocess.Popen(commande, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=erreurs), erreurs


def attendre(programme, erreurs, quoi):
    code = programme.wait()
    erreurs.seek(0)
    dit = erreurs.read().decode("utf-8", "replace").strip()
    if code != 0:
        raise RuntimeError(f"{quoi} a échoué (code {code}) : {dit}")
    if dit:
        print(dit, file=sys.stderr)


def pliage(jalon, contexte, question, envoyer):
    """The function that Spark runs on each part: batches in, batches out, through the program."""

    def plier(lots):
        premier = next(lots, None)
        if premier is None:
            return
        programme, contexte_ici = (SparkFiles.get(os.path.basename(chemin)) if envoyer else chemin
                                   for chemin in (jalon, contexte))
        enfant, erreurs = lancer([programme, "plier", "--contexte", contexte_ici, *question])
        en_amont = []

        def nourrir():
            try:
                with pa.ipc.new_stream(enfant.stdin, premier.schema) as flux:
                    flux.write_batch(premier)
                    for lot in lots:
                        flux.write_batch(lot)
            except BrokenPipeError:
                pass  # The program refused what it read: it says why.
            except BaseException as erreur:  # What failed before this step must fail the task.
                en_amont.append(erreur)
                enfant.kill()
            finally:
                try:
                    enfant.stdin.close()
                except BrokenPipeError:
                    pass

        fil = threading.Thread(target=nourrir, daemon=True)
        fil.start()
        try:
            try:
                for lot in pa.ipc.open_stream(enfant.stdout):
                    yield lot
            except (pa.ArrowInvalid, OSError):
                pass  # It stopped in the middle: its exit code and its words say more.
            fil.join()
            if en_amont:
                raise en_amont[0]
            attendre(enfant, erreurs, "jalon plier")
        finally:
            # A task that is given up leaves no process behind it.
            enfant.kill()
            enfant.wait()

    return plier


def schema_de_sortie(jalon, contexte, question):
    """The columns that a fold writes, asked of the program: it folds nobody."""
    enfant, erreurs = lancer([jalon, "plier", "--contexte", contexte, *question])
    try:
        with pa.ipc.new_stream(enfant.stdin, pa.schema([])):
            pass
        enfant.stdin.close()
    except BrokenPipeError:
        pass
    lus = enfant.stdout.read()
    attendre(enfant, erreurs, "jalon plier")
    return pa.ipc.open_stream(lus).schema


def reunir(jalon, contexte, question, ecrites, forme, tableau):
    """The twelve indicators, from what all the parts gave."""
    # The entries only: few beside the records. Spark 4 has toArrow; 3.5 has what toPandas is made of.
    lots = ecrites.toArrow().to_batches() if hasattr(ecrites, "toArrow") else ecrites._collect_as_arrow()
    enfant, erreurs = lancer([jalon, "plier", "--contexte", contexte, *question, "--reunir", "--format", forme])
    dit = []
    fil = threading.Thread(target=lambda: dit.append(enfant.stdout.read()))
    fil.start()
    try:
        with pa.ipc.new_stream(enfant.stdin, lots[0].schema) as flux:
            for lot in lots:
                flux.write_batch(lot)
        enfant.stdin.close()
    except BrokenPipeError:
        pass  # It refused what it read: it says why.
    fil.join()
    attendre(enfant, erreurs, "jalon plier --reunir")
    if tableau:
        descripteur = os.open(tableau, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descripteur, "wb") as fichier:
            fichier.write(dit[0])
    else:
        sys.stdout.buffer.write(dit[0])


def main():
    lus = arguments()
    meta = lire_le_contexte(lus.contexte)
    schema = from_arrow_schema(schema_de_sortie(lus.jalon, lus.contexte, lus.question))
    spark = SparkSession.builder.appName("jalon plier").getOrCreate()
    if lus.envoyer:
        for chemin in (lus.jalon, lus.contexte):
            spark.sparkContext.addFile(os.path.abspath(chemin))
    parts = lus.parts or 2 * spark.sparkContext.defaultParallelism
    spark.conf.set("spark.sql.shuffle.partitions", parts)
    contexte = spark.read.parquet(lus.contexte_spark or lus.contexte)
    lignes = reunir_les_lignes(spark, lus.entrepot.rstrip("/"), contexte, meta)
    par_personne = lignes.repartition(parts, "personne").sortWithinPartitions("personne")
    pli = pliage(lus.jalon, lus.contexte, lus.question, lus.envoyer)
    par_personne.mapInArrow(pli, schema).write.mode("errorifexists").parquet(lus.sortie)
    reunir(lus.jalon, lus.contexte, lus.question, spark.read.parquet(lus.sortie), lus.format, lus.tableau)
    spark.stop()


if __name__ == "__main__":
    main()
