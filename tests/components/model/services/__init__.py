"""Tests of `components/model/services`."""
