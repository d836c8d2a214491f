"""Infrastructure that exists: looked up and checked, never changed."""
