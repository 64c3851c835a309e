-- Scrub: content whose bytes in R2 were found gone, or others than its digest says, is quarantined until they are right again.
ALTER TABLE blobs ADD COLUMN quarantined_at INTEGER; -- null: nothing wrong is known
ALTER TABLE blobs ADD COLUMN damage TEXT CHECK (damage IN ('missing', 'corrupt')); -- what was found, while quarantined
ALTER TABLE manifests ADD COLUMN quarantined_at INTEGER; -- likewise, of those that have their bytes in R2
ALTER TABLE manifests ADD COLUMN damage TEXT CHECK (damage IN ('missing', 'corrupt'));

CREATE INDEX blobs_quarantined ON blobs (digest) WHERE quarantined_at IS NOT NULL;
CREATE INDEX manifests_quarantined ON manifests (digest, repository_id) WHERE quarantined_at IS NOT NULL;
