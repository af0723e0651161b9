-- Runs that runs called. `place`: where in the caller, and which attempt: no two runs are one attempt.
-- `state`: 0 under way, 1 ended and its caller does not know, 2 its caller knows.
CREATE TABLE children (
    run    INTEGER PRIMARY KEY,
    caller INTEGER NOT NULL,
    place  BLOB NOT NULL,
    state  INTEGER NOT NULL,
    UNIQUE (caller, place)
);
CREATE INDEX children_untold ON children (run) WHERE state = 1;
