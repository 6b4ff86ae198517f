DROP TABLE leases;
DROP SEQUENCE lease_fence;
