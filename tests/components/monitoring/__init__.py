"""Tests of alarms, topic, log of events and dashboard."""
