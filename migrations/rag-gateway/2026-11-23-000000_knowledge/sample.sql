INSERT INTO lessons (incident, digest, lesson, learned_at) VALUES (
    '01932c07-209c-7e2f-a1c4-6f3c5d8e9b10',
    'b5bb9d8014a0f9b1d61e21e796d78dccdf1352f23cd32812f4850b878ae4944c',
    '{"incident": "01932c07-209c-7e2f-a1c4-6f3c5d8e9b10", "target": "sample", "code": "FAULT_SAMPLE", "language": "rust",
      "symptoms": "a sample again", "root_cause": "a sample", "remedy": {"kind": "model"}, "diff": "", "healed": false}',
    '2026-11-23T00:00:00Z'
);
INSERT INTO given_documents (id, text, given_at) VALUES ('sample', '+++', '2026-11-23T00:00:00Z');
INSERT INTO vectors (text, model, vector, used_on) VALUES ('a', 'b', '\x0000803f', '2026-11-23');
