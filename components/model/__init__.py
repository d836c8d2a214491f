"""What an Airflow cluster on ECS is, in pure Python: no pulumi, no boto3, plain values in and out."""
