-- Numbers about recoveries, added up from the journals: what a scraper is told, by every replica alike.
CREATE TABLE recovery_series (
    name    text NOT NULL,
    labels  text[] NOT NULL,
    count   bigint NOT NULL,
    sum     double precision NOT NULL,
    buckets bigint[] NOT NULL,
    PRIMARY KEY (name, labels)
);
COMMENT ON COLUMN recovery_series.labels IS 'the values of the labels, in the order in which the code names them';
COMMENT ON COLUMN recovery_series.buckets IS 'of a histogram: how many fell into each bucket, the last one without a bound; else empty';

-- How far the feed was added up: moved on in the transaction that adds, by whoever finds it where they began.
CREATE TABLE recovery_cursor (
    one  boolean PRIMARY KEY DEFAULT true CHECK (one),
    txid bigint NOT NULL DEFAULT 0,
    id   bigint NOT NULL DEFAULT 0
);
INSERT INTO recovery_cursor DEFAULT VALUES;
