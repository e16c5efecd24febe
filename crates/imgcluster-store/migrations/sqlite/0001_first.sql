-- Marks the file as an imgcluster store ("imgc"), so that another program's database is refused.
PRAGMA application_id = 1768777571;

-- Every content ever seen in a file, decoded or not.
CREATE TABLE hashes (
    id   INTEGER PRIMARY KEY,
    hash BLOB NOT NULL UNIQUE CHECK (length(hash) = 32)
) STRICT;

-- Files by the bytes of their absolute path. Size and inode are unsigned, stored bit for bit.
CREATE TABLE files (
    path        BLOB PRIMARY KEY,
    size        INTEGER NOT NULL,
    modified_ns INTEGER NOT NULL,
    inode       INTEGER NOT NULL,
    hash_id     INTEGER NOT NULL REFERENCES hashes (id)
) STRICT, WITHOUT ROWID;
CREATE INDEX files_of_hash ON files (hash_id);

-- Contents that were decoded.
CREATE TABLE contents (
    hash_id INTEGER PRIMARY KEY REFERENCES hashes (id),
    width   INTEGER NOT NULL,
    height  INTEGER NOT NULL
) STRICT;

-- Apart from the contents, so that sizes are read without paging through pictures.
CREATE TABLE thumbnails (
    hash_id INTEGER PRIMARY KEY REFERENCES contents (hash_id) ON DELETE CASCADE,
    picture BLOB NOT NULL
) STRICT;

-- Contents that could not be decoded, by the decoder that failed.
CREATE TABLE failures (
    hash_id INTEGER NOT NULL REFERENCES hashes (id),
    decoder TEXT NOT NULL,
    reason  TEXT NOT NULL,
    PRIMARY KEY (hash_id, decoder)
) STRICT, WITHOUT ROWID;

-- Embedding spaces; dim is NULL where a feature is a signature.
CREATE TABLE spaces (
    id         INTEGER PRIMARY KEY,
    model      TEXT NOT NULL,
    weights    BLOB NOT NULL CHECK (length(weights) = 32),
    preprocess BLOB NOT NULL CHECK (length(preprocess) = 32),
    dim        INTEGER CHECK (dim > 0)
) STRICT;
CREATE UNIQUE INDEX spaces_by_key ON spaces (model, weights, preprocess, ifnull(dim, 0));

-- One feature for a content in a space: dim little-endian f32, or the bytes of a signature.
CREATE TABLE features (
    id       INTEGER PRIMARY KEY,
    hash_id  INTEGER NOT NULL REFERENCES contents (hash_id) ON DELETE CASCADE,
    space_id INTEGER NOT NULL REFERENCES spaces (id),
    feature  BLOB NOT NULL,
    UNIQUE (hash_id, space_id)
) STRICT;

-- Runs; record is the whole of `run.json`, the other columns are taken from it for queries by hand.
CREATE TABLE runs (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    started   TEXT NOT NULL,
    version   TEXT NOT NULL,
    command   TEXT NOT NULL,
    model     TEXT NOT NULL,
    algorithm TEXT NOT NULL,
    record    TEXT NOT NULL
) STRICT;

-- What came of a run, file by file; a label of NULL is noise. Holds hashes, not references, so
-- that forgetting a content leaves the history whole.
CREATE TABLE clustering_results (
    run_id   INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    path     BLOB NOT NULL,
    position INTEGER NOT NULL,
    hash     BLOB NOT NULL CHECK (length(hash) = 32),
    label    INTEGER,
    strength REAL,
    PRIMARY KEY (run_id, path, position)
) STRICT, WITHOUT ROWID;
