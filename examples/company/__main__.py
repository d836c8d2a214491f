"""A program of a company: an Airflow cluster among what its account holds already.

Network, addresses, database, domain, key, log bucket and registry are there and stay as they are; what is
made keeps to the company's rules: tags on everything, a boundary and a path for every role, its own package
index.
"""

from pathlib import Path

import pulumi
import pulumi_aws as aws
from airflow_ecs import (
    AirflowCluster,
    DatabaseSettings,
    Executor,
    IamSettings,
    ImageSettings,
    KmsSettings,
    LoadBalancerSettings,
    LogsSettings,
    ProxySettings,
    Settings,
    VpcSettings,
)

config = pulumi.Config()
here = Path(__file__).resolve().parent

settings = Settings(
    executor=Executor.CELERY,
    protect_data=config.get_bool("protectData") is not False,
    vpc=VpcSettings(tag="Name=company", public_subnet_tag="Tier=public", private_subnet_tag="Tier=private"),
    database=DatabaseSettings(
        host=config.require("databaseHost"),
        name="airflow",
        secret_arn=config.require("databaseSecretArn"),
    ),
    load_balancer=LoadBalancerSettings(
        domain=config.require("domain"),
        allowed_cidrs=("0.0.0.0/0",),
        nlb=True,
        nlb_allocation_ids=tuple(config.require_object("allocationIds")),
    ),
    kms=KmsSettings(key_arn=config.require("kmsKeyArn")),
    logs=LogsSettings(bucket=config.require("logsBucket")),
    image=ImageSettings(
        repository=config.require("repository"),
        package_index_url="https://packages.example.com/simple/",
        extra_ca_file="docker/company-ca.pem",
    ),
    proxy=ProxySettings(url="http://proxy.example.com:3128", exceptions=(".example.com", ".amazonaws.com")),
    iam=IamSettings(
        permissions_boundary_arn=config.require("permissionsBoundaryArn"),
        role_path="/data-platform/",
        extra_statements={
            "worker": [{"Effect": "Allow", "Action": ["athena:StartQueryExecution"], "Resource": ["*"]}]
        },
    ),
    task_security_group_ids=(config.require("databaseClients"),),
    airflow_settings={"AIRFLOW__CORE__DEFAULT_TIMEZONE": "Europe/Berlin"},
    extra_environment={"all": {"TEAM": "data-platform"}},
    extra_secrets={"worker": {"API_TOKEN": config.require("apiTokenArn")}},
)

company = aws.Provider(
    "company",
    allowed_account_ids=[config.require("accountId")],
    default_tags={"tags": {"CostCenter": "4711", "Owner": "data-platform"}},
)
cluster = AirflowCluster(
    "airflow",
    settings,
    pulumi.ResourceOptions(provider=company),
    project=(here / config.require("project")).resolve(),
)

pulumi.export("url", cluster.url)
pulumi.export("alb_dns_name", cluster.alb_dns_name)
pulumi.export("nlb_dns_name", cluster.nlb_dns_name)
pulumi.export("nlb_addresses", cluster.nlb_addresses)
pulumi.export("cluster_name", cluster.cluster_name)
pulumi.export("image_uri", cluster.image_uri)
