-- Limits that count exactly, prefixes whose codes nobody verifies, codes that nobody gets right, and the addresses from which people sign in.

-- What was used when, for limits that count it: moments and amounts, each 8 bytes, big-endian. Those that refill have none.
ALTER TABLE limits ADD COLUMN log BYTEA;

-- The phone number without its last four digits, of codes that went out by short message.
ALTER TABLE challenges ADD COLUMN prefix TEXT;
CREATE INDEX challenges_of_prefix ON challenges (prefix, created_at) WHERE prefix IS NOT NULL;

-- Wrong codes whose code somebody got right afterwards, by the minute in which that was.
ALTER TABLE wrong_code_minutes ADD COLUMN forgiven BIGINT NOT NULL DEFAULT 0;

-- Addresses, as MACs.
CREATE TABLE known_addresses (
    account BYTEA NOT NULL REFERENCES accounts (id),
    address BYTEA NOT NULL,
    seen_at BIGINT NOT NULL,
    PRIMARY KEY (account, address)
); -- by key
CREATE INDEX known_addresses_by_time ON known_addresses (seen_at);
