-- Les fins de suivi de web-rsa, pour jalon : déjà dans ses colonnes, aucune description n'est nécessaire.
--
--   psql -X -q -d webrsa -f fins_suivi.sql > fins_suivi.csv
--
-- web-rsa ne dit pas qu'un suivi est fini : il dit quand le référent ne l'est plus. Une désignation terminée que
-- n'a suivie aucune autre vaut ici fin de suivi, de motif « autre ». Les 31 derniers jours sont laissés de côté : un
-- nouveau référent est souvent désigné après le départ de l'ancien. Si ce n'est pas l'usage du département, ne
-- déposez pas cet export : sans lui, les suivis se ferment par les seules règles du guide.
--
-- Lecture seule. Le fichier contient des NIR : gardez-le pour le seul compte qui ingère (umask 077).
SET client_encoding = 'UTF8';
SET datestyle = 'ISO';

COPY (
    SELECT
        'web-rsa-' || x.id AS id_evenement,
        trim(p.nir) AS nir,
        d.numdemrsa,
        d.matricule,
        p.nom,
        p.prenom,
        p.dtnai AS date_naissance,
        x.dfdesignation AS date_fin,
        'autre' AS motif
    FROM personnes_referents x
    JOIN personnes p ON p.id = x.personne_id
    JOIN foyers f ON f.id = p.foyer_id
    JOIN dossiers d ON d.id = f.dossier_id
    WHERE x.dfdesignation <= CURRENT_DATE - 31
    AND NOT EXISTS (
        SELECT 1 FROM personnes_referents autre
        WHERE autre.personne_id = x.personne_id AND autre.id <> x.id
        AND (autre.dfdesignation IS NULL OR (autre.dfdesignation, autre.id) > (x.dfdesignation, x.id))
    )
    AND EXISTS (
        SELECT 1 FROM prestations r
        WHERE r.personne_id = p.id AND r.natprest = 'RSA' AND r.rolepers IN ('DEM', 'CJT')
    )
    ORDER BY x.id
) TO STDOUT WITH (FORMAT csv, HEADER, DELIMITER ';');
