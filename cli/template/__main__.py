"""An Apache Airflow 3 cluster on AWS ECS Fargate, as the stack's settings say."""

from airflow_ecs import AirflowCluster, config

settings = config.load()
with config.run_errors():
    cluster = AirflowCluster(config.cluster_name(settings), settings, access=config.access())
cluster.export()
