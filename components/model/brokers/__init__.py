"""Celery's message brokers: one module each, which `workload/catalogue.py` lists."""
