"""How users reach the cluster: load balancers, listeners, certificate."""
