-- What runs of each target, what ran, and how each commit was rolled out. Owned by the deployer alone.
CREATE TABLE targets (
    target     text PRIMARY KEY,
    fence      bigint NOT NULL DEFAULT 0,
    epoch      bigint NOT NULL DEFAULT 0,
    commit     text,
    instance   uuid,
    since      timestamptz,
    generation bigint NOT NULL DEFAULT 0,
    rollouts   bigint NOT NULL DEFAULT 0
);
COMMENT ON COLUMN targets.fence IS 'highest fencing token seen; a lower one is refused';
COMMENT ON COLUMN targets.epoch IS 'highest epoch seen in requests and reset trailers; work of a lower one is refused';
COMMENT ON COLUMN targets.commit IS 'the commit that runs; its tree is the live instance''s';
COMMENT ON COLUMN targets.instance IS 'the live instance';
COMMENT ON COLUMN targets.generation IS 'the last generation of the route table that was written for this target';
COMMENT ON COLUMN targets.rollouts IS 'how many roll-outs have gone live; restarts and adopted commits do not count';

CREATE TABLE instances (
    id         uuid PRIMARY KEY,
    target     text NOT NULL REFERENCES targets (target),
    colour     text NOT NULL CHECK (colour IN ('blue', 'green')),
    commit     text NOT NULL,
    tree       text NOT NULL,
    artefact   text NOT NULL,
    port       integer NOT NULL CHECK (port BETWEEN 1 AND 65535),
    pid        integer,
    started    bigint,
    state      text NOT NULL CHECK (state IN ('starting', 'healthy', 'live', 'draining', 'ended')),
    created_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL
);
COMMENT ON COLUMN instances.pid IS 'null until the process was recorded; then it is looked for by KINTSUGI_INSTANCE in /proc';
COMMENT ON COLUMN instances.started IS 'start time of the pid in clock ticks since boot: a pid alone is used again';
CREATE INDEX instances_open ON instances (target) WHERE state <> 'ended';
CREATE INDEX instances_tree ON instances (target, tree, created_at DESC);

CREATE TABLE rollouts (
    target     text NOT NULL REFERENCES targets (target),
    commit     text NOT NULL,
    mode       text NOT NULL,
    stage      text NOT NULL,
    outcome    text NOT NULL,
    attempt    integer NOT NULL,
    key        text,
    began_at   timestamptz NOT NULL,
    switched_at timestamptz,
    ended_at   timestamptz,
    course     jsonb NOT NULL,
    report     jsonb NOT NULL,
    PRIMARY KEY (target, commit)
);
COMMENT ON COLUMN rollouts.stage IS 'begun, switching, baking, reverting or ended: where a restart goes on';
COMMENT ON COLUMN rollouts.outcome IS 'unknown until it ended, and when it came to none';
COMMENT ON COLUMN rollouts.key IS 'the operation that asked; none when the reconciler began it';
COMMENT ON COLUMN rollouts.course IS 'what a restart needs to go on';
COMMENT ON COLUMN rollouts.report IS 'what the asking side was or will be told';
CREATE INDEX rollouts_open ON rollouts (target) WHERE stage IN ('switching', 'baking', 'reverting');
