INSERT INTO lessons (incident, digest, lesson, learned_at) VALUES (
    '01932c07-209c-7e2f-a1c4-6f3c5d8e9b10',
    'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    '{"incident": "01932c07-209c-7e2f-a1c4-6f3c5d8e9b10", "target": "sample", "code": "FAULT_SAMPLE", "language": "rust",
      "symptoms": "a sample", "root_cause": "a sample", "remedy": {"kind": "model"}, "diff": "", "healed": true}',
    '2026-11-22T00:00:00Z'
);
