"""ECS cluster, services, task definitions."""
