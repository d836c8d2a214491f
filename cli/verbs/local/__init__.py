"""`airflow-ecs local`: the project's cluster on this machine, on the embedded account."""
