-- Codes that an account asks for: where its device is reached, and the right to choose a new password.

-- Device tokens belong to sessions. One that has ended has none; a reader asks for the session to live besides.
ALTER TABLE sessions ADD COLUMN device_token TEXT;
ALTER TABLE sessions ADD COLUMN device_kind TEXT;
CREATE UNIQUE INDEX sessions_of_device ON sessions (device_token) WHERE device_token IS NOT NULL;

CREATE TABLE recoveries (
    id BYTEA PRIMARY KEY NOT NULL,
    account BYTEA NOT NULL REFERENCES accounts (id),
    contact_kind TEXT NOT NULL,
    contact TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
); -- by key
CREATE INDEX recoveries_of_account ON recoveries (account);
CREATE INDEX recoveries_by_expiry ON recoveries (expires_at);
