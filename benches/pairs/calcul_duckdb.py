"""The twelve indicators of one or more campaigns, in DuckDB SQL, from the segments of a warehouse.

    calcul_duckdb.py ENTREPOT CAMPAGNES.toml NOM…

Default readings only; no detail, no split, no known-on day. Left out, since no generated file holds
them: mended extracts, what a purge leaves behind, events that name their person by a MATRICULE.
Source of the rules: instruction n° DGCS/SD1B/DIPLP/DGEFP/2022/19 du 19 janvier 2022, annexe 7.
"""

import glob
import time

import duckdb

from commun import Campagne, arguments, arrondi, campagnes, repondre

# Classes, strongest first: 1 versable, 2 suspendu, 3 clos, 4 sans droit.
FONCTIONS = """
CREATE MACRO classe_de(etat) AS CASE WHEN etat = 2 THEN 1 WHEN etat IN (3, 4) THEN 2 WHEN etat IN (5, 6) THEN 3 ELSE 4 END;
CREATE MACRO mois_de(jour) AS year(jour) * 12 + month(jour);
CREATE MACRO dans_les_mois(debut, fin, n) AS
  mois_de(fin) - mois_de(debut) < n OR (mois_de(fin) - mois_de(debut) = n AND day(fin) < day(debut));
"""

# The files of flux, in the order of the steps.
FICHIERS = """
CREATE TEMP TABLE fichiers AS
WITH metadonnees AS (
  SELECT file_name AS fichier, decode(value)::JSON AS m
  FROM parquet_kv_metadata(getvariable('segments')) WHERE decode(key) = 'jalon'
), lus AS (
  SELECT fichier, m->>'caisse' AS caisse, (m->>'mensuel')::BOOLEAN AS mensuel, (m->>'dtref')::DATE AS dtref,
         (m->>'cree_le')::TIMESTAMP AS cree_le, (m->>'recu_le')::DATE AS recu_le, m->>'nom' AS nom,
         m->'non_lus' AS non_lus, m->'doubles' AS doubles
  FROM metadonnees
)
SELECT *, (row_number() OVER (ORDER BY dtref, mensuel, cree_le, nom, fichier))::INTEGER AS rang FROM lus;

-- The first stock of each caisse: what it shows is a past.
CREATE TEMP TABLE bases AS
SELECT caisse, min(dtref) AS base FROM fichiers WHERE mensuel GROUP BY caisse;

-- The stocks that make absences: of several of a caisse on one date, the last. And of each file,
-- how many of its caisse come before it, and how many in all.
CREATE TEMP TABLE stocks AS
SELECT caisse, max(rang) AS rang FROM fichiers WHERE mensuel GROUP BY caisse, dtref;

CREATE TEMP TABLE places AS
SELECT f.rang, f.fichier, count(*) FILTER (s.rang < f.rang) AS stocks_avant,
       count(*) FILTER (s.rang <= f.rang) AS stocks_compris, count(s.rang) AS stocks
FROM fichiers AS f LEFT JOIN stocks AS s USING (caisse)
GROUP BY f.rang, f.fichier;
"""

