"""Tests of `components/model/settings`."""
