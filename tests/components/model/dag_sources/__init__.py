"""Tests of `components/model/dag_sources`."""
