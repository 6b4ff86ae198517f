-- An incident that is opened again is learned again.
ALTER TABLE lessons DROP CONSTRAINT lessons_pkey;
ALTER TABLE lessons ADD PRIMARY KEY (incident, digest);
COMMENT ON TABLE lessons IS 'How recoveries ended: one row for each that an incident had; never changed.';
COMMENT ON COLUMN lessons.digest IS 'Of the lesson''s canonical JSON: the same again is answered and changes nothing.';

CREATE TABLE given_documents (
    id text PRIMARY KEY,
    number bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
    text text NOT NULL,
    given_at timestamptz NOT NULL
);
COMMENT ON TABLE given_documents IS 'Documents that callers gave with a seed; those of the service''s own folder are not here.';
COMMENT ON COLUMN given_documents.number IS 'Grows with each change, in the order of the commits: writers lock the table.';
COMMENT ON COLUMN given_documents.text IS 'The file: front matter and Markdown.';

CREATE TABLE vectors (
    text text NOT NULL,
    model text NOT NULL,
    vector bytea NOT NULL,
    used_on date NOT NULL,
    PRIMARY KEY (text, model)
);
COMMENT ON TABLE vectors IS 'What a model made of passages, so that a restart need not compute it again. May be emptied at any time.';
COMMENT ON COLUMN vectors.text IS 'The digest of the passage.';
COMMENT ON COLUMN vectors.model IS 'The digest of the weights.';
COMMENT ON COLUMN vectors.vector IS 'Numbers of 32 bits, least significant byte first.';
COMMENT ON COLUMN vectors.used_on IS 'Rows that nobody asked for in a month are deleted.';
