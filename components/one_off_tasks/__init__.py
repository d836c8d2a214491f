"""One-off tasks: the migration of each deployment, and scheduled database maintenance."""
