"""What belongs to the user of this checkout is valid, whatever it is; its text is not ours to test."""
