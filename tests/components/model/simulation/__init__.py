"""Tests of `components/model/simulation`."""
