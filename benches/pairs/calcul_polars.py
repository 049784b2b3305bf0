"""The twelve indicators of one or more campaigns, in polars, from the segments of a warehouse.

    calcul_polars.py ENTREPOT CAMPAGNES.toml NOM…

Default readings only; no detail, no split, no known-on day. Left out, since no generated file holds
them: mended extracts, what a purge leaves behind, events that name their person by a MATRICULE.
Source of the rules: instruction n° DGCS/SD1B/DIPLP/DGEFP/2022/19 du 19 janvier 2022, annexe 7.
"""

import glob
import json
import time
from datetime import date, datetime

import polars as pl
from polars import col

from commun import Campagne, arguments, arrondi, campagnes, repondre

VERSABLE, SUSPENDU, CLOS, SANS_DROIT = 1, 2, 3, 4
PERSONNE_DOSSIER = ("personne", "dossier")

EVENEMENTS = {
    "orientations": {"date_notification": pl.Date, "organisme": pl.String, "dispositif": pl.String},
    "rendez_vous": {"type_rdv": pl.String, "date_rdv": pl.Date, "date_fixation": pl.Date, "statut": pl.String},
    "cer": {"date_signature": pl.Date, "type_contrat": pl.String, "rang": pl.Int64},
    "accompagnements": {
        "type_accompagnement": pl.String,
        "date_proposition": pl.Date,
        "date_debut": pl.Date,
        "date_fin": pl.Date,
        "conseiller": pl.String,
    },
    "fins_suivi": {"date_fin": pl.Date},
}

Tables = dict[str, pl.DataFrame]


def meme(*cles: str, pas: int = 1) -> pl.Expr:
    """Whether the row before (after, when `pas` is -1) of a sorted frame has the same keys."""
    return pl.all_horizontal(col(cle) == col(cle).shift(pas) for cle in cles)


def precedent(valeur: str, *cles: str) -> pl.Expr:
    """The value of the row before, among those of the same keys in a sorted frame."""
    return pl.when(meme(*cles)).then(col(valeur).shift(1))


def suivant(valeur: str, *cles: str) -> pl.Expr:
    """The value of the row after, among those of the same keys in a sorted frame."""
    return pl.when(meme(*cles, pas=-1)).then(col(valeur).shift(-1))


def mois_de(jour: pl.Expr) -> pl.Expr:
    return jour.dt.year() * 12 + jour.dt.month().cast(pl.Int32)


def dans_les_mois(debut: pl.Expr, fin: pl.Expr, n: int) -> pl.Expr:
    mois = mois_de(fin) - mois_de(debut)
    return (mois < n) | ((mois == n) & (fin.dt.day() < debut.dt.day()))


def metadonnees(segments: list[str]) -> list[dict]:
    """What the footer of each segment says, and the segment."""
    return [json.loads(pl.read_parquet_metadata(segment)["jalon"]) | {"segment": segment} for segment in segments]


