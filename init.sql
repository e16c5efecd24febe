-- The schema of an imgcluster store in PostgreSQL 15 or newer with pgvector, for an empty database:
--
--     psql --set ON_ERROR_STOP=1 --dbname imgcluster --file init.sql
--
-- The program makes the same by itself where it is allowed to. This file is made of the migrations
-- in `crates/imgcluster-store/migrations/postgres`; a test keeps them equal.

BEGIN;

CREATE EXTENSION IF NOT EXISTS vector;
CREATE SCHEMA IF NOT EXISTS image_clustering;

-- Which steps were made; the program looks here for what is still to be done.
CREATE TABLE image_clustering._sqlx_migrations (
    version BIGINT PRIMARY KEY,
    description TEXT NOT NULL,
    installed_on TIMESTAMPTZ NOT NULL DEFAULT now(),
    success BOOLEAN NOT NULL,
    checksum BYTEA NOT NULL,
    execution_time BIGINT NOT NULL
);

-- Everything of imgcluster lives in the schema `image_clustering`, which exists when this runs, as
-- does the extension `vector` (pgvector).
--
-- What belongs to a picture refers to `contents` by its hash, without a foreign key: checking those
-- row by row takes a third of the time that a batch takes. The program puts the content first, and
-- locks `contents` while it forgets.

-- Every content ever seen in a file, by the BLAKE3 hash of its bytes; the size in pixels, upright,
-- is NULL until it is decoded.
CREATE TABLE image_clustering.contents (
    hash   bytea PRIMARY KEY CHECK (octet_length(hash) = 32),
    width  bigint,
    height bigint,
    CHECK ((width IS NULL) = (height IS NULL))
);

-- Files by the bytes of their absolute path. A root is a machine (or a share that is mounted alike
-- everywhere): one path may be another file elsewhere. Size and inode are unsigned, stored bit for bit.
CREATE TABLE image_clustering.files (
    root        text   NOT NULL,
    path        bytea  NOT NULL,
    size        bigint NOT NULL,
    modified_ns bigint NOT NULL,
    inode       bigint NOT NULL,
    hash        bytea  NOT NULL,
    PRIMARY KEY (root, path)
);
CREATE INDEX files_of_hash ON image_clustering.files (hash);

-- Small encoded pictures. They are compressed already.
CREATE TABLE image_clustering.thumbnails (
    hash    bytea PRIMARY KEY,
    picture bytea NOT NULL
);
ALTER TABLE image_clustering.thumbnails ALTER COLUMN picture SET STORAGE EXTERNAL;

-- Contents that could not be decoded, by the decoder that failed.
CREATE TABLE image_clustering.failures (
    hash    bytea NOT NULL,
    decoder text  NOT NULL,
    reason  text  NOT NULL,
    PRIMARY KEY (hash, decoder)
);

-- Embedding spaces: a model, its weights, and what is done to pixels before it. Models live side by
-- side. The number of values is NULL where a feature is a signature.
CREATE TABLE image_clustering.spaces (
    id         integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    model      text  NOT NULL,
    weights    bytea NOT NULL CHECK (octet_length(weights) = 32),
    preprocess bytea NOT NULL CHECK (octet_length(preprocess) = 32),
    dim        integer CHECK (dim > 0),
    UNIQUE NULLS NOT DISTINCT (model, weights, preprocess, dim)
);

-- One vector for a content in a space, as long as the space says. An index for a search by distance
-- is made for one space at a time, on `(embedding::vector(dim))`, or `(embedding::halfvec(dim))`
-- where a vector is longer than the 2,000 values that an index takes.
CREATE TABLE image_clustering.embeddings (
    hash      bytea   NOT NULL,
    space_id  integer NOT NULL,
    embedding vector  NOT NULL,
    PRIMARY KEY (hash, space_id)
);
-- Keeps vectors of up to 2,000 values beside their keys, instead of in pieces elsewhere.
ALTER TABLE image_clustering.embeddings SET (toast_tuple_target = 8160);

-- One signature for a content in a space, such as the 8 bytes of a perceptual hash.
CREATE TABLE image_clustering.signatures (
    hash      bytea   NOT NULL,
    space_id  integer NOT NULL,
    signature bytea   NOT NULL,
    PRIMARY KEY (hash, space_id)
);

