-- Les contrats d'engagements réciproques de web-rsa, pour jalon : description pipelines/sources/web-rsa-cer.toml.
--
--   psql -X -q -d webrsa -f cer.sql > cer.csv
--
-- Lecture seule. Le fichier contient des NIR : gardez-le pour le seul compte qui ingère (umask 077).
SET client_encoding = 'UTF8';
SET datestyle = 'ISO';

COPY (
    SELECT
        'web-rsa-' || c.id AS id_evenement,
        trim(p.nir) AS nir,
        d.numdemrsa,
        d.matricule,
        p.nom,
        p.prenom,
        p.dtnai AS date_naissance,
        c.datevalidation_ci,
        c.df_ci,
        c.rg_ci,
        c.decision_ci,
        s.lib_struc
    FROM contratsinsertion c
    JOIN personnes p ON p.id = c.personne_id
    JOIN foyers f ON f.id = p.foyer_id
    JOIN dossiers d ON d.id = f.dossier_id
    LEFT JOIN structuresreferentes s ON s.id = c.structurereferente_id
    WHERE EXISTS (
        SELECT 1 FROM prestations r
        WHERE r.personne_id = p.id AND r.natprest = 'RSA' AND r.rolepers IN ('DEM', 'CJT')
    )
    ORDER BY c.id
) TO STDOUT WITH (FORMAT csv, HEADER, DELIMITER ';');
