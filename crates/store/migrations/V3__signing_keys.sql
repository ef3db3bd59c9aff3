-- The keys that sign tokens, sealed under the master key.
CREATE TABLE signing_keys (
    kid TEXT PRIMARY KEY NOT NULL,
    sealed BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    signs_from BIGINT NOT NULL,
    retires_at BIGINT
); -- by key
CREATE INDEX signing_keys_by_end ON signing_keys (retires_at) WHERE retires_at IS NOT NULL;
