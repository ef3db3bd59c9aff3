-- Accounts, their identifiers and passwords.

CREATE TABLE accounts (
    id BYTEA PRIMARY KEY NOT NULL,
    status TEXT NOT NULL,
    first_name TEXT,
    last_name TEXT,
    birth_date TEXT,
    gender TEXT,
    picture TEXT,
    surface TEXT NOT NULL,
    client TEXT,
    platform TEXT,
    locale TEXT NOT NULL,
    created_at BIGINT NOT NULL
); -- by key

-- The primary key decides who holds an identifier; the index keeps an account to one of each kind.
CREATE TABLE identifiers (
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    shown TEXT NOT NULL,
    account BYTEA NOT NULL REFERENCES accounts (id),
    verified_at BIGINT,
    PRIMARY KEY (kind, key)
); -- by key
CREATE UNIQUE INDEX identifiers_of_account ON identifiers (account, kind);

CREATE TABLE passwords (
    account BYTEA PRIMARY KEY NOT NULL REFERENCES accounts (id),
    scheme TEXT NOT NULL,
    phc TEXT NOT NULL
); -- by key

CREATE TABLE sessions (
    id BYTEA PRIMARY KEY NOT NULL,
    account BYTEA NOT NULL REFERENCES accounts (id),
    surface TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    ended_at BIGINT
); -- by key
CREATE INDEX sessions_of_account ON sessions (account) WHERE ended_at IS NULL;
CREATE INDEX sessions_by_expiry ON sessions (expires_at);
CREATE INDEX sessions_by_end ON sessions (ended_at) WHERE ended_at IS NOT NULL;

-- Registrations, their challenges, and wrong codes.

CREATE TABLE registrations (
    id BYTEA PRIMARY KEY NOT NULL,
    surface TEXT NOT NULL,
    client TEXT NOT NULL,
    username TEXT NOT NULL,
    email TEXT NOT NULL,
    phone TEXT,
    mode TEXT NOT NULL,
    scheme TEXT NOT NULL,
    phc TEXT NOT NULL,
    first_name TEXT NOT NULL,
    last_name TEXT NOT NULL,
    platform TEXT,
    locale TEXT NOT NULL,
    state TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
); -- by key
CREATE INDEX registrations_by_expiry ON registrations (expires_at);

CREATE TABLE challenges (
    id BYTEA PRIMARY KEY NOT NULL,
    purpose TEXT NOT NULL,
    subject BYTEA NOT NULL,
    destination_kind TEXT NOT NULL,
    destination_key TEXT NOT NULL,
    destination TEXT NOT NULL,
    digits BIGINT NOT NULL,
    code_mac BYTEA NOT NULL,
    link_mac BYTEA UNIQUE,
    tries_left BIGINT NOT NULL,
    state TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
); -- by key
CREATE INDEX challenges_of_subject ON challenges (subject, created_at);
CREATE INDEX challenges_open_to ON challenges (destination_kind, destination_key, purpose) WHERE state = 'open';
CREATE INDEX challenges_by_expiry ON challenges (expires_at);

-- Wrong codes since a subject's last success, and of the whole installation by the minute (milliseconds of its start).
CREATE TABLE wrong_codes (
    subject TEXT PRIMARY KEY NOT NULL,
    wrong BIGINT NOT NULL,
    last_at BIGINT NOT NULL
); -- by key
CREATE INDEX wrong_codes_by_time ON wrong_codes (last_at);

CREATE TABLE wrong_code_minutes (
    minute BIGINT PRIMARY KEY NOT NULL,
    wrong BIGINT NOT NULL
);

-- Limits (one theoretical arrival time a key) and repeated calls.

CREATE TABLE limits (
    key TEXT PRIMARY KEY NOT NULL,
    arrival BIGINT NOT NULL
); -- by key
CREATE INDEX limits_by_arrival ON limits (arrival);

CREATE TABLE repeats (
    client TEXT NOT NULL,
    key TEXT NOT NULL,
    fingerprint BYTEA NOT NULL,
    answer BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (client, key)
); -- by key
CREATE INDEX repeats_by_age ON repeats (created_at);

-- Machine clients; scopes are names with a blank between them.
CREATE TABLE clients (
    id TEXT PRIMARY KEY NOT NULL,
    name TEXT NOT NULL,
    scopes TEXT NOT NULL,
    secret_mac BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    disabled_at BIGINT
); -- by key

-- Messages: those that wait to be sent, and the development inbox.

CREATE TABLE outbox (
    id BYTEA PRIMARY KEY NOT NULL,
    channel TEXT NOT NULL,
    recipient TEXT NOT NULL,
    kind TEXT NOT NULL,
    sealed BYTEA,
    state TEXT NOT NULL,
    attempts BIGINT NOT NULL,
    next_at BIGINT NOT NULL,
    leased_until BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    settled_at BIGINT,
    last_reason TEXT
); -- by key
CREATE INDEX outbox_due ON outbox (channel, next_at) WHERE state = 'waiting';
CREATE INDEX outbox_expiring ON outbox (channel, expires_at) WHERE state = 'waiting';
CREATE INDEX outbox_settled ON outbox (settled_at) WHERE settled_at IS NOT NULL;

CREATE TABLE inbox (
    id BYTEA PRIMARY KEY NOT NULL,
    channel TEXT NOT NULL,
    recipient TEXT NOT NULL,
    subject TEXT,
    body TEXT NOT NULL,
    html TEXT,
    sent_at BIGINT NOT NULL,
    arrival BIGINT NOT NULL
); -- by key
CREATE INDEX inbox_by_time ON inbox (sent_at);
CREATE INDEX inbox_by_arrival ON inbox (arrival);

-- What the installation remembers of itself.
CREATE TABLE settings (
    key TEXT PRIMARY KEY NOT NULL,
    value BYTEA NOT NULL
); -- by key
