"""ECS whose tasks are real processes: moto keeps clusters and task definitions, this package tasks and services."""