# Who is who: a NIR; without one, a name, unless one NIR alone has that name in the same NUMDEMRSA.
PERSONNES = """
CREATE TEMP TABLE identites AS
WITH lues AS (
  SELECT caisse, identite, any_value(numdemrsa) AS numdemrsa, any_value(nir) AS nir,
         any_value(cle_nom) AS cle_nom, any_value(cle_nom_usage) AS cle_nom_usage
  FROM read_parquet(getvariable('segments'), hive_partitioning = true)
  GROUP BY caisse, identite
), nir_du_dossier AS (
  SELECT numdemrsa, cle_nom, any_value(nir) AS nir_joint
  FROM lues WHERE nir IS NOT NULL AND cle_nom IS NOT NULL
  GROUP BY numdemrsa, cle_nom HAVING count(DISTINCT nir) = 1
), cles AS (
  SELECT lues.*, coalesce(nir, nir_joint) AS cle_nir
  FROM lues LEFT JOIN nir_du_dossier USING (numdemrsa, cle_nom)
)
SELECT * EXCLUDE (cle_nir),
       (dense_rank() OVER (ORDER BY cle_nir, CASE WHEN cle_nir IS NULL THEN cle_nom END))::INTEGER AS personne,
       (dense_rank() OVER (ORDER BY caisse, numdemrsa))::INTEGER AS dossier
FROM cles;

-- What an event may name a person by.
CREATE TEMP TABLE par_nir AS
SELECT DISTINCT nir, personne FROM identites WHERE nir IS NOT NULL;

CREATE TEMP TABLE noms AS
SELECT numdemrsa, cle_nom, personne FROM identites WHERE cle_nom IS NOT NULL
UNION
SELECT numdemrsa, cle_nom_usage, personne FROM identites WHERE cle_nom_usage IS NOT NULL;

CREATE TEMP TABLE par_dossier AS
SELECT numdemrsa, cle_nom, any_value(personne) AS personne
FROM noms GROUP BY numdemrsa, cle_nom HAVING count(DISTINCT personne) = 1;

CREATE TEMP TABLE par_nom AS
SELECT cle_nom, any_value(personne) AS personne
FROM noms GROUP BY cle_nom HAVING count(DISTINCT personne) = 1;
"""

# The files of events, and of each event the last version, unless it withdraws it.
VERSIONS = """
CREATE TEMP TABLE {genre} AS
WITH fichiers_du_genre AS (
  SELECT file_name AS filename, (m->>'recu_le')::DATE AS recu_le, m->>'nom' AS nom_du_fichier
  FROM (SELECT file_name, decode(value)::JSON AS m
        FROM parquet_kv_metadata(getvariable('segments')) WHERE decode(key) = 'jalon')
), en_vigueur AS (
  SELECT e.*
  FROM read_parquet(getvariable('segments'), filename = true) AS e JOIN fichiers_du_genre USING (filename)
  QUALIFY row_number() OVER (
    PARTITION BY id_evenement
    ORDER BY coalesce(saisi_le, recu_le) DESC, recu_le DESC, nom_du_fichier DESC, filename DESC, ligne DESC) = 1
), nommes AS (
  SELECT e.*,
         CASE WHEN e.nir IS NOT NULL THEN n.personne
              WHEN e.numdemrsa <> '' THEN d.personne
              ELSE p.personne END AS personne
  FROM en_vigueur AS e
  LEFT JOIN par_nir AS n ON n.nir = e.nir
  LEFT JOIN par_dossier AS d ON d.numdemrsa = e.numdemrsa AND d.cle_nom = e.cle_nom
  LEFT JOIN par_nom AS p ON p.cle_nom = e.cle_nom
  WHERE NOT e.annule
)
SELECT personne, id_evenement AS id, {colonnes} FROM nommes WHERE personne IS NOT NULL;
"""

EVENEMENTS = {
    "orientations": {"date_notification": "DATE", "organisme": "VARCHAR", "dispositif": "VARCHAR"},
    "rendez_vous": {"type_rdv": "VARCHAR", "date_rdv": "DATE", "date_fixation": "DATE", "statut": "VARCHAR"},
    "cer": {"date_signature": "DATE", "type_contrat": "VARCHAR", "rang": "BIGINT"},
    "accompagnements": {
        "type_accompagnement": "VARCHAR",
        "date_proposition": "DATE",
        "date_debut": "DATE",
        "date_fin": "DATE",
        "conseiller": "VARCHAR",
    },
    "fins_suivi": {"date_fin": "DATE"},
}

