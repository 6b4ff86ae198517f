-- Failed calls of others that were handed over. What failed them is an incident, and its journal says how that stands; here is
-- only what belongs to the call.
CREATE TABLE handovers (
    id          uuid PRIMARY KEY,
    caller      text NOT NULL,
    target      text NOT NULL,
    key         text NOT NULL,
    digest      text NOT NULL,
    request     jsonb NOT NULL,
    accepted_at timestamptz NOT NULL,
    deadline    timestamptz NOT NULL,
    due_at      timestamptz NOT NULL,
    incident_id uuid REFERENCES incidents (id),
    seen        bigint NOT NULL DEFAULT 0,
    attempts    jsonb NOT NULL DEFAULT '[]',
    told        integer NOT NULL DEFAULT 0,
    answer      jsonb,
    ended_at    timestamptz,
    UNIQUE (caller, target, key)
);
COMMENT ON COLUMN handovers.digest IS 'of the call as it came: the same key with another one is a conflict';
COMMENT ON COLUMN handovers.request IS 'without its headers and its body once it is answered';
COMMENT ON COLUMN handovers.due_at IS 'looked at again then, whatever the incident does';
COMMENT ON COLUMN handovers.seen IS 'the last event of the incident that was told of';
COMMENT ON COLUMN handovers.attempts IS 'each intention to repeat the call, written before it is sent, and what came of it';
COMMENT ON COLUMN handovers.told IS 'the place of the last notice';
CREATE INDEX handovers_open ON handovers (due_at) WHERE ended_at IS NULL;
CREATE INDEX handovers_ended ON handovers (ended_at) WHERE ended_at IS NOT NULL;

-- What the caller is told on the way, as it was told: it can be told again from any place.
CREATE TABLE handover_notices (
    handover_id uuid NOT NULL REFERENCES handovers (id) ON DELETE CASCADE,
    place       integer NOT NULL,
    notice      jsonb NOT NULL,
    PRIMARY KEY (handover_id, place)
);
