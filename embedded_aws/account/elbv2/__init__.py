"""Elastic Load Balancing: haproxy as the load balancers, and the health checks of their targets."""
