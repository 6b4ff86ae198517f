-- The projection of each journal. `state` is the whole incident; the columns beside it are what queries need.
CREATE TABLE incidents (
    id          uuid PRIMARY KEY,
    target      text NOT NULL,
    code        text NOT NULL,
    status      text NOT NULL,
    open        boolean NOT NULL,
    under_way   boolean NOT NULL,
    epoch       bigint NOT NULL,
    position    bigint NOT NULL,
    head        text NOT NULL,
    occurrences bigint NOT NULL,
    detected_at timestamptz NOT NULL,
    updated_at  timestamptz NOT NULL,
    resolved_at timestamptz,
    wake_at     timestamptz,
    done        boolean NOT NULL DEFAULT false,
    state       jsonb NOT NULL
);
COMMENT ON COLUMN incidents.wake_at IS 'not offered for a lease before this; cleared by any event';
COMMENT ON COLUMN incidents.done IS 'not offered for a lease until the next event';

-- The fingerprint: one open incident a fault.
CREATE UNIQUE INDEX incidents_fingerprint ON incidents (target, code) WHERE open;
CREATE INDEX incidents_of_fault ON incidents (target, code, detected_at DESC, id DESC);
CREATE INDEX incidents_newest ON incidents (detected_at DESC, id DESC);
CREATE INDEX incidents_wanting ON incidents (detected_at, id) WHERE NOT done AND status <> 'archived';

-- The truth. A sequence is not a commit order, so each event also keeps the transaction that wrote it.
CREATE TABLE incident_events (
    id           bigserial PRIMARY KEY,
    txid         bigint NOT NULL DEFAULT (pg_current_xact_id()::text::bigint),
    incident_id  uuid NOT NULL REFERENCES incidents (id),
    position     bigint NOT NULL,
    kind         text NOT NULL,
    key          text NOT NULL,
    payload      jsonb NOT NULL,
    trace_parent text,
    at           timestamptz NOT NULL,
    hash         text NOT NULL,
    UNIQUE (incident_id, position),
    UNIQUE (incident_id, key)
);
COMMENT ON COLUMN incident_events.txid IS 'pg_current_xact_id() of the writer: with id, the place in the feed';
CREATE INDEX incident_events_feed ON incident_events (txid, id);
