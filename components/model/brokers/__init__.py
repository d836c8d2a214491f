"""Celery's message brokers: one module each."""