def lire_fichiers(metas: list[dict]) -> Tables:
    """The files of flux in the order of the steps, the first stock of each caisse, and the stocks that
    make absences."""
    for meta in metas:
        meta["dtref"] = date.fromisoformat(meta["dtref"])
        meta["recu_le"] = date.fromisoformat(meta["recu_le"])
        meta["cree_le"] = datetime.fromisoformat(meta["cree_le"])
    metas.sort(key=lambda m: (m["dtref"], m["mensuel"], m["cree_le"], m["nom"], m["segment"]))
    champs = {"segment": pl.String, "caisse": pl.String, "mensuel": pl.Boolean, "dtref": pl.Date, "recu_le": pl.Date}
    rangs = pl.int_range(pl.len(), dtype=pl.Int32).alias("rang")
    fichiers = pl.DataFrame([{champ: m[champ] for champ in champs} for m in metas], champs).with_columns(
        rangs, mois_de(col("dtref")).alias("mois")
    )
    mensuels = fichiers.filter("mensuel")
    stocks = mensuels.group_by("caisse", "dtref").agg(col("rang").max()).select("caisse", "rang")
    est_stock = col("rang").is_in(stocks["rang"].implode())
    places = fichiers.sort("rang").select(
        "rang",
        est_stock.cast(pl.Int32).cum_sum().over("caisse").alias("stocks_compris"),
        (est_stock.cast(pl.Int32).cum_sum() - est_stock.cast(pl.Int32)).over("caisse").alias("stocks_avant"),
        est_stock.cast(pl.Int32).sum().over("caisse").alias("stocks"),
    )
    doubles = [
        {
            "rang": rang,
            "numdemrsa": double["numdemrsa"],
            "double_etat": double["etat"],
            "double_suspension": double["suspension"] and date.fromisoformat(double["suspension"]),
            "double_motif": double["motif_cloture"],
        }
        for rang, meta in enumerate(metas)
        for double in meta["doubles"]
    ]
    non_lus = [(rang, meta["caisse"], numero) for rang, meta in enumerate(metas) for numero in meta["non_lus"]]
    return {
        "fichiers": fichiers,
        "bases": mensuels.group_by("caisse").agg(col("dtref").min().alias("base")),
        "stocks": stocks,
        "places": places,
        "doubles": pl.DataFrame(
            doubles,
            {
                "rang": pl.Int32,
                "numdemrsa": pl.String,
                "double_etat": pl.UInt8,
                "double_suspension": pl.Date,
                "double_motif": pl.String,
            },
        ),
        "non_lus": pl.DataFrame(non_lus, {"rang": pl.Int32, "caisse": pl.String, "numdemrsa": pl.String}, orient="row"),
    }


def reconnaitre(t: Tables, flux: pl.LazyFrame) -> None:
    """Who is who: a NIR; without one, a name, unless one NIR alone has that name in the same NUMDEMRSA.
    Then what an event may name a person by."""
    lues = (
        flux.select("segment", "identite", "numdemrsa", "nir", "cle_nom", "cle_nom_usage")
        .join(t["fichiers"].lazy().select("segment", "caisse"), on="segment")
        .group_by("caisse", "identite")
        .agg(col("numdemrsa", "nir", "cle_nom", "cle_nom_usage").first())
        .collect()
    )
    nir_du_dossier = (
        lues.filter(col("nir").is_not_null(), col("cle_nom").is_not_null())
        .group_by("numdemrsa", "cle_nom")
        .agg(col("nir").first().alias("nir_joint"), col("nir").n_unique().alias("combien"))
        .filter(col("combien") == 1)
        .drop("combien")
    )
    cle_nir = pl.coalesce("nir", "nir_joint")
    identites = lues.join(nir_du_dossier, on=["numdemrsa", "cle_nom"], how="left").with_columns(
        pl.struct(cle_nir.alias("nir"), pl.when(cle_nir.is_null()).then("cle_nom").alias("nom"))
        .rank("dense")
        .cast(pl.Int32)
        .alias("personne"),
        pl.struct("caisse", "numdemrsa").rank("dense").cast(pl.Int32).alias("dossier"),
    )
    t["identites"] = identites
    t["par_nir"] = identites.filter(col("nir").is_not_null()).select("nir", par_nir="personne").unique()
    noms = pl.concat(
        identites.filter(col(cle).is_not_null()).select("numdemrsa", col(cle).alias("cle_nom"), "personne")
        for cle in ("cle_nom", "cle_nom_usage")
    ).unique()

    def seule(*cles: str) -> pl.DataFrame:
        une = col("personne")
        trouvees = noms.group_by(cles).agg(une.first().alias(f"par_{cles[0]}"), une.n_unique().alias("combien"))
        return trouvees.filter(col("combien") == 1).drop("combien")

    t["par_dossier"] = seule("numdemrsa", "cle_nom")
    t["par_nom"] = seule("cle_nom")


