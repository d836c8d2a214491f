"""What the image adds to Airflow: start, health, migration, and long tasks on ECS."""
