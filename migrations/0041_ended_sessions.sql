-- Sessions of the console that somebody signed out of: a cookie that was kept is of no use.
CREATE TABLE ended_sessions (
  mark TEXT PRIMARY KEY, -- SHA-256 of what the session's signature covers, hexadecimal
  expires_at INTEGER NOT NULL -- when the session would have ended by itself: the row is of no use from then on
) WITHOUT ROWID;

CREATE INDEX ended_sessions_by_expiry ON ended_sessions (expires_at);
