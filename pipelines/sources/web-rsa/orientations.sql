-- Les orientations de web-rsa, pour jalon : description pipelines/sources/web-rsa-orientations.toml.
--
--   psql -X -q -d webrsa -f orientations.sql > orientations.csv
--
-- Lecture seule. Le fichier contient des NIR : gardez-le pour le seul compte qui ingère (umask 077).
SET client_encoding = 'UTF8';
SET datestyle = 'ISO';

COPY (
    SELECT
        'web-rsa-' || o.id AS id_evenement,
        trim(p.nir) AS nir,
        d.numdemrsa,
        d.matricule,
        p.nom,
        p.prenom,
        p.dtnai AS date_naissance,
        o.date_valid,
        o.statut_orient,
        s.type_struct_stats,
        s.lib_struc,
        -- Le code est celui du type parent, quand il y en a un.
        coalesce(parent.code_type_orient, t.code_type_orient) AS code_type_orient
    FROM orientsstructs o
    JOIN personnes p ON p.id = o.personne_id
    JOIN foyers f ON f.id = p.foyer_id
    JOIN dossiers d ON d.id = f.dossier_id
    LEFT JOIN structuresreferentes s ON s.id = o.structurereferente_id
    LEFT JOIN typesorients t ON t.id = o.typeorient_id
    LEFT JOIN typesorients parent ON parent.id = t.parentid
    WHERE EXISTS (
        SELECT 1 FROM prestations r
        WHERE r.personne_id = p.id AND r.natprest = 'RSA' AND r.rolepers IN ('DEM', 'CJT')
    )
    ORDER BY o.id
) TO STDOUT WITH (FORMAT csv, HEADER, DELIMITER ';');