# A report of Pôle emploi: a later file replaces the same figure of the same period.
POLE_EMPLOI = """
CREATE TEMP TABLE pole_emploi AS
SELECT periode_du, periode_au, indicateur, valeur
FROM read_parquet(getvariable('segments'), filename = true) AS e
JOIN (SELECT file_name AS filename, decode(value)::JSON AS m
      FROM parquet_kv_metadata(getvariable('segments')) WHERE decode(key) = 'jalon') USING (filename)
QUALIFY row_number() OVER (
  PARTITION BY periode_du, periode_au, indicateur
  ORDER BY (m->>'recu_le')::DATE DESC, m->>'nom' DESC, filename DESC, ligne DESC) = 1;
"""

# What each file says of each person in each dossier, absences from the stocks included.
RELEVES = """
CREATE TEMP TABLE doubles AS
SELECT rang, d->>'numdemrsa' AS numdemrsa, (d->>'etat')::INT AS etat, (d->>'suspension')::DATE AS suspension,
       d->>'motif_cloture' AS motif_cloture
FROM (SELECT rang, unnest(doubles::JSON[]) AS d FROM fichiers);

CREATE TEMP TABLE non_lus AS
SELECT f.rang, i.dossier
FROM (SELECT rang, caisse, unnest(non_lus::VARCHAR[]) AS numdemrsa FROM fichiers) AS f
JOIN (SELECT DISTINCT caisse, numdemrsa, dossier FROM identites) AS i USING (caisse, numdemrsa);

CREATE TEMP TABLE releves AS
WITH situations AS (
  SELECT f.rang, i.personne, i.dossier, r.top,
         CASE WHEN d.rang IS NULL THEN r.etat ELSE d.etat END AS etat,
         CASE WHEN d.rang IS NULL THEN r.suspension ELSE d.suspension END AS suspension,
         CASE WHEN d.rang IS NULL THEN r.motif_cloture ELSE d.motif_cloture END AS motif_cloture
  FROM read_parquet(getvariable('segments'), hive_partitioning = true, filename = true) AS r
  JOIN places AS f ON f.fichier = r.filename
  JOIN identites AS i ON i.caisse = r.caisse AND i.identite = r.identite
  LEFT JOIN doubles AS d ON d.rang = f.rang AND d.numdemrsa = i.numdemrsa
)
SELECT personne, dossier, rang, min(classe_de(etat))::TINYINT AS classe,
       bool_or(top) AS top, min(suspension) AS suspension,
       bool_or(regexp_matches(motif_cloture, '(^| )(MUT|RGD|CMU)( |$)')) AS transfert
FROM situations GROUP BY personne, dossier, rang;

-- Missing from a stock while the latest record was versable or suspendu: absent there, as if closed.
CREATE TEMP TABLE absences AS
WITH suites AS (
  SELECT personne, dossier, rang, classe, stocks, stocks_compris,
         lead(rang) OVER par_dossier AS suivant, lead(stocks_avant) OVER par_dossier AS stocks_avant_suivant
  FROM releves JOIN places USING (rang)
  WINDOW par_dossier AS (PARTITION BY personne, dossier ORDER BY rang)
), sautes AS (
  SELECT * FROM suites WHERE classe <= 2 AND stocks_compris < coalesce(stocks_avant_suivant, stocks)
)
SELECT s.personne, s.dossier, min(k.rang) AS rang
FROM sautes AS s
JOIN fichiers AS f USING (rang)
JOIN stocks AS k ON k.caisse = f.caisse AND k.rang > s.rang AND (s.suivant IS NULL OR k.rang < s.suivant)
ANTI JOIN non_lus AS n ON n.rang = k.rang AND n.dossier = s.dossier
GROUP BY s.personne, s.dossier, s.rang;

-- A missing top is that of the record before when the dossier is versable, and 0 otherwise.
CREATE TEMP TABLE etats AS
WITH tous AS (
  SELECT personne, dossier, rang, classe, suspension, transfert, true AS porteuse,
         CASE WHEN classe = 1 THEN top ELSE coalesce(top, false) END AS top
  FROM releves
  UNION ALL
  SELECT personne, dossier, rang, 3, NULL, false, false, false FROM absences
)
SELECT personne, dossier, rang, classe, suspension, transfert, porteuse,
       classe = 1 AND coalesce(last_value(top IGNORE NULLS) OVER par_dossier, false) AS en_dd,
       lead(rang) OVER par_dossier AS suivant
FROM tous
WINDOW par_dossier AS (PARTITION BY personne, dossier ORDER BY rang);
"""

