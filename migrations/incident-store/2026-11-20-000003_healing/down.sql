DROP TABLE healing;
