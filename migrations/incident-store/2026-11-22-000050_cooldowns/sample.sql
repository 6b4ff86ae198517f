INSERT INTO cooldowns (target, code, incident_id, since)
VALUES ('a-target', 'A_FAULT', '00000000-0000-7000-8000-000000000002', now());
