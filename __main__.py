"""An Apache Airflow 3 cluster on AWS ECS Fargate, as the stack's settings say."""

import pulumi

import config
from components import AirflowCluster

settings = config.load()
with config.run_errors():
    cluster = AirflowCluster(f"{settings.name_prefix}-{pulumi.get_stack()}", settings, access=config.access())

pulumi.export("url", cluster.url)
pulumi.export("admin_username", settings.admin_username)
pulumi.export("alb_dns_name", cluster.alb_dns_name)
pulumi.export("nlb_dns_name", cluster.nlb_dns_name)
pulumi.export("nlb_addresses", cluster.nlb_addresses)
pulumi.export("cluster_name", cluster.cluster_name)
pulumi.export("service_names", cluster.service_names)
pulumi.export("log_groups", cluster.log_groups)
pulumi.export("task_role_arns", cluster.task_role_arns)
pulumi.export("database_endpoint", cluster.database_endpoint)
pulumi.export("broker_endpoint", cluster.broker_endpoint)
pulumi.export("data_bucket", cluster.data_bucket)
pulumi.export("dags_bucket", cluster.dags_bucket)
pulumi.export("logs_bucket", cluster.logs_bucket)
pulumi.export("secret_arns", cluster.secret_arns)
pulumi.export("image_uri", cluster.image_uri)
pulumi.export("alarms_topic_arn", cluster.alarms_topic_arn)
