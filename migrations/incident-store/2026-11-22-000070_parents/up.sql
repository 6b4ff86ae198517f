-- Symptoms rest under the incident whose cause they share.
ALTER TABLE incidents ADD COLUMN parent uuid;
COMMENT ON COLUMN incidents.parent IS 'the incident that it rests under, or has gone with';
CREATE INDEX incidents_children ON incidents (parent) WHERE parent IS NOT NULL;

-- When each incident was last heard of is one step down the index, however often it was.
CREATE INDEX occurrences_of_incident_by_time ON occurrences (incident_id, at);
DROP INDEX occurrences_of_incident;
