"""What keeps data: database, broker, buckets, secrets."""
