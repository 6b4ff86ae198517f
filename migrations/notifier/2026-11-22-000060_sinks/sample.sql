INSERT INTO sinks (name, since) VALUES ('webhook', '2026-11-22T00:00:00Z');
INSERT INTO dead_letters (sink, message, body, problem, at)
VALUES ('webhook', '01932c07-209c-7e2f-a1c4-6f3c5d8e9b10-4', '{"id": "x"}', 'the receiver answered 400', '2026-11-22T00:00:00Z');
