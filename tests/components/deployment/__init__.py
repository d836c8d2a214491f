"""Tests of `components/deployment`."""