-- Runs; record is the whole of `run.json`, the other columns are taken from it for queries by hand.
-- The token tells a run that is put again, after a lost connection, from a new one.
CREATE TABLE image_clustering.runs (
    id         bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    token      uuid        NOT NULL UNIQUE,
    started    timestamptz NOT NULL,
    version    text        NOT NULL,
    command    text[]      NOT NULL,
    model      text        NOT NULL,
    algorithm  text        NOT NULL,
    parameters jsonb       NOT NULL,
    counts     jsonb       NOT NULL,
    times      jsonb       NOT NULL,
    record     json        NOT NULL
);

-- What came of a run, file by file; a label of NULL is noise. Holds hashes, not references, so
-- that forgetting a content leaves the history whole.
CREATE TABLE image_clustering.clustering_results (
    run_id   bigint  NOT NULL REFERENCES image_clustering.runs (id) ON DELETE CASCADE,
    position bigint  NOT NULL,
    path     bytea   NOT NULL,
    hash     bytea   NOT NULL CHECK (octet_length(hash) = 32),
    label    bigint,
    strength real,
    PRIMARY KEY (run_id, position)
);
CREATE INDEX clustering_results_of_label ON image_clustering.clustering_results (run_id, label);

-- Shows the bytes of a path; those that are not UTF-8 with escapes.
CREATE FUNCTION image_clustering.path_text(path bytea) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
    RETURN convert_from(path, 'UTF8');
EXCEPTION WHEN character_not_in_repertoire OR untranslatable_character THEN
    RETURN encode(path, 'escape');
END
$$;

INSERT INTO image_clustering._sqlx_migrations (version, description, success, checksum, execution_time)
VALUES (1, 'first', true, '\xa534f70f0a6da4565fff1a9bdf04598f37708cc162e79578d84698bced6acd84242e919147551ca5fb3c5c64aac5fc4b', 0);
-- What people decided: sets of files that are no duplicates of each other. The identity is the
-- BLAKE3 hash of the contents and how many copies there were of each, so that a set that is decided
-- again is known. Numbers are never given again.
CREATE TABLE image_clustering.decisions (
    id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    identity bytea  NOT NULL UNIQUE CHECK (octet_length(identity) = 32),
    decided  text   NOT NULL
);

-- What a decision is about. Holds hashes, not references, so that forgetting a content leaves the
-- decision whole.
CREATE TABLE image_clustering.decided_contents (
    decision_id bigint NOT NULL REFERENCES image_clustering.decisions (id) ON DELETE CASCADE,
    hash        bytea  NOT NULL CHECK (octet_length(hash) = 32),
    copies      bigint NOT NULL CHECK (copies > 0),
    PRIMARY KEY (decision_id, hash)
);

-- Where the files of these contents were at that time, for people.
CREATE TABLE image_clustering.decided_paths (
    decision_id bigint NOT NULL,
    hash        bytea  NOT NULL,
    position    bigint NOT NULL,
    path        bytea  NOT NULL,
    PRIMARY KEY (decision_id, hash, position),
    FOREIGN KEY (decision_id, hash)
        REFERENCES image_clustering.decided_contents (decision_id, hash) ON DELETE CASCADE
);

-- Whoever was let in to the tables of before is let in to these.
DO $$
DECLARE
    given record;
BEGIN
    FOR given IN
        SELECT privilege_type AS what,
            CASE grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END AS who,
            CASE WHEN is_grantable THEN 'WITH GRANT OPTION' ELSE '' END AS how
        FROM pg_class, aclexplode(relacl)
        WHERE pg_class.oid = 'image_clustering.runs'::regclass AND grantee <> relowner
    LOOP
        EXECUTE format(
            'GRANT %s ON image_clustering.decisions, image_clustering.decided_contents,
                 image_clustering.decided_paths TO %s %s',
            given.what, given.who, given.how);
    END LOOP;
END
$$;

INSERT INTO image_clustering._sqlx_migrations (version, description, success, checksum, execution_time)
VALUES (2, 'decisions', true, '\x745e218e714b9e52b012f342a688212ba81cc4fd1c268db0d16039edd0abe20da8dd79e26e3d2d4b4a2a74634de3c4dc', 0);

COMMIT;
