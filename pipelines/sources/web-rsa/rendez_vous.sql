-- Les rendez-vous de web-rsa, pour jalon : description pipelines/sources/web-rsa-rendez-vous.toml, où chaque
-- département dit ce que valent ses types et ses statuts.
--
--   psql -X -q -d webrsa -f rendez_vous.sql > rendez_vous.csv
--
-- Lecture seule. Le fichier contient des NIR : gardez-le pour le seul compte qui ingère (umask 077).
SET client_encoding = 'UTF8';
SET datestyle = 'ISO';

COPY (
    SELECT
        'web-rsa-' || v.id AS id_evenement,
        trim(p.nir) AS nir,
        d.numdemrsa,
        d.matricule,
        p.nom,
        p.prenom,
        p.dtnai AS date_naissance,
        v.daterdv,
        v.created::date AS cree_le,
        t.libelle AS typerdv,
        u.libelle AS statutrdv
    FROM rendezvous v
    JOIN personnes p ON p.id = v.personne_id
    JOIN foyers f ON f.id = p.foyer_id
    JOIN dossiers d ON d.id = f.dossier_id
    LEFT JOIN typesrdv t ON t.id = v.typerdv_id
    LEFT JOIN statutsrdvs u ON u.id = v.statutrdv_id
    WHERE EXISTS (
        SELECT 1 FROM prestations r
        WHERE r.personne_id = p.id AND r.natprest = 'RSA' AND r.rolepers IN ('DEM', 'CJT')
    )
    ORDER BY v.id
) TO STDOUT WITH (FORMAT csv, HEADER, DELIMITER ';');
