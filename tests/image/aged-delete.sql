DELETE FROM callback WHERE id = md5('callback')::uuid;
DELETE FROM asset WHERE name = 'aged';
DELETE FROM dag_run WHERE dag_id LIKE 'aged%';
DELETE FROM backfill WHERE dag_id LIKE 'aged%';
DELETE FROM trigger WHERE classpath LIKE 'aged%';
DELETE FROM log WHERE event = 'aged';
DELETE FROM dag WHERE dag_id LIKE 'aged%';
DELETE FROM dag_bundle WHERE name = 'aged';
