"""The program on a real Pulumi engine."""
