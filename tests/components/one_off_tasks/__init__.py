"""Tests of `components/one_off_tasks`."""
