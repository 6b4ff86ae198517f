DROP TABLE recovery_cursor;
DROP TABLE recovery_series;
