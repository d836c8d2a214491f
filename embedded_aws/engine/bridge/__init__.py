"""Pulumi's provider `aws` with terraform-provider-aws behind it, for an account on loopback only."""
