INSERT INTO handovers (id, caller, target, key, digest, request, accepted_at, deadline, due_at, incident_id, told)
VALUES ('00000000-0000-7000-8000-0000000000a1', 'a-caller', 'a-target', 'a-key', repeat('0', 64), '{}', now(), now(), now(),
        '00000000-0000-7000-8000-000000000001', 1),
       ('00000000-0000-7000-8000-0000000000a2', 'a-caller', 'a-target', 'another', repeat('0', 64), '{}', now(), now(), now(), NULL, 0);
INSERT INTO handover_notices (handover_id, place, notice) VALUES ('00000000-0000-7000-8000-0000000000a1', 1, '{}');
