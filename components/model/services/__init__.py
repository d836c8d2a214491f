"""What each process of a cluster runs, how large it is, and what it is told."""
