-- What the transitions of a plan's runs have in common: their bodies are packed against it. A pattern never changes; a longer one is a new row.
CREATE TABLE patterns (
    id   INTEGER PRIMARY KEY,
    plan INTEGER NOT NULL REFERENCES plans,
    body BLOB NOT NULL
);
CREATE INDEX patterns_plan ON patterns (plan, id);

-- The pattern that the body is packed against, 0 for none; NULL where the body is as it is.
ALTER TABLE journal ADD COLUMN pattern INTEGER;

-- The hash of a run's last transition stands with that.
ALTER TABLE runs DROP COLUMN hash;

-- Whether work is under way: 0 or 2. So a row that pauses gives up the byte that the number of its second transition needs, and no full page
-- is parted for it.
DROP INDEX runs_live;
UPDATE runs SET live = 2 WHERE live = 1;
CREATE INDEX runs_live ON runs (id) WHERE live = 2;
