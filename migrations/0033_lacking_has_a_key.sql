-- A backup takes each table by its primary key. Nothing is ever kept in this one, so it is made anew.
DROP TABLE lacking;

CREATE TABLE lacking (
  digest TEXT PRIMARY KEY
) STRICT;

CREATE TRIGGER lacking_refuses BEFORE INSERT ON lacking
BEGIN
  SELECT RAISE(ABORT, 'manifest lacks content');
END;