def lire_evenements(t: Tables, entrepot: str, genre: str, colonnes: dict) -> pl.DataFrame:
    """Of each event the last version, unless it withdraws it, and the person whom it names."""
    segments = sorted(glob.glob(f"{entrepot}/evenements/genre={genre}/*.parquet"))
    if not segments:
        return pl.DataFrame(schema={"personne": pl.Int32, "id_evenement": pl.String} | colonnes)
    metas = metadonnees(segments)
    fichiers = pl.LazyFrame(
        {
            "segment": [meta["segment"] for meta in metas],
            "recu_le": [date.fromisoformat(meta["recu_le"]) for meta in metas],
            "nom_du_fichier": [meta["nom"] for meta in metas],
        }
    )
    return (
        pl.scan_parquet(segments, include_file_paths="segment", hive_partitioning=False)
        .join(fichiers, on="segment")
        .sort(pl.coalesce("saisi_le", "recu_le"), "recu_le", "nom_du_fichier", "segment", "ligne")
        .unique("id_evenement", keep="last", maintain_order=True)
        .filter(~col("annule"))
        .join(t["par_nir"].lazy(), on="nir", how="left")
        .join(t["par_dossier"].lazy(), on=["numdemrsa", "cle_nom"], how="left")
        .join(t["par_nom"].lazy(), on="cle_nom", how="left")
        .with_columns(
            pl.when(col("nir").is_not_null())
            .then("par_nir")
            .when(col("numdemrsa") != "")
            .then("par_numdemrsa")
            .otherwise("par_cle_nom")
            .alias("personne")
        )
        .filter(col("personne").is_not_null())
        .select("personne", "id_evenement", *colonnes)
        .collect()
    )


def lire_pole_emploi(entrepot: str) -> pl.DataFrame:
    """The reports of Pôle emploi: a later file replaces the same figure of the same period."""
    periode = {"periode_du": pl.Date, "periode_au": pl.Date, "indicateur": pl.String}
    lus = [
        pl.read_parquet(meta["segment"], hive_partitioning=False).sort("ligne")
        for meta in sorted(
            metadonnees(glob.glob(f"{entrepot}/evenements/genre=pole_emploi/*.parquet")),
            key=lambda meta: (meta["recu_le"], meta["nom"], meta["segment"]),
        )
    ]
    vide = pl.DataFrame(schema=periode | {"valeur": pl.Float64})
    return pl.concat([vide, *(lu.select(vide.columns) for lu in lus)]).unique(
        [*periode], keep="last", maintain_order=True
    )


