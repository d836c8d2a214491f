"""Tests of the commands and workflows."""