# The steps of each person: what each file leaves true, over the latest record of each dossier; then
# the steps that change something.
ETAPES = """
CREATE TEMP TABLE etapes AS
WITH plusieurs_dossiers AS (
  SELECT personne FROM identites GROUP BY personne HAVING count(DISTINCT dossier) > 1
), etapes_a_plusieurs AS (
  SELECT DISTINCT personne, rang FROM etats SEMI JOIN plusieurs_dossiers USING (personne)
)
SELECT personne, rang, classe, en_dd, porteuse, transfert FROM etats ANTI JOIN plusieurs_dossiers USING (personne)
UNION ALL
SELECT s.personne, s.rang, min(e.classe), bool_or(e.en_dd),
       bool_or(e.porteuse) FILTER (e.rang = s.rang), bool_or(e.transfert) FILTER (e.rang = s.rang)
FROM etapes_a_plusieurs AS s
JOIN etats AS e ON e.personne = s.personne AND e.rang <= s.rang AND (e.suivant IS NULL OR s.rang < e.suivant)
GROUP BY s.personne, s.rang;

CREATE TEMP TABLE changements AS
WITH voisines AS (
  SELECT personne, rang, classe, en_dd, transfert,
         en_dd <> lag(en_dd, 1, false) OVER par_personne AS change_dd,
         classe <> lag(classe, 1, 0) OVER par_personne AS change_classe
  FROM etapes
  WINDOW par_personne AS (PARTITION BY personne ORDER BY rang)
)
SELECT v.*, f.caisse, f.dtref, mois_de(f.dtref) AS mois
FROM voisines AS v JOIN fichiers AS f USING (rang) WHERE change_dd OR change_classe;

-- The runs of steps of one class, each with the step that follows it.
CREATE TEMP TABLE suites AS
SELECT personne, rang, dtref, classe, transfert,
       lead(rang) OVER par_personne AS rang_apres, lead(dtref) OVER par_personne AS dtref_apres
FROM changements WHERE change_classe
WINDOW par_personne AS (PARTITION BY personne ORDER BY rang);
"""

# What closes the follow-ups notified that day or before: seen from the steps after `rang`, or from
# the entries known that day or after when there is no `rang`.
FERMETURES = """
-- A radiation that opens on a dossier that goes on elsewhere, taken up in a new one within 2 months.
CREATE TEMP TABLE transferts AS
WITH premiers AS (SELECT personne, dossier, min(rang) AS premier FROM etats GROUP BY personne, dossier)
SELECT DISTINCT s.personne, s.rang
FROM suites AS s
JOIN etats AS e ON e.personne = s.personne AND e.rang = s.rang_apres AND e.classe <= 2
JOIN premiers AS p ON p.personne = e.personne AND p.dossier = e.dossier AND p.premier >= s.rang
WHERE s.classe = 3 AND s.transfert AND dans_les_mois(s.dtref, s.dtref_apres, 2);

CREATE TEMP TABLE suspensions AS
WITH debuts AS (
  SELECT s.personne, s.rang, any_value(s.dtref) AS dtref, any_value(s.dtref_apres) AS fin, min(e.suspension) AS debut
  FROM suites AS s
  JOIN etats AS e ON e.personne = s.personne AND e.rang <= s.rang AND (e.suivant IS NULL OR s.rang < e.suivant)
  WHERE s.classe = 2 AND e.classe = 2
  GROUP BY s.personne, s.rang
)
SELECT personne, rang, fin, (CASE WHEN debut <= dtref THEN debut ELSE dtref END + INTERVAL 12 MONTH)::DATE AS limite
FROM debuts;

CREATE TEMP TABLE fermetures AS
SELECT personne, NULL AS rang, date_fin AS jour FROM fins_suivi
UNION ALL
SELECT personne, rang, dtref FROM suites ANTI JOIN transferts USING (personne, rang) WHERE classe = 3
UNION ALL
SELECT personne, rang, limite FROM suspensions WHERE fin > limite;
"""

