"""Tests of `components/data`."""
