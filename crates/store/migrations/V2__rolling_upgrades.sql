-- Programs of two releases serve side by side while one replaces the other. A migration that takes away what older programs need says here which is the
-- oldest that still can: UPDATE oldest_program SET known = <the newest migration that that program knows>.

CREATE TABLE oldest_program (
    known BIGINT NOT NULL
);
INSERT INTO oldest_program (known) VALUES (2);
