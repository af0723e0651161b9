-- What belongs to the store itself.
CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value BLOB NOT NULL
) WITHOUT ROWID;

-- The head over all runs: one row, written once a transaction.
CREATE TABLE head (
    id    INTEGER PRIMARY KEY CHECK (id = 0),
    store BLOB NOT NULL,
    last  INTEGER NOT NULL,
    hash  BLOB NOT NULL
);

-- Workflows, people, groups and addresses, each text once.
CREATE TABLE names (
    id   INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
);

CREATE TABLE plans (
    id   INTEGER PRIMARY KEY,
    hash BLOB NOT NULL UNIQUE,
    body BLOB NOT NULL
);

-- The truth. No index on (run, seq): a run is read backwards from its head. The body is last, so that a walk does not read it.
CREATE TABLE journal (
    id      INTEGER PRIMARY KEY,
    run     INTEGER NOT NULL,
    seq     INTEGER NOT NULL,
    prev_id INTEGER,
    salt    BLOB NOT NULL,
    hash    BLOB NOT NULL,
    body    BLOB NOT NULL
);

CREATE TABLE runs (
    id        INTEGER PRIMARY KEY,
    workflow  INTEGER NOT NULL REFERENCES names,
    plan      INTEGER NOT NULL REFERENCES plans,
    requester INTEGER NOT NULL REFERENCES names,
    status    INTEGER NOT NULL,
    live      INTEGER NOT NULL,
    seq       INTEGER NOT NULL,
    last      INTEGER NOT NULL,
    hash      BLOB NOT NULL,
    started   INTEGER NOT NULL,
    due       INTEGER,
    ended     INTEGER
);

-- Completed runs (4) are most of all and need no index: a list of them finds its first page at once.
CREATE INDEX runs_status ON runs (status) WHERE status <> 4;
CREATE INDEX runs_live ON runs (id) WHERE live = 1;
CREATE INDEX runs_due ON runs (due) WHERE due IS NOT NULL;

CREATE TABLE snapshots (
    run  INTEGER PRIMARY KEY,
    seq  INTEGER NOT NULL,
    body BLOB NOT NULL
);

CREATE TABLE blobs (
    id     INTEGER PRIMARY KEY,
    digest BLOB NOT NULL UNIQUE,
    body   BLOB NOT NULL
);

-- Open questions only: everybody's inbox and the index of what is pending in one.
CREATE TABLE asks (
    principal INTEGER NOT NULL REFERENCES names,
    run       INTEGER NOT NULL,
    n         INTEGER NOT NULL,
    PRIMARY KEY (principal, run, n)
) WITHOUT ROWID;
CREATE INDEX asks_question ON asks (run, n);

-- `key` is a digest of scope and key. Rows are as good as sorted by `expires`.
CREATE TABLE answers (
    id      INTEGER PRIMARY KEY,
    key     BLOB NOT NULL UNIQUE,
    request BLOB NOT NULL,
    status  INTEGER NOT NULL,
    body    BLOB NOT NULL,
    expires INTEGER NOT NULL
);

-- The outbox. `state`: 0 waiting, 1 delivered while its question is open, 2 given up.
CREATE TABLE letters (
    id      INTEGER PRIMARY KEY,
    run     INTEGER NOT NULL,
    n       INTEGER NOT NULL,
    channel INTEGER NOT NULL,
    target  INTEGER NOT NULL REFERENCES names,
    due     INTEGER NOT NULL,
    state   INTEGER NOT NULL,
    tries   INTEGER NOT NULL,
    url     TEXT,
    error   TEXT
);
-- Nobody is told twice of one question. What a workflow says by itself (3), a reminder (4), or of a run's end (n = 0), is no such letter.
CREATE UNIQUE INDEX letters_once ON letters (run, n, channel, target) WHERE n > 0 AND channel < 3;
CREATE INDEX letters_due ON letters (due) WHERE state = 0;
CREATE INDEX letters_dead ON letters (id) WHERE state = 2;

CREATE TABLE tokens (
    id      INTEGER PRIMARY KEY,
    secret  BLOB NOT NULL UNIQUE,
    public  TEXT NOT NULL UNIQUE,
    person  TEXT NOT NULL,
    scopes  TEXT NOT NULL,
    agent   INTEGER NOT NULL,
    session INTEGER NOT NULL,
    created INTEGER NOT NULL,
    expires INTEGER,
    revoked INTEGER
);
