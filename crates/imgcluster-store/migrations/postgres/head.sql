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

