INSERT INTO occurrences (target, event_id, incident_id, at)
VALUES ('a-target', 'an-event', '00000000-0000-7000-8000-000000000001', now());
