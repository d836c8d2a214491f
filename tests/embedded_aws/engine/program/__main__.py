"""A small program with a bit of everything that the engine must carry."""

import json

import pulumi
import pulumi_aws as aws
import pulumi_random as random
from greeting import Greeting

config = pulumi.Config()

password = random.RandomPassword("password", length=24, keepers={"version": config.require("version")})
secret = aws.secretsmanager.Secret("secret", recovery_window_in_days=0)
aws.secretsmanager.SecretVersion("secret", secret_id=secret.id, secret_string=password.result)

limits = pulumi.ResourceOptions(custom_timeouts=pulumi.CustomTimeouts(create="5m", update="6m"))
bucket = aws.s3.Bucket("data", tags={"owner": config.require("owner")}, opts=limits)
aws.s3.BucketPolicy(
    "data",
    bucket=bucket.id,
    policy=bucket.arn.apply(
        lambda arn: json.dumps(
            {
                "Version": "2012-10-17",
                "Statement": [
                    {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": f"{arn}/*"}
                ],
            }
        )
    ),
)
aws.s3.Bucket("found", bucket="found", opts=pulumi.ResourceOptions(import_="found"))

network = aws.ec2.Vpc("network", cidr_block="10.0.0.0/16")
aws.ec2.SecurityGroup(
    "web",
    vpc_id=network.id,
    ingress=[
        {"protocol": "tcp", "from_port": port, "to_port": port, "cidr_blocks": ["10.0.0.0/8"]}
        for port in json.loads(config.require("ports"))
    ],
)
aws.cloudwatch.LogGroup("log", retention_in_days=7, deletion_protection_enabled=False)

pulumi.export("password", password.result)
pulumi.export("bucket", bucket.bucket)
pulumi.export("account", aws.get_caller_identity().account_id)
pulumi.export("region", aws.get_region().region)
pulumi.export("partition", aws.get_partition().partition)
pulumi.export("zones", aws.get_availability_zones(state="available").names)
pulumi.export("prefix_list", aws.ec2.get_prefix_list(name="com.amazonaws.us-east-1.s3").id)
pulumi.export("registry", aws.ecr.get_authorization_token().proxy_endpoint)
pulumi.export("python", Greeting("greeting").python)
