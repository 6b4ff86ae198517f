DROP TABLE withdrawn_lessons;
DELETE FROM given_documents WHERE withdrawn_at IS NOT NULL;
ALTER TABLE given_documents DROP COLUMN withdrawn_at;
