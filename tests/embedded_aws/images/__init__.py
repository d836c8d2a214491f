"""Tests of embedded_aws/images."""
