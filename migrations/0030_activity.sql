-- Activity: who changed what by the management API. Pushes and deletions are events; both are shown as one list.
CREATE TABLE activity (
  id TEXT PRIMARY KEY, -- act_<UUID version 7>: ordered by time
  space_id INTEGER, -- null: the installation. No foreign key: what happened stays true when the thing is gone
  actor TEXT NOT NULL, -- the credential's id, administrator, or the address of one whom Cloudflare Access let in
  action TEXT NOT NULL, -- as in token.created
  subject TEXT, -- the id of what was changed, where it has one
  name TEXT, -- how that was called then
  repository TEXT, -- its path
  reference TEXT, -- a tag or digest of it
  detail TEXT, -- JSON object: what was asked for. Never a secret
  occurred_at INTEGER NOT NULL
) WITHOUT ROWID;

CREATE INDEX activity_by_space ON activity (space_id, id);
