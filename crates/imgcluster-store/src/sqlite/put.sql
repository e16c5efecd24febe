-- Puts one batch. All statements share these parameters, which are lists as JSON with bytes as hex
-- digits; offsets and lengths cut the heap given with a list. Written `$1`, not `?1`: the driver binds
-- numbered parameters wrongly in a statement that does not use all of them.
--   $1 hashes                                      $2 [path, hash, size, modified_ns, inode]
--   $3 [hash, width, height]                       $4 the decoder
--   $5 [hash, offset, length]  $6 heap of thumbnails
--   $7 [hash, offset, length]  $8 heap of features
--   $9 [hash, offset, length]  $10 heap of reasons of failures
--   $11 model  $12 weights  $13 preprocess  $14 dim, or NULL

INSERT INTO hashes (hash)
SELECT unhex(value) FROM json_each($1) WHERE true
ON CONFLICT DO NOTHING;

INSERT INTO files (path, size, modified_ns, inode, hash_id)
SELECT unhex(list.value ->> 0), list.value ->> 2, list.value ->> 3, list.value ->> 4, hashes.id
FROM json_each($2) AS list
CROSS JOIN hashes ON hashes.hash = unhex(list.value ->> 1)
WHERE true
ON CONFLICT (path) DO UPDATE SET
    size = excluded.size,
    modified_ns = excluded.modified_ns,
    inode = excluded.inode,
    hash_id = excluded.hash_id;

INSERT INTO contents (hash_id, width, height)
SELECT hashes.id, list.value ->> 1, list.value ->> 2
FROM json_each($3) AS list
CROSS JOIN hashes ON hashes.hash = unhex(list.value ->> 0)
WHERE true
ON CONFLICT DO NOTHING;

-- a decoder that reads a content no longer fails on it
DELETE FROM failures
WHERE decoder = $4 AND hash_id IN (
    SELECT hashes.id
    FROM json_each($3) AS list
    CROSS JOIN hashes ON hashes.hash = unhex(list.value ->> 0)
);

INSERT INTO thumbnails (hash_id, picture)
SELECT hashes.id, substr($6, list.value ->> 1, list.value ->> 2)
FROM json_each($5) AS list
CROSS JOIN hashes ON hashes.hash = unhex(list.value ->> 0)
WHERE true
ON CONFLICT DO NOTHING;

INSERT INTO spaces (model, weights, preprocess, dim) VALUES ($11, $12, $13, $14)
ON CONFLICT DO NOTHING;

INSERT INTO features (hash_id, space_id, feature)
SELECT hashes.id, spaces.id, substr($8, list.value ->> 1, list.value ->> 2)
FROM spaces
CROSS JOIN json_each($7) AS list
CROSS JOIN hashes ON hashes.hash = unhex(list.value ->> 0)
WHERE model = $11 AND weights = $12 AND preprocess = $13 AND ifnull(dim, 0) = ifnull($14, 0)
ON CONFLICT DO NOTHING;

INSERT INTO failures (hash_id, decoder, reason)
SELECT hashes.id, $4, CAST(substr($10, list.value ->> 1, list.value ->> 2) AS TEXT)
FROM json_each($9) AS list
CROSS JOIN hashes ON hashes.hash = unhex(list.value ->> 0)
WHERE true
ON CONFLICT DO NOTHING;
