"""`airflow-ecs dags`: the versions of a stack's DAGs, without a deployment."""
