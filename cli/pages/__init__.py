"""Generators behind `make docs`."""
