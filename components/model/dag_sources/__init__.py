"""Where Airflow gets its DAGs from: one module for each source."""
