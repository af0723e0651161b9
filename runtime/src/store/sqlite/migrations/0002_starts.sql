-- What there is one run of only: digests of values, of webhooks' ids and of schedules' times.
CREATE TABLE onces (
    key BLOB PRIMARY KEY,
    run INTEGER NOT NULL
) WITHOUT ROWID;

-- Unfinished runs of which one at a time is at work, in the order in which they were started. One of a key has its turn (`holds`).
CREATE TABLE turns (
    id    INTEGER PRIMARY KEY,
    key   BLOB NOT NULL,
    run   INTEGER NOT NULL UNIQUE,
    holds INTEGER NOT NULL
);
CREATE INDEX turns_key ON turns (key, id);
