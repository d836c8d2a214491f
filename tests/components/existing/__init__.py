"""Tests of `components/existing`."""
