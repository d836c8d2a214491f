"""Every setting of a cluster, with its default and its rules."""
