-- Each occurrence of a fault belongs to one incident, however often it is reported.
CREATE TABLE occurrences (
    target      text NOT NULL,
    event_id    text NOT NULL,
    incident_id uuid NOT NULL REFERENCES incidents (id),
    at          timestamptz NOT NULL,
    PRIMARY KEY (target, event_id)
);
COMMENT ON COLUMN occurrences.at IS 'when the store received it';
CREATE INDEX occurrences_of_incident ON occurrences (incident_id);
