-- What pipelines said of commits that they deploy. Owned by the deployer alone.
CREATE TABLE callbacks (
    target      text NOT NULL REFERENCES targets (target),
    id          text NOT NULL,
    digest      text NOT NULL,
    commit      text NOT NULL,
    sent_at     timestamptz NOT NULL,
    received_at timestamptz NOT NULL,
    taken       boolean NOT NULL DEFAULT false,
    callback    jsonb NOT NULL,
    PRIMARY KEY (target, id)
);
COMMENT ON TABLE callbacks IS 'pruned: the newest are kept, and all whose signature could still be played again';
COMMENT ON COLUMN callbacks.id IS 'the id of the signed message: a second delivery is recognised by it';
COMMENT ON COLUMN callbacks.digest IS 'of the body as it was signed: the same id with another body is refused';
COMMENT ON COLUMN callbacks.sent_at IS 'the signed time; of two words on a commit the later one counts';
COMMENT ON COLUMN callbacks.taken IS 'whether what runs was brought up to date by it';
CREATE INDEX callbacks_commit ON callbacks (target, commit, sent_at DESC);
CREATE INDEX callbacks_age ON callbacks (target, received_at);
