-- Who made a token: another token, whose rights it may not exceed, and which it can be revoked with.
ALTER TABLE tokens ADD COLUMN created_by TEXT; -- the id of a token, administrator, or an administrator's address; null: made before this was noted

CREATE INDEX tokens_by_maker ON tokens (created_by);
