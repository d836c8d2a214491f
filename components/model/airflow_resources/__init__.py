"""Connections, variables and pools from one file."""
