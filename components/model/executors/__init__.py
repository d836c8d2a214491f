"""Airflow's executors: one module each."""
