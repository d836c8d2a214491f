"""What one `up` does in order: migration, rollouts, database maintenance."""