# The entries: the three criteria, one a month, and the window of each.
ENTREES = """
CREATE TEMP TABLE entrees AS
WITH bascules AS (
  SELECT personne, rang, caisse, dtref, mois, en_dd,
         lead(rang) OVER (PARTITION BY personne ORDER BY rang) AS rang_apres
  FROM changements WHERE change_dd
), debuts AS (
  SELECT b.personne, b.rang, b.rang_apres, b.mois
  FROM bascules AS b JOIN bases USING (caisse)
  LEFT JOIN bascules AS a ON a.personne = b.personne AND a.mois < b.mois
  WHERE b.en_dd AND b.dtref > bases.base
  GROUP BY b.personne, b.rang, b.rang_apres, b.mois
  HAVING NOT coalesce(arg_max(a.en_dd, a.rang), false)
), candidates AS (
  SELECT d.personne, d.rang, d.mois, min(f.recu_le) AS t0
  FROM debuts AS d
  JOIN etapes AS e ON e.personne = d.personne AND e.rang >= d.rang AND (d.rang_apres IS NULL OR e.rang < d.rang_apres)
  JOIN fichiers AS f ON f.rang = e.rang
  WHERE e.porteuse
  GROUP BY d.personne, d.rang, d.mois
), dernieres_orientations AS (
  SELECT c.personne, c.rang, max(o.date_notification) AS jour
  FROM candidates AS c JOIN orientations AS o ON o.personne = c.personne AND o.date_notification < c.t0
  GROUP BY c.personne, c.rang
), dernieres_fermetures AS (
  SELECT c.personne, c.rang, max(f.jour) AS jour
  FROM candidates AS c
  JOIN fermetures AS f ON f.personne = c.personne AND (f.rang < c.rang OR (f.rang IS NULL AND f.jour <= c.t0))
  GROUP BY c.personne, c.rang
), sans_suivi AS (
  SELECT c.*
  FROM candidates AS c
  LEFT JOIN dernieres_orientations AS o USING (personne, rang)
  LEFT JOIN dernieres_fermetures AS f USING (personne, rang)
  WHERE o.jour IS NULL OR o.jour <= f.jour
  QUALIFY row_number() OVER (PARTITION BY c.personne, c.mois ORDER BY c.rang) = 1
)
SELECT row_number() OVER () AS entree, personne, t0,
       coalesce(lead(t0) OVER (PARTITION BY personne ORDER BY rang), DATE '9999-12-31') AS fin
FROM sans_suivi;

-- Everything that follows each entry; what counts depends on the campaign.
CREATE TEMP TABLE orientations_des_entrees AS
SELECT e.entree, o.date_notification AS jour, o.organisme
FROM entrees AS e
JOIN orientations AS o ON o.personne = e.personne AND o.date_notification >= e.t0 AND o.date_notification < e.fin
QUALIFY row_number() OVER (PARTITION BY e.entree ORDER BY o.date_notification, o.id) = 1;

CREATE TEMP TABLE contrats_des_entrees AS
SELECT e.entree, min(c.date_signature) AS jour
FROM entrees AS e
JOIN cer AS c ON c.personne = e.personne AND c.date_signature >= e.t0 AND c.date_signature < e.fin
WHERE c.type_contrat = 'cer' AND coalesce(c.rang, 1) = 1
GROUP BY e.entree;

CREATE TEMP TABLE gad_des_entrees AS
SELECT e.entree, min(g.jour) AS jour
FROM entrees AS e
JOIN (SELECT personne, date_notification AS jour FROM orientations WHERE dispositif = 'GAD'
      UNION ALL
      SELECT personne, coalesce(date_proposition, date_debut) FROM accompagnements WHERE type_accompagnement = 'GAD'
     ) AS g ON g.personne = e.personne AND g.jour >= e.t0 AND g.jour < e.fin
GROUP BY e.entree;
"""

