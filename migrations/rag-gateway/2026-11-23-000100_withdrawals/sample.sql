INSERT INTO given_documents (id, text, given_at, withdrawn_at) VALUES ('gone', '', '2026-11-23T00:00:00Z', '2026-11-23T01:00:00Z');
INSERT INTO withdrawn_lessons (incident, up_to, withdrawn_at) VALUES (
    '01932c07-209c-7e2f-a1c4-6f3c5d8e9b10', 2, '2026-11-23T01:00:00Z'
);
