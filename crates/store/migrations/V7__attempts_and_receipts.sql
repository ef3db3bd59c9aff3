-- What became of a message: who tried, by which route, what the gateway said, what its receipt said.

-- The code that the message carries, if it does: one that was used or replaced is not sent by another route.
ALTER TABLE outbox ADD COLUMN challenge BYTEA;
-- How many attempts there had been when an operator took the message up again.
ALTER TABLE outbox ADD COLUMN taken_up_after BIGINT;
-- They take the place of outbox_due and outbox_expiring, which the program before this one needs: those go with a later migration.
CREATE INDEX outbox_next ON outbox (channel, next_at) WHERE state IN ('waiting', 'accepted');
CREATE INDEX outbox_letters ON outbox (channel, expires_at) WHERE sealed IS NOT NULL;
CREATE INDEX outbox_by_recipient ON outbox (lower(recipient), id);
CREATE INDEX outbox_failed ON outbox (id) WHERE state = 'failed';

CREATE TABLE attempts (
    message BYTEA NOT NULL,
    number BIGINT NOT NULL,
    route TEXT NOT NULL,
    way TEXT NOT NULL,
    started_at BIGINT NOT NULL,
    ended_at BIGINT NOT NULL,
    answer TEXT NOT NULL,
    reason TEXT,
    reference TEXT,
    price BIGINT NOT NULL,
    PRIMARY KEY (message, number)
); -- by key
CREATE INDEX attempts_by_time ON attempts (ended_at);

-- What a route's gateway calls by a reference: known by the answer to the sending, by its receipt, or by both, whichever comes first.
CREATE TABLE receipts (
    route TEXT NOT NULL,
    reference TEXT NOT NULL,
    message BYTEA,
    number BIGINT,
    outcome TEXT,
    reason TEXT,
    noted_at BIGINT NOT NULL,
    PRIMARY KEY (route, reference)
); -- by key
CREATE INDEX receipts_by_time ON receipts (noted_at);
