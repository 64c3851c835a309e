-- Some targets' addresses are as good as passwords: `url` then has only the host, and the whole is kept encrypted.
ALTER TABLE targets ADD COLUMN sealed_url TEXT; -- AES-GCM, base64; null where `url` is the whole
