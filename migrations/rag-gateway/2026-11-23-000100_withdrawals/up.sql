-- What was given or learned can be taken out again.
ALTER TABLE given_documents ADD COLUMN withdrawn_at timestamptz;
COMMENT ON COLUMN given_documents.withdrawn_at IS 'Set when it was taken out: a tombstone with a number of its own, so that every reader hears of it; its text is empty.';

CREATE TABLE withdrawn_lessons (
    incident uuid PRIMARY KEY,
    number bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
    up_to bigint NOT NULL,
    withdrawn_at timestamptz NOT NULL
);
COMMENT ON TABLE withdrawn_lessons IS 'Lessons that are not to be believed: their rows stay, and are read no more.';
COMMENT ON COLUMN withdrawn_lessons.number IS 'Grows with each withdrawal, in the order of the commits: writers lock the table lessons.';
COMMENT ON COLUMN withdrawn_lessons.up_to IS 'The last lesson of the incident that is meant; a later one counts again.';
