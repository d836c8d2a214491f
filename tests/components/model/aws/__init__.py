"""Tests of `components/model/aws`."""
