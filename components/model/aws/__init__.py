"""What AWS allows: names, sizes, address ranges, ARNs, registries."""
