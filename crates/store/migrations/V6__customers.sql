-- Customers whom partner hosts register: what is known of them beyond what others say, and their pending registrations.

ALTER TABLE accounts ADD COLUMN full_name TEXT;
ALTER TABLE accounts ADD COLUMN birth_place TEXT;
ALTER TABLE accounts ADD COLUMN country TEXT;
ALTER TABLE accounts ADD COLUMN source TEXT;
ALTER TABLE accounts ADD COLUMN account_group TEXT;

CREATE TABLE customers (
    id BYTEA PRIMARY KEY NOT NULL,
    host TEXT NOT NULL,
    phone TEXT NOT NULL,
    phone_tail TEXT NOT NULL,
    phone_as_sent TEXT NOT NULL,
    full_name TEXT NOT NULL,
    birth_date TEXT NOT NULL,
    birth_place TEXT NOT NULL,
    email TEXT,
    gender TEXT NOT NULL,
    country TEXT NOT NULL,
    source TEXT,
    account_group TEXT NOT NULL,
    locale TEXT NOT NULL,
    state TEXT NOT NULL,
    prefix TEXT NOT NULL,
    sends BIGINT NOT NULL,
    link_mac BYTEA UNIQUE,
    authorised_at BIGINT,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
); -- by key
-- A host has one pending registration for a phone; the tail finds it however the phone is written.
CREATE UNIQUE INDEX customers_pending ON customers (host, phone) WHERE state = 'pending';
CREATE INDEX customers_by_tail ON customers (host, phone_tail) WHERE state = 'pending';
CREATE INDEX customers_by_expiry ON customers (expires_at);
