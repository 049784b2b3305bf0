-- Just enough of web-rsa for its exports: the tables and the columns that they read, and fictional people.
CREATE TABLE dossiers (id integer PRIMARY KEY, numdemrsa varchar(11), dtdemrsa date, matricule char(15), fonorg char(3), numorg char(3));
CREATE TABLE foyers (id integer PRIMARY KEY, dossier_id integer);
CREATE TABLE personnes (id integer PRIMARY KEY, foyer_id integer, nom varchar(50), nomnai varchar(50), prenom varchar(50), dtnai date, nir char(15), rgnai integer);
CREATE TABLE prestations (id integer PRIMARY KEY, personne_id integer, natprest char(3), rolepers char(3));
CREATE TABLE typesorients (id integer PRIMARY KEY, parentid integer, lib_type_orient varchar(100), code_type_orient varchar(10));
CREATE TABLE structuresreferentes (id integer PRIMARY KEY, lib_struc varchar(100), code_insee char(5), type_struct_stats varchar(10));
CREATE TABLE orientsstructs (id integer PRIMARY KEY, personne_id integer, typeorient_id integer, structurereferente_id integer, date_propo date, date_valid date, statut_orient varchar(15), rgorient integer, origine varchar(20), date_impression date, referent_id integer);
CREATE TABLE personnes_referents (id integer PRIMARY KEY, personne_id integer, referent_id integer, structurereferente_id integer, dddesignation date, dfdesignation date);
CREATE TABLE typesrdv (id integer PRIMARY KEY, libelle varchar(100), code_type varchar(20));
CREATE TABLE statutsrdvs (id integer PRIMARY KEY, libelle varchar(100), code_statut varchar(20));
CREATE TABLE rendezvous (id integer PRIMARY KEY, personne_id integer, daterdv date, typerdv_id integer, statutrdv_id integer, created timestamp, rang integer);
CREATE TABLE contratsinsertion (id integer PRIMARY KEY, personne_id integer, dd_ci date, df_ci date, datevalidation_ci date, date_saisi_ci date, decision_ci char(1), rg_ci integer, structurereferente_id integer);

INSERT INTO dossiers VALUES
    (91, '00000000001', '2021-02-01', '000000000000017', 'CAF', '991'),
    (92, '00000000002', '2021-02-01', '000000000000027', 'CAF', '991'),
    (93, '00000000003', '2021-02-01', '000000000000037', 'CAF', '991'),
    (99, '00000000009', '2015-02-01', '000000000000097', 'CAF', '991');
INSERT INTO foyers VALUES (81, 91), (82, 92), (83, 93), (89, 99);
-- A NIR of 13 characters in a column of 15 is padded with blanks.
INSERT INTO personnes VALUES
    (1, 81, 'BRUMEVAL', 'BRUMEVAL', 'ONDINE', '1987-04-19', '2870499900001', 1),
    (2, 82, 'BRUMEVAL', 'BRUMEVAL', 'ONDINE', '1987-04-19', '2870499900002', 1),
    (3, 83, 'BRUMEVAL', 'BRUMEVAL', 'ONDINE', '1987-04-19', '2870499900003', 1),
    (9, 89, 'BRUMEVAL', 'BRUMEVAL', 'ONDINE', '1987-04-19', '2870499900009', 1),
    (11, 81, 'BRUMEVAL', 'BRUMEVAL', 'AURÈLE', '2010-04-19', NULL, 1);
INSERT INTO prestations VALUES
    (1, 1, 'RSA', 'DEM'), (2, 1, 'PFA', 'DEM'), (3, 2, 'RSA', 'DEM'), (4, 3, 'RSA', 'CJT'), (5, 9, 'RSA', 'DEM'), (6, 11, 'RSA', 'ENF');

INSERT INTO typesorients VALUES (1, NULL, 'Social', 'SOCIAL'), (2, 1, 'Service social', 'SS'), (3, NULL, 'Emploi', 'EMPLOI');
INSERT INTO structuresreferentes VALUES (1, 'Antenne d''Orsel; annexe "Nord"', '99999', 'cd'), (2, 'Agence des Brumes', '99999', 'pe');
INSERT INTO orientsstructs (id, personne_id, typeorient_id, structurereferente_id, date_propo, date_valid, statut_orient, rgorient, origine) VALUES
    (1, 1, 2, 1, '2021-03-18', '2021-03-20', 'Orienté', 1, 'manuelle'),
    (2, 2, 3, 2, '2021-03-18', '2021-04-10', 'Orienté', 1, 'cohorte'),
    (3, 3, 2, 1, '2021-03-15', '2021-03-15', 'En attente', 1, 'manuelle'),
    (4, 3, 2, 1, '2021-03-15', '2021-03-25', 'Non orienté', 1, 'manuelle'),
    (5, 11, 2, 1, '2021-03-18', '2021-03-20', 'Orienté', 1, 'manuelle');

INSERT INTO typesrdv VALUES (1, 'Suivi individuel', 'SUIVI'), (2, 'Orientation', 'ORIENT'), (3, 'Réunion d''information collective', 'INFO'), (4, 'Café débat', 'CAFE');
INSERT INTO statutsrdvs VALUES (1, 'Honoré', 'HONORE'), (2, 'Non honoré', 'ABSENT');
INSERT INTO rendezvous VALUES
    (1, 1, '2021-04-02', 1, 1, '2021-03-22 09:12:00', 1),
    (2, 2, '2021-04-01', 2, 2, '2021-03-19 10:00:00', 1),
    (3, 1, '2021-03-12', 3, 1, '2021-03-10 10:00:00', 1),
    (4, 1, '2021-03-28', 4, 1, '2021-03-10 10:00:00', 1);

INSERT INTO contratsinsertion VALUES
    (1, 1, '2021-05-20', '2022-05-19', '2021-05-20', '2021-05-10', 'V', 1, 1),
    (2, 2, '2021-04-20', '2022-04-19', '2021-04-20', '2021-04-20', 'N', 1, 1),
    (3, 3, '2021-04-20', '2022-04-19', NULL, '2021-04-20', 'E', 1, 1);

INSERT INTO personnes_referents VALUES
    (1, 9, 1, 1, '2020-01-01', '2021-01-31'),
    (2, 1, 1, 1, '2020-12-01', '2021-03-31'),
    (3, 1, 2, 1, '2021-04-01', NULL);
