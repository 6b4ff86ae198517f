DROP TABLE rollouts;
DROP TABLE instances;
DROP TABLE targets;
