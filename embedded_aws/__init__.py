"""An AWS account, a Pulumi engine and an image builder on one machine. Knows no program that runs on it."""
