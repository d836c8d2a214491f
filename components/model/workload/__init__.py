"""All that runs in a cluster, put together from services, executor, broker and DAG source."""