def situer(t: Tables, flux: pl.LazyFrame) -> None:
    """What each file says of each person in each dossier, absences from the stocks included."""
    etat = pl.coalesce("double_etat", "etat")
    en_double = col("double_etat").is_not_null()
    suspension = pl.when(en_double).then("double_suspension").otherwise("suspension")
    motif = pl.when(en_double).then("double_motif").otherwise("motif_cloture")
    classe = (
        pl.when(etat == 2)
        .then(VERSABLE)
        .when(etat.is_in([3, 4]))
        .then(SUSPENDU)
        .when(etat.is_in([5, 6]))
        .then(CLOS)
        .otherwise(SANS_DROIT)
        .cast(pl.Int8)
    )
    releves = (
        flux.select("segment", "identite", "etat", "top", "suspension", "motif_cloture")
        .join(t["fichiers"].lazy().select("segment", "caisse", "rang"), on="segment")
        .join(
            t["identites"].lazy().select("caisse", "identite", "personne", "dossier", "numdemrsa"),
            on=["caisse", "identite"],
        )
        .join(t["doubles"].lazy(), on=["rang", "numdemrsa"], how="left")
        .select(
            "personne",
            "dossier",
            "rang",
            "top",
            classe.alias("classe"),
            suspension.alias("suspension"),
            motif.str.contains("(^| )(MUT|RGD|CMU)( |$)").alias("transfert"),
        )
        .group_by("personne", "dossier", "rang")
        .agg(col("classe", "suspension").min(), col("top", "transfert").max())
        .sort("personne", "dossier", "rang")
        .collect(engine="streaming")
    )
    # Missing from a stock while the latest record was versable or suspendu: absent there, as if closed.
    sautes = (
        releves.lazy()
        .select("personne", "dossier", "rang", "classe")
        .join(t["places"].lazy(), on="rang", maintain_order="left")
        .with_columns(
            suivant("rang", *PERSONNE_DOSSIER).alias("suivant"),
            suivant("stocks_avant", *PERSONNE_DOSSIER).fill_null(col("stocks")).alias("stocks_avant_suivant"),
        )
        .filter(col("classe") <= SUSPENDU, col("stocks_compris") < col("stocks_avant_suivant"))
        .collect()
    )
    dossiers = t["identites"].select("caisse", "numdemrsa", "dossier").unique()
    non_lus = t["non_lus"].join(dossiers, on=["caisse", "numdemrsa"])
    absences = (
        sautes.join(t["fichiers"].select("rang", "caisse"), on="rang")
        .join(t["stocks"].rename({"rang": "stock"}), on="caisse")
        .filter(col("stock") > col("rang"), col("suivant").is_null() | (col("stock") < col("suivant")))
        .join(non_lus, left_on=["stock", "dossier"], right_on=["rang", "dossier"], how="anti")
        .group_by("personne", "dossier", "rang")
        .agg(col("stock").min())
        .select(
            "personne",
            "dossier",
            col("stock").alias("rang"),
            classe=pl.lit(CLOS, pl.Int8),
            suspension=pl.lit(None, pl.Date),
            top=False,
            transfert=False,
            porteuse=False,
        )
    )
    # A missing top is that of the record before when the dossier is versable, and 0 otherwise.
    herite = (col("classe") == VERSABLE) & meme(*PERSONNE_DOSSIER).fill_null(False)
    t["etats"] = (
        pl.concat([releves.lazy().with_columns(porteuse=True), absences.lazy()])
        .sort("personne", "dossier", "rang")
        .with_columns(pl.when(col("top").is_null() & ~herite).then(False).otherwise("top").forward_fill().alias("top"))
        .with_columns(
            ((col("classe") == VERSABLE) & col("top")).alias("en_dd"),
            suivant("rang", *PERSONNE_DOSSIER).alias("suivant"),
        )
        .collect()
    )


def derouler(t: Tables) -> None:
    """The steps of each person: what each file leaves true, over the latest record of each dossier; then
    the steps that change something."""
    plusieurs = (
        t["identites"].group_by("personne").agg(col("dossier").n_unique()).filter(col("dossier") > 1).select("personne")
    )
    colonnes = ("personne", "rang", "classe", "en_dd", "porteuse", "transfert")
    a_plusieurs = t["etats"].join(plusieurs, on="personne", how="semi")
    du_fichier = col("rang") == col("etape")
    reunies = (
        a_plusieurs.select("personne", etape="rang")
        .unique()
        .lazy()
        .join(a_plusieurs.lazy(), on="personne")
        .filter(col("rang") <= col("etape"), col("suivant").is_null() | (col("etape") < col("suivant")))
        .group_by("personne", "etape")
        .agg(
            col("classe").min(),
            col("en_dd").any(),
            (col("porteuse") & du_fichier).any(),
            (col("transfert") & du_fichier).any(),
        )
        .rename({"etape": "rang"})
        .collect()
    )
    seuls = t["etats"].join(plusieurs, on="personne", how="anti")
    t["etapes"] = pl.concat([seuls.select(colonnes), reunies.select(colonnes)]).sort("personne", "rang")
    t["changements"] = (
        t["etapes"]
        .with_columns(
            (col("en_dd") != precedent("en_dd", "personne").fill_null(False)).alias("change_dd"),
            (col("classe") != precedent("classe", "personne").fill_null(0)).alias("change_classe"),
        )
        .filter(col("change_dd") | col("change_classe"))
        .join(t["fichiers"].select("rang", "caisse", "dtref", "mois"), on="rang", maintain_order="left")
    )
    t["suites"] = (
        t["changements"]
        .filter("change_classe")
        .with_columns(
            suivant("rang", "personne").alias("rang_apres"),
            suivant("dtref", "personne").alias("dtref_apres"),
        )
    )


