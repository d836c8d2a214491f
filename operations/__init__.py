"""What is done with a running cluster, on boto3 and Pulumi's Automation API."""
