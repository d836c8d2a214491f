"""Tests of the embedded account, the engine and the image builder."""
