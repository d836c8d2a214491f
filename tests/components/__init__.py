"""Tests of the components under Pulumi's mocks, in the folders of what they test."""
