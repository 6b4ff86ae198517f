CREATE TABLE sinks (
    name text PRIMARY KEY,
    since timestamptz NOT NULL,
    txid bigint NOT NULL DEFAULT 0,
    event bigint NOT NULL DEFAULT 0,
    delivered bigint NOT NULL DEFAULT 0,
    holder text NOT NULL DEFAULT '',
    held_until timestamptz NOT NULL DEFAULT '-infinity'
);
COMMENT ON TABLE sinks IS 'Where messages go, and how far each has been told.';
COMMENT ON COLUMN sinks.since IS 'When it was first known: what happened before is not told.';
COMMENT ON COLUMN sinks.txid IS 'With event: the place in the feed up to which everything was told.';
COMMENT ON COLUMN sinks.holder IS 'The replica that tells, until held_until.';

CREATE TABLE dead_letters (
    sink text NOT NULL REFERENCES sinks (name) ON DELETE CASCADE,
    message text NOT NULL,
    body jsonb NOT NULL,
    problem text NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (sink, message)
);
COMMENT ON TABLE dead_letters IS 'Messages that a receiver refused for good.';
