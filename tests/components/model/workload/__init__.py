"""Tests of `components/model/workload`."""
