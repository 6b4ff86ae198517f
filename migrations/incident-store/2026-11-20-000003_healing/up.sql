-- Whether healing goes on: one row.
CREATE TABLE healing (
    one           boolean PRIMARY KEY DEFAULT true CHECK (one),
    epoch         bigint NOT NULL DEFAULT 1,
    paused        boolean NOT NULL DEFAULT false,
    reset_at      timestamptz,
    reset_pending text[] NOT NULL DEFAULT '{}'
);
COMMENT ON COLUMN healing.epoch IS 'grows with every reset; work of an older one is refused';
COMMENT ON COLUMN healing.reset_pending IS 'the targets whose files the reset of this epoch has not restored yet';
INSERT INTO healing DEFAULT VALUES;
