"""The image: its pure parts, and (marker `airflow`) its real roles against PostgreSQL and Redis."""
