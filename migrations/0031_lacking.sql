-- Nothing is ever kept here. What a manifest needs and its repository lacks is inserted as it is pushed, and so ends the transaction:
-- the check and the push are one trip to the database.
CREATE TABLE lacking (
  digest TEXT NOT NULL
) STRICT;

CREATE TRIGGER lacking_refuses BEFORE INSERT ON lacking
BEGIN
  SELECT RAISE(ABORT, 'manifest lacks content');
END;
