"""Tests of `components/model/pricing`."""
