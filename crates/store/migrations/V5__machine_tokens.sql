-- What the access tokens of machine clients stand for. One is good only while its client still has the secret that it had.
CREATE TABLE access_tokens (
    id BYTEA PRIMARY KEY NOT NULL,
    client TEXT NOT NULL,
    granted TEXT NOT NULL,
    secret_mac BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
); -- by key
CREATE INDEX access_tokens_by_expiry ON access_tokens (expires_at);

-- Where a machine client reads phone numbers; none is ID.
ALTER TABLE clients ADD COLUMN country TEXT;
