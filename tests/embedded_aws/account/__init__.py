"""The embedded account, met only as an AWS client meets it, with a service that it knows nothing of."""
