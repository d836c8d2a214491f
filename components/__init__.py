"""The parts of an Airflow cluster, one ComponentResource a file, and `AirflowCluster` over them all."""

from components.airflow_cluster import AirflowCluster

__all__ = ["AirflowCluster"]
