"""What every component shares."""