def fermer(t: Tables) -> None:
    """What closes the follow-ups notified that day or before: seen from the steps after `rang`, or from
    the entries known that day or after when there is no `rang`."""
    # A radiation that opens on a dossier that goes on elsewhere, taken up in a new one within 2 months.
    radiations = t["suites"].filter(col("classe") == CLOS)
    possibles = radiations.filter(col("transfert"), dans_les_mois(col("dtref"), col("dtref_apres"), 2))
    etats = t["etats"].join(possibles, on="personne", how="semi")
    premiers = etats.group_by(PERSONNE_DOSSIER).agg(col("rang").min().alias("premier"))
    repris = (
        etats.filter(col("classe") <= SUSPENDU)
        .join(premiers, on=PERSONNE_DOSSIER)
        .select("personne", "premier", rang_apres="rang")
    )
    transferts = possibles.join(repris, on=["personne", "rang_apres"]).filter(col("premier") >= col("rang"))
    debut = pl.when(col("suspension") <= col("dtref")).then("suspension").otherwise("dtref")
    suspensions = (
        t["suites"]
        .filter(col("classe") == SUSPENDU)
        .join(t["etats"].filter(col("classe") == SUSPENDU), on="personne", suffix="_etat")
        .filter(
            col("rang_etat") <= col("rang"),
            col("suivant").is_null() | (col("rang") < col("suivant")),
        )
        .group_by("personne", "rang")
        .agg(col("dtref", "dtref_apres").first(), col("suspension").min())
        .with_columns(debut.dt.offset_by("12mo").alias("jour"))
        .filter(col("dtref_apres") > col("jour"))
    )
    t["fermetures"] = pl.concat(
        [
            t["fins_suivi"].select("personne", rang=pl.lit(None, pl.Int32), jour="date_fin"),
            radiations.join(transferts, on=["personne", "rang"], how="anti").select("personne", "rang", jour="dtref"),
            suspensions.select("personne", "rang", "jour"),
        ]
    )


def entrer(t: Tables) -> None:
    """The entries: the three criteria, one a month, and the window of each; then what follows them."""
    bascules = (
        t["changements"].filter("change_dd").with_columns(suivant("rang", "personne").alias("rang_apres"))
    )
    debuts = bascules.join(t["bases"], on="caisse").filter(col("en_dd"), col("dtref") > col("base"))
    mois_avant = (
        debuts.select("personne", "rang", "mois")
        .join(bascules.select("personne", "en_dd", avant="rang", mois_avant="mois"), on="personne")
        .filter(col("mois_avant") < col("mois"))
        .group_by("personne", "rang")
        .agg(col("en_dd").sort_by("avant").last().alias("en_dd_mois_avant"))
    )
    candidates = (
        debuts.join(mois_avant, on=["personne", "rang"], how="left")
        .filter(~col("en_dd_mois_avant").fill_null(False))
        .select("personne", "rang", "rang_apres", "mois")
        .join(t["etapes"].filter("porteuse").select("personne", etape="rang"), on="personne")
        .filter(col("etape") >= col("rang"), col("rang_apres").is_null() | (col("etape") < col("rang_apres")))
        .join(t["fichiers"].select("recu_le", etape="rang"), on="etape")
        .group_by("personne", "rang", "mois")
        .agg(col("recu_le").min().alias("t0"))
    )
    orientees = (
        candidates.join(t["orientations"], on="personne")
        .filter(col("date_notification") < col("t0"))
        .group_by("personne", "rang")
        .agg(col("date_notification").max().alias("orientee_le"))
    )
    fermees = (
        candidates.join(t["fermetures"].rename({"rang": "rang_fermeture"}), on="personne")
        .filter(
            (col("rang_fermeture") < col("rang"))
            | (col("rang_fermeture").is_null() & (col("jour") <= col("t0")))
        )
        .group_by("personne", "rang")
        .agg(col("jour").max().alias("fermee_le"))
    )
    t["entrees"] = (
        candidates.join(orientees, on=["personne", "rang"], how="left")
        .join(fermees, on=["personne", "rang"], how="left")
        .filter(col("orientee_le").is_null() | (col("orientee_le") <= col("fermee_le")))
        .sort("personne", "rang")
        .unique(["personne", "mois"], keep="first", maintain_order=True)
        .select("personne", "t0", fin=suivant("t0", "personne").fill_null(date.max))
        .with_row_index("entree")
    )
    dans_la_fenetre = (col("jour") >= col("t0")) & (col("jour") < col("fin"))
    orientations = t["orientations"].rename({"date_notification": "jour"})
    t["orientations_des_entrees"] = (
        t["entrees"]
        .join(orientations, on="personne")
        .filter(dans_la_fenetre)
        .sort("jour", "id_evenement")
        .unique("entree", keep="first", maintain_order=True)
        .select("entree", orientee_le="jour", hors_pe=col("organisme") != "PE")
    )
    t["contrats_des_entrees"] = (
        t["entrees"]
        .join(t["cer"].rename({"date_signature": "jour"}), on="personne")
        .filter(dans_la_fenetre, col("type_contrat") == "cer", col("rang").fill_null(1) == 1)
        .group_by("entree")
        .agg(col("jour").min().alias("cer_le"))
    )
    accompagnements = t["accompagnements"].with_columns(pl.coalesce("date_proposition", "date_debut").alias("jour"))
    gad = pl.concat(
        [
            orientations.filter(col("dispositif") == "GAD").select("personne", "jour"),
            accompagnements.filter(col("type_accompagnement") == "GAD").select("personne", "jour"),
        ]
    )
    t["gad_des_entrees"] = (
        t["entrees"].join(gad, on="personne").filter(dans_la_fenetre).group_by("entree").agg(col("jour").min())
    )


