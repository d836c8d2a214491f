"""Tests of `components/model/airflow_resources`."""
