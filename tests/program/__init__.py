"""Tests of the whole program under mocks. They prove what it asks for, not that AWS accepts it."""
