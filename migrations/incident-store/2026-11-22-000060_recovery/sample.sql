INSERT INTO recovery_series (name, labels, count, sum, buckets)
VALUES ('kintsugi_incidents_total', '{a-target,A_FAULT,high}', 2, 2, '{}'),
       ('kintsugi_recovery_seconds', '{a-target,A_FAULT}', 1, 3.5, '{0,1,0}');
UPDATE recovery_cursor SET txid = 7, id = 2;
