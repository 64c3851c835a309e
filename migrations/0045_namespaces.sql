-- Registries for which a space stands (?ns= of the distribution specification): JSON list of hosts. Its repositories answer for theirs of the same name.
ALTER TABLE spaces ADD COLUMN namespaces TEXT NOT NULL DEFAULT '[]';
