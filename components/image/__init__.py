"""The Airflow image: built, copied, kept in ECR."""
