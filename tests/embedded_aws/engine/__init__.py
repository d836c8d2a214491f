"""Tests of the engine that is built where no plugins can be downloaded."""