def preparer(entrepot: str) -> Tables:
    """Everything that does not depend on the campaign."""
    segments = sorted(glob.glob(f"{entrepot}/flux/*/*/*.parquet"))
    t = lire_fichiers(metadonnees(segments))
    flux = pl.scan_parquet(segments, include_file_paths="segment", hive_partitioning=False)
    reconnaitre(t, flux)
    for genre, colonnes in EVENEMENTS.items():
        t[genre] = lire_evenements(t, entrepot, genre, colonnes)
    t["pole_emploi"] = lire_pole_emploi(entrepot)
    situer(t, flux)
    derouler(t)
    fermer(t)
    entrer(t)
    return t


def cohorte(t: Tables, campagne: Campagne) -> dict[str, int]:
    """3.1.1 to 3.2.1: the cohort, and the outcomes dated by the arrêté."""
    entrees = t["entrees"].filter(col("t0").is_between(campagne.du, campagne.au))
    orientees = entrees.join(t["orientations_des_entrees"], on="entree").filter(col("orientee_le") <= campagne.arrete)
    premiers_rdv = (
        orientees.filter("hors_pe")
        .join(t["rendez_vous"], on="personne")
        .filter(
            col("type_rdv").is_in(["accompagnement", "cer"]),
            ~col("statut").is_in(["annule", "reporte"]),
            col("date_rdv") >= col("orientee_le"),
            col("date_rdv") < col("fin"),
            pl.coalesce("date_fixation", "date_rdv") <= campagne.arrete,
        )
        .group_by("entree")
        .agg(col("date_rdv").min().alias("rdv_le"))
    )
    contrats = t["contrats_des_entrees"].filter(col("cer_le") <= campagne.arrete)
    suivies = (
        orientees.with_columns(dans_les_mois(col("t0"), col("orientee_le"), 1).alias("dans_le_mois"))
        .join(premiers_rdv, on="entree", how="left")
        .join(contrats, on="entree", how="left")
    )
    rdv_dans_les_delais = col("rdv_le") <= col("orientee_le").dt.offset_by("14d")
    comptes = suivies.select(
        (col("dans_le_mois")).sum().alias("3.1.2"),
        (col("hors_pe") & col("rdv_le").is_not_null()).sum().alias("3.1.3"),
        (col("hors_pe") & col("dans_le_mois") & rdv_dans_les_delais).sum().alias("3.1.4"),
        (col("hors_pe") & col("cer_le").is_not_null()).sum().alias("3.1.5"),
        (col("hors_pe") & dans_les_mois(col("t0"), col("cer_le"), 2)).sum().alias("3.1.6"),
    )
    gad = entrees.join(t["gad_des_entrees"], on="entree").filter(col("jour") <= campagne.arrete)
    return {"3.1.1": entrees.height, **comptes.row(0, named=True), "3.2.1": gad.height}


