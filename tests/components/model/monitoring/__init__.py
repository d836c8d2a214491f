"""Tests of the table of alarms, and of which events are logged."""
