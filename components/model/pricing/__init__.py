"""What rendered resources cost."""
