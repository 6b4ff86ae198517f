DROP INDEX incidents_of_target;
DROP INDEX incidents_of_status;
DROP TABLE cooldowns;
