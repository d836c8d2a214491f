"""Run in the image, in place of a role's command, by tests/image/test_results.py."""
