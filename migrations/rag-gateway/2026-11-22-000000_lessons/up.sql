CREATE TABLE lessons (
    incident uuid PRIMARY KEY,
    number bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
    digest text NOT NULL,
    lesson jsonb NOT NULL,
    learned_at timestamptz NOT NULL
);
COMMENT ON TABLE lessons IS 'How recoveries ended, one row an incident; never changed.';
COMMENT ON COLUMN lessons.number IS 'Grows in the order of the commits: writers lock the table. Replicas read on from the last they know.';
COMMENT ON COLUMN lessons.digest IS 'Of the lesson''s canonical JSON: the same again is answered, another is refused.';
COMMENT ON COLUMN lessons.lesson IS 'As it came: wire::plan::Lesson.';
