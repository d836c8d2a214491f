"""Tests of `components/image`."""
