-- The audit trail: who did what to which account, and from where. No row is ever changed; those that are old go.

CREATE TABLE audit (
    at BIGINT NOT NULL,
    id BYTEA NOT NULL,
    act TEXT NOT NULL,
    -- An account that was erased keeps its entries: so this refers to nothing.
    account BYTEA,
    about TEXT,
    actor TEXT NOT NULL,
    name TEXT,
    door TEXT NOT NULL,
    address TEXT,
    PRIMARY KEY (at, id)
); -- by key
CREATE INDEX audit_of_account ON audit (account, at, id) WHERE account IS NOT NULL;
