"""Tests of `components/model/executors`."""
