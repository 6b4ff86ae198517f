INSERT INTO incidents (id, target, code, status, open, under_way, epoch, position, head, occurrences,
                       detected_at, updated_at, state)
VALUES ('00000000-0000-7000-8000-000000000001', 'a-target', 'A_FAULT', 'detected', true, false, 1, 1,
        repeat('0', 64), 1, now(), now(), '{}'),
       ('00000000-0000-7000-8000-000000000002', 'a-target', 'A_FAULT', 'archived', false, false, 0, 1,
        repeat('0', 64), 1, now(), now(), '{}');
INSERT INTO incident_events (incident_id, position, kind, key, payload, at, hash)
VALUES ('00000000-0000-7000-8000-000000000001', 1, 'detected', 'store:detected', '{}', now(), repeat('0', 64)),
       ('00000000-0000-7000-8000-000000000002', 1, 'detected', 'store:detected', '{}', now(), repeat('0', 64));
