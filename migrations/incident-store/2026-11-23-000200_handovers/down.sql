DROP TABLE handover_notices;
DROP TABLE handovers;