def garantie(t: Tables, campagne: Campagne) -> dict[str, float | None]:
    """3.2.2 to 3.2.6: all the bénéficiaires du RSA."""

    def beneficiaires(evenements: pl.DataFrame) -> pl.DataFrame:
        """Those whose person is versable or suspendue on `jour`."""
        beneficiaire = t["suites"].filter(col("classe") <= SUSPENDU).select("personne", "dtref", "dtref_apres")
        return evenements.join(beneficiaire, on="personne").filter(
            col("dtref") <= col("jour"), col("dtref_apres").is_null() | (col("jour") < col("dtref_apres"))
        )

    conseiller = (
        col("conseiller")
        .str.to_uppercase()
        .str.normalize("NFKD")
        .str.replace_all(r"\p{M}", "")
        .str.replace_many({"Œ": "OE", "Æ": "AE", "ẞ": "SS"})
        .str.replace_all(r"[-'’\s]+", " ")
        .str.strip_chars()
    )
    en_cours = beneficiaires(
        t["accompagnements"]
        .filter(
            col("date_debut") <= campagne.arrete,
            col("date_fin").is_null() | (col("date_fin") > campagne.arrete),
        )
        .with_columns(conseiller, jour=pl.lit(campagne.arrete))
    )
    gad = en_cours.filter(col("type_accompagnement") == "GAD")
    ag = en_cours.filter(col("type_accompagnement") == "AG")
    suivis = ag.filter(col("conseiller") != "")
    proposes = beneficiaires(
        pl.concat(
            [
                t["accompagnements"].filter(col("type_accompagnement") == "AG").select("personne", jour="date_proposition"),
                t["orientations"].filter(col("dispositif") == "AG").select("personne", jour="date_notification"),
            ]
        ).filter(col("jour").is_between(campagne.du, campagne.au))
    )
    demarres = t["accompagnements"].filter(
        col("type_accompagnement") == "AG",
        col("date_proposition").is_not_null(),
        col("date_debut").is_between(campagne.du, campagne.au),
    )
    jours = demarres.select((col("date_debut") - col("date_proposition")).dt.total_days().sum()).item()
    return {
        "3.2.2": gad["personne"].n_unique(),
        "3.2.3": proposes["personne"].n_unique(),
        "3.2.4": ag["personne"].n_unique(),
        "3.2.5": arrondi(suivis.select("personne", "conseiller").n_unique(), suivis["conseiller"].n_unique()),
        "3.2.6": arrondi(jours, demarres.height),
    }


def indicateurs(t: Tables, campagne: Campagne) -> dict[str, float | None]:
    """The twelve figures of a campaign. What Pôle emploi reported for exactly the period is official."""
    rapport = t["pole_emploi"].filter(
        col("periode_du") == campagne.du, col("periode_au") == campagne.au
    )
    return cohorte(t, campagne) | garantie(t, campagne) | dict(rapport.select("indicateur", "valeur").iter_rows())


def main() -> None:
    entrepot, fichier, *noms = arguments("ENTREPOT CAMPAGNES.toml NOM…", 3)
    depart = time.perf_counter()
    tables = preparer(entrepot)
    reponse = {campagne.nom: indicateurs(tables, campagne) for campagne in campagnes(fichier, noms)}
    repondre("polars", pl.__version__, depart, indicateurs=reponse)


if __name__ == "__main__":
    main()
