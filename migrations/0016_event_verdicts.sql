-- What each trigger made of an event, so that a person sees why nothing was deployed.
ALTER TABLE events ADD COLUMN verdicts TEXT; -- JSON list of { trigger, fires, reason }; null until a consumer took it
