"""What scaling does with a load: how long tasks wait, how many workers run, and what they cost."""
