"""Tests of `components/model/image`."""
