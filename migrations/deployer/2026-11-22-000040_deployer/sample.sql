INSERT INTO targets (target, fence, epoch, commit, instance, since, generation, rollouts)
VALUES ('sample', 7, 1, repeat('a', 40), '00000000-0000-7000-8000-000000000001', '2026-11-22T00:00:00Z', 3, 1);
INSERT INTO instances (id, target, colour, commit, tree, artefact, port, pid, started, state, created_at, changed_at)
VALUES ('00000000-0000-7000-8000-000000000001', 'sample', 'blue', repeat('a', 40), repeat('b', 40), repeat('c', 64),
        34001, 4242, 123456, 'live', '2026-11-22T00:00:00Z', '2026-11-22T00:00:01Z');
INSERT INTO rollouts (target, commit, mode, stage, outcome, attempt, key, began_at, switched_at, ended_at, course, report)
VALUES ('sample', repeat('a', 40), 'plain', 'ended', 'live', 1, NULL, '2026-11-22T00:00:00Z', '2026-11-22T00:00:01Z',
        '2026-11-22T00:00:02Z', '{}', '{}');
