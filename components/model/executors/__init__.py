"""Airflow's executors: one module each, which `workload/catalogue.py` lists."""
