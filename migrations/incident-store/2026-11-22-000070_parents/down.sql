CREATE INDEX occurrences_of_incident ON occurrences (incident_id);
DROP INDEX occurrences_of_incident_by_time;
DROP INDEX incidents_children;
ALTER TABLE incidents DROP COLUMN parent;
