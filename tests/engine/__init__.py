"""The program on the real Pulumi engine."""
