"""What is watched of a cluster: alarms, events and the dashboard, as values."""