# 3.1.1 to 3.2.1: the cohort, and the outcomes dated by the arrêté.
COHORTE = """
WITH cohorte AS (
  SELECT * FROM entrees WHERE t0 BETWEEN $du AND $au
), orientees AS (
  SELECT c.*, o.jour AS orientee_le, o.organisme <> 'PE' AS hors_pe,
         dans_les_mois(c.t0, o.jour, 1) AS dans_le_mois
  FROM cohorte AS c JOIN orientations_des_entrees AS o USING (entree) WHERE o.jour <= $arrete
), premiers_rdv AS (
  SELECT o.entree, min(r.date_rdv) AS jour
  FROM orientees AS o
  JOIN rendez_vous AS r ON r.personne = o.personne AND r.date_rdv >= o.orientee_le AND r.date_rdv < o.fin
  WHERE o.hors_pe AND r.type_rdv IN ('accompagnement', 'cer') AND r.statut NOT IN ('annule', 'reporte')
    AND coalesce(r.date_fixation, r.date_rdv) <= $arrete
  GROUP BY o.entree
), suivies AS (
  SELECT o.*, r.jour AS rdv_le, CASE WHEN c.jour <= $arrete THEN c.jour END AS cer_le
  FROM orientees AS o LEFT JOIN premiers_rdv AS r USING (entree) LEFT JOIN contrats_des_entrees AS c USING (entree)
)
SELECT (SELECT count(*) FROM cohorte) AS "3.1.1",
       count(*) FILTER (dans_le_mois) AS "3.1.2",
       count(rdv_le) FILTER (hors_pe) AS "3.1.3",
       count(*) FILTER (hors_pe AND dans_le_mois AND rdv_le <= orientee_le + 14) AS "3.1.4",
       count(cer_le) FILTER (hors_pe) AS "3.1.5",
       count(*) FILTER (hors_pe AND dans_les_mois(t0, cer_le, 2)) AS "3.1.6",
       (SELECT count(*) FROM cohorte JOIN gad_des_entrees USING (entree) WHERE jour <= $arrete) AS "3.2.1"
FROM suivies
"""

# 3.2.2 to 3.2.6: all the bénéficiaires du RSA.
GARANTIE = """
WITH en_cours AS (
  SELECT a.personne, a.type_accompagnement, trim(regexp_replace(replace(replace(replace(
           upper(strip_accents(a.conseiller)), 'Œ', 'OE'), 'Æ', 'AE'), 'ß', 'SS'), '[-''’\\s]+', ' ', 'g')) AS conseiller
  FROM accompagnements AS a
  JOIN suites AS e ON e.personne = a.personne AND e.dtref <= $arrete
       AND (e.dtref_apres IS NULL OR $arrete < e.dtref_apres) AND e.classe <= 2
  WHERE a.date_debut <= $arrete AND (a.date_fin IS NULL OR a.date_fin > $arrete)
), propositions AS (
  SELECT personne, date_proposition AS jour FROM accompagnements WHERE type_accompagnement = 'AG'
  UNION ALL
  SELECT personne, date_notification FROM orientations WHERE dispositif = 'AG'
), proposes AS (
  SELECT DISTINCT p.personne
  FROM propositions AS p
  JOIN suites AS e ON e.personne = p.personne AND e.dtref <= p.jour
       AND (e.dtref_apres IS NULL OR p.jour < e.dtref_apres) AND e.classe <= 2
  WHERE p.jour BETWEEN $du AND $au
), demarres AS (
  SELECT sum(date_debut - date_proposition) AS jours, count(*) AS nombre
  FROM accompagnements
  WHERE type_accompagnement = 'AG' AND date_proposition IS NOT NULL AND date_debut BETWEEN $du AND $au
)
SELECT count(DISTINCT personne) FILTER (type_accompagnement = 'GAD'),
       (SELECT count(*) FROM proposes),
       count(DISTINCT personne) FILTER (type_accompagnement = 'AG'),
       count(DISTINCT (personne, conseiller)) FILTER (type_accompagnement = 'AG' AND conseiller <> ''),
       count(DISTINCT conseiller) FILTER (type_accompagnement = 'AG' AND conseiller <> ''),
       (SELECT jours FROM demarres), (SELECT nombre FROM demarres)
FROM en_cours
"""


