"""Services and one-off tasks: command, size, ports, secrets, environment and permissions of each."""
