-- Events name the host that the pusher used: what deploys needs an address that it can pull from. And they are listed by space.
ALTER TABLE events ADD COLUMN registry TEXT NOT NULL DEFAULT '';

CREATE INDEX events_by_space ON events (space_id, id);
