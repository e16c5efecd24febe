-- What people decided: sets of files that are no duplicates of each other. The identity is the
-- BLAKE3 hash of the contents and how many copies there were of each, so that a set that is decided
-- again is known. Numbers are never given again.
CREATE TABLE decisions (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    identity BLOB NOT NULL UNIQUE CHECK (length(identity) = 32),
    decided  TEXT NOT NULL
) STRICT;

-- What a decision is about. Holds hashes, not references, so that forgetting a content leaves the
-- decision whole.
CREATE TABLE decided_contents (
    decision_id INTEGER NOT NULL REFERENCES decisions (id) ON DELETE CASCADE,
    hash        BLOB NOT NULL CHECK (length(hash) = 32),
    copies      INTEGER NOT NULL CHECK (copies > 0),
    PRIMARY KEY (decision_id, hash)
) STRICT, WITHOUT ROWID;

-- Where the files of these contents were at that time, for people.
CREATE TABLE decided_paths (
    decision_id INTEGER NOT NULL,
    hash        BLOB NOT NULL,
    position    INTEGER NOT NULL,
    path        BLOB NOT NULL,
    PRIMARY KEY (decision_id, hash, position),
    FOREIGN KEY (decision_id, hash) REFERENCES decided_contents (decision_id, hash) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
