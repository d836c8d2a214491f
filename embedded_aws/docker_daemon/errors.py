"""What goes wrong with a daemon, a registry or a build, in words for whoever asked for it."""


class DaemonError(RuntimeError):
    """The daemon, the registry or the client refused; the message holds their own words."""
