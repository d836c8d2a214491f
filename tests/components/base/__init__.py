"""Tests of `components/base`."""
