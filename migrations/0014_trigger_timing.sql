-- Triggers may wait: for all of a group to have the same tag, and for pushes to stop.
ALTER TABLE triggers ADD COLUMN timing TEXT NOT NULL DEFAULT '{}'; -- JSON object: group, debounceSeconds
