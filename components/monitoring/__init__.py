"""Alarms, the topic that they notify, the log of ECS's events, and the dashboard."""
