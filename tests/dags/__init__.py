"""The DAGs, run by their own interpreters against a real S3 interface (moto)."""
