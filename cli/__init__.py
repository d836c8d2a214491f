"""The `airflow-ecs` command. A verb is a module of `verbs/`; the rest is what they do it with."""