def preparer(base: duckdb.DuckDBPyConnection, entrepot: str) -> None:
    """Everything that does not depend on the campaign."""

    def segments(chemins: str) -> bool:
        base.execute("SET VARIABLE segments = $chemins", {"chemins": f"{entrepot}/{chemins}"})
        return bool(glob.glob(f"{entrepot}/{chemins}"))

    segments("flux/*/*/*.parquet")
    for etape in (FONCTIONS, FICHIERS, PERSONNES, RELEVES, ETAPES):
        base.execute(etape)
    for genre, colonnes in EVENEMENTS.items():
        if segments(f"evenements/genre={genre}/*.parquet"):
            base.execute(VERSIONS.format(genre=genre, colonnes=", ".join(colonnes)))
        else:
            vides = ", ".join(f"{colonne} {nature}" for colonne, nature in colonnes.items())
            base.execute(f"CREATE TEMP TABLE {genre} (personne BIGINT, id VARCHAR, {vides})")
    if segments("evenements/genre=pole_emploi/*.parquet"):
        base.execute(POLE_EMPLOI)
    else:
        base.execute("CREATE TEMP TABLE pole_emploi (periode_du DATE, periode_au DATE, indicateur VARCHAR, valeur DOUBLE)")
    for etape in (FERMETURES, ENTREES):
        base.execute(etape)


def indicateurs(base: duckdb.DuckDBPyConnection, campagne: Campagne) -> dict[str, float | None]:
    """The twelve figures of a campaign."""
    periode = {"du": campagne.du, "au": campagne.au, "arrete": campagne.arrete}
    cohorte = base.execute(COHORTE, periode)
    figures = dict(zip([colonne[0] for colonne in cohorte.description], cohorte.fetchone(), strict=True))
    gad, proposes, ag, suivis, conseillers, jours, demarres = base.execute(GARANTIE, periode).fetchone()
    figures |= {
        "3.2.2": gad,
        "3.2.3": proposes,
        "3.2.4": ag,
        "3.2.5": arrondi(suivis, conseillers),
        "3.2.6": arrondi(jours, demarres),
    }
    rapport = "SELECT indicateur, valeur FROM pole_emploi WHERE periode_du = $du AND periode_au = $au"
    return figures | dict(base.execute(rapport, {"du": campagne.du, "au": campagne.au}).fetchall())


def main() -> None:
    entrepot, fichier, *noms = arguments("ENTREPOT CAMPAGNES.toml NOM…", 3)
    depart = time.perf_counter()
    base = duckdb.connect(config={"preserve_insertion_order": False})
    preparer(base, entrepot)
    reponse = {campagne.nom: indicateurs(base, campagne) for campagne in campagnes(fichier, noms)}
    repondre("duckdb", duckdb.__version__, depart, indicateurs=reponse)


if __name__ == "__main__":
    main()
