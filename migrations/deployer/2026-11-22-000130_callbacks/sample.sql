INSERT INTO callbacks (target, id, digest, commit, sent_at, received_at, taken, callback)
VALUES ('sample', '7-1', repeat('d', 64), repeat('a', 40), '2026-11-22T00:00:00Z', '2026-11-22T00:00:01Z', true,
        '{"commit": "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "status": "success", "environment": "production"}');
