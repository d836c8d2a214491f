"""Few examples and no database of them: the whole set is to take less than two seconds."""

from hypothesis import settings

settings.register_profile("unit", max_examples=30, deadline=None, database=None)
settings.load_profile("unit")
