"""Tests of `components/model/airflow_objects`."""
