"""Application Auto Scaling: step scaling policies act on ECS services."""
