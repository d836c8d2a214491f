"""Tests of `components/model`."""
