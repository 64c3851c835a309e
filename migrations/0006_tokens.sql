-- Tokens: the credentials of a space. Only a hash of the secret is kept.
CREATE TABLE tokens (
  id TEXT PRIMARY KEY, -- tok_<hexadecimal>
  space_id INTEGER NOT NULL REFERENCES spaces (id),
  name TEXT NOT NULL,
  hash TEXT NOT NULL, -- SHA-256 of the secret, hexadecimal
  actions TEXT NOT NULL, -- JSON list of pull, push, delete, admin
  repositories TEXT NOT NULL, -- JSON list of patterns
  created_at INTEGER NOT NULL,
  expires_at INTEGER, -- null: does not expire
  revoked_at INTEGER,
  last_used_at INTEGER -- to the hour
) WITHOUT ROWID;

CREATE UNIQUE INDEX tokens_by_hash ON tokens (hash);
CREATE INDEX tokens_by_space ON tokens (space_id, id);
