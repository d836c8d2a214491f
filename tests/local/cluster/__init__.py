"""A whole cluster, as `make up` brings it up."""
