"""Tests of `components/ingress`."""
