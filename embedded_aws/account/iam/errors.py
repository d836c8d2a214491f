"""What this model of IAM does not know."""


class UnmodelledError(ValueError):
    """A policy or a request that cannot be evaluated here; AWS may allow or refuse it."""
