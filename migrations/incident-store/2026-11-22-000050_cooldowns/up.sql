-- Since when a fault that turned out to be nothing is left alone. A reset empties it.
CREATE TABLE cooldowns (
    target      text NOT NULL,
    code        text NOT NULL,
    incident_id uuid NOT NULL REFERENCES incidents (id),
    since       timestamptz NOT NULL,
    PRIMARY KEY (target, code)
);
COMMENT ON COLUMN cooldowns.since IS 'when the incident was dismissed: how long it lasts from there is a setting';

-- Pages of a filtered list begin where the one before ended.
CREATE INDEX incidents_of_status ON incidents (status, detected_at DESC, id DESC);
CREATE INDEX incidents_of_target ON incidents (target, detected_at DESC, id DESC);
