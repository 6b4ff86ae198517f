-- Fencing tokens: they grow over all leases.
CREATE SEQUENCE lease_fence;

-- At most one lease a target. A lease whose time is over is replaced by the next one.
CREATE TABLE leases (
    incident_id uuid PRIMARY KEY REFERENCES incidents (id),
    target      text NOT NULL UNIQUE,
    holder      text NOT NULL,
    fence       bigint NOT NULL,
    epoch       bigint NOT NULL,
    seen        bigint NOT NULL,
    expires_at  timestamptz NOT NULL
);
COMMENT ON COLUMN leases.seen IS 'the last position that the holder knows: an event beyond it outlives the release';
