-- Rows of a hundred days ago, and what refers to them; all DAGs are aged_something.
INSERT INTO dag_bundle (name) VALUES ('aged');

INSERT INTO dag (dag_id, bundle_name, is_stale, last_parsed_time, is_paused, timetable_type, partition_mapper_info,
                 max_active_tasks, max_consecutive_failed_dag_runs, has_task_concurrency_limits)
SELECT 'aged_' || name, 'aged', stale, now() - interval '100 days', true, '', '[]', 16, 0, false
  FROM (VALUES ('gone', true), ('deleted', true), ('asleep', false), ('at_work', true), ('versions', false)) AS dags (name, stale);

INSERT INTO dag_version (id, dag_id, version_number, created_at, last_updated)
SELECT md5(name || number)::uuid, 'aged_' || name, number, now() - (110 - number) * interval '1 day', now()
  FROM (VALUES ('gone', 1), ('deleted', 1), ('at_work', 1), ('versions', 1), ('versions', 2), ('versions', 3)) AS versions (name, number);

INSERT INTO backfill (dag_id, from_date, to_date, dag_run_conf, reprocess_behavior, max_active_runs, created_at, updated_at, completed_at)
SELECT 'aged_' || name, now(), now(), '{}', 'none', 1, now(), now(), now() - interval '100 days'
  FROM (VALUES ('gone'), ('deleted')) AS backfills (name);

INSERT INTO dag_run (dag_id, run_id, run_type, state, run_after, start_date, created_dag_version_id, backfill_id)
SELECT 'aged_' || name, name, type, state, now(), now() - days * interval '1 day', md5(name || 1)::uuid,
       (SELECT id FROM backfill WHERE dag_id = 'aged_gone' AND name = 'gone')
  FROM (VALUES ('gone', 'scheduled', 'success', 100), ('at_work', 'manual', 'running', 100),
               ('versions', 'manual', 'success', 1)) AS runs (name, type, state, days);

INSERT INTO trigger (classpath, kwargs, created_date)
SELECT 'aged_' || name, '{}', now() - interval '100 days'
  FROM (VALUES ('task'), ('asset'), ('callback'), ('nobody')) AS triggers (name);
INSERT INTO asset (name, uri, "group", extra, created_at, updated_at) VALUES ('aged', 'aged', '', '{}', now(), now());
INSERT INTO asset_watcher (name, asset_id, trigger_id)
SELECT 'aged', asset.id, trigger.id FROM asset, trigger WHERE asset.name = 'aged' AND classpath = 'aged_asset';
INSERT INTO callback (id, type, fetch_method, data, priority_weight, created_at, state, trigger_id)
SELECT md5('callback')::uuid, 'triggerer', 'import_path', '{}', 1, now(), 'running', id FROM trigger WHERE classpath = 'aged_callback';

-- A task that never started has no start date, and refers to its version for as long as the last run is kept.
INSERT INTO task_instance (id, dag_id, task_id, run_id, state, start_date, dag_version_id, trigger_id, try_number, pool, pool_slots)
SELECT md5(task)::uuid, 'aged_' || dag, task, dag, state, CASE WHEN state <> 'removed' THEN now() - interval '100 days' END,
       md5(dag || 1)::uuid, (SELECT id FROM trigger WHERE state = 'deferred' AND classpath = 'aged_task'), 1, 'default_pool', 1
  FROM (VALUES ('gone', 'done', 'success'), ('gone', 'never', 'removed'), ('at_work', 'first', 'success'),
               ('at_work', 'waits', 'deferred')) AS tasks (dag, task, state);
INSERT INTO xcom (dag_run_id, dag_id, run_id, task_id, key, timestamp)
SELECT id, dag_id, run_id, task_id, 'return_value', now() - interval '100 days'
  FROM dag_run JOIN (VALUES ('gone', 'done'), ('at_work', 'first')) AS tasks (run_id, task_id) USING (run_id);
INSERT INTO task_state_store (dag_run_id, dag_id, run_id, task_id, key, value, updated_at, expires_at)
SELECT id, dag_id, run_id, 'first', key, '1', now(), now() + days * interval '1 day'
  FROM dag_run, (VALUES ('over', -1), ('fresh', 1)) AS stored (key, days) WHERE run_id = 'versions';
INSERT INTO log (event, dttm) VALUES ('aged', now() - interval '100 days');
