"""S3 and Secrets Manager with what the program, and a user, would have put there."""

import json
from typing import Any

import boto3

from components.model.airflow_resources import airflow_resources
from tests.helpers.moto_account import PlainAccount

REGION = "eu-west-1"
PREFIX = "airflow-test"
"""Of the secrets that hold connections and variables."""
WHOLE = "http://u:p%40ss@api.example.com:8443/v1"


class Account:
    """An account of moto's."""

    def __init__(self, plain: PlainAccount) -> None:
        self.environment = plain.environment(REGION)
        session: Any = boto3.Session(plain.key.id, plain.key.secret, region_name=REGION)
        self._session, self._address = session, plain.address
        self._s3, self.secrets = (self.client(name) for name in ("s3", "secretsmanager"))
        self._s3.create_bucket(Bucket="data", CreateBucketConfiguration={"LocationConstraint": REGION})
        parts = json.dumps({"password": "hunter2/@:", "pem": "-----KEY-----"})
        self.parts = self.secrets.create_secret(Name="dwh", SecretString=parts)["ARN"]
        self.secrets.create_secret(Name=f"{PREFIX}/variables/hours", SecretString="99")
        answer = json.dumps({"conn_type": "http", "port": 41})
        self.secrets.create_secret(Name=f"{PREFIX}/connections/answer", SecretString=answer)
        self.whole = self.secrets.create_secret(Name="whole", SecretString=WHOLE)["ARN"]

    def client(self, service: str) -> Any:
        """A client of boto3's."""
        return self._session.client(service, endpoint_url=self._address)

    def put(self, text: str) -> dict[str, str]:
        """Upload a file's content; the environment that tells the migration of it."""
        parsed = airflow_resources.parse(text.replace("ARN", self.parts).replace("WHOLE", self.whole))
        self._s3.put_object(Bucket="data", Key="airflow-resources.json", Body=parsed.text.encode())
        own = {
            "AIRFLOW_ECS_RESOURCES_URL": "s3://data/airflow-resources.json",
            "AIRFLOW_ECS_RESOURCES_SHA256": parsed.sha256,
        }
        return {**self.environment, **own}
