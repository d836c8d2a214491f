"""ECS with real processes: moto keeps clusters and task definitions, this package tasks and services."""
