-- Storage over time: what each space had, once a day, as upkeep found it.
CREATE TABLE storage_days (
  space_id INTEGER NOT NULL REFERENCES spaces (id),
  day TEXT NOT NULL, -- as in 2026-11-28, in UTC
  bytes INTEGER NOT NULL, -- as spaces.bytes: a blob counts in each repository that links it
  repositories INTEGER NOT NULL,
  PRIMARY KEY (space_id, day)
) WITHOUT ROWID;

-- Whether a day was written yet.
CREATE INDEX storage_days_by_day ON storage_days (day);

-- A year and some weeks are kept: each new day takes the oldest with it.
CREATE TRIGGER storage_days_end AFTER INSERT ON storage_days
BEGIN
  DELETE FROM storage_days WHERE space_id = NEW.space_id AND day < date(NEW.day, '-400 days');
END;
