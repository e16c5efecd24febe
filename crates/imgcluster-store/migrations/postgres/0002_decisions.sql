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
