INSERT INTO leases (incident_id, target, holder, fence, epoch, seen, expires_at)
VALUES ('00000000-0000-7000-8000-000000000001', 'a-target', 'a-healer', nextval('lease_fence'), 2, 1, now());
