"""Tests of `components/model/iam`."""
