"""Users of an image: the base image's /etc/passwd is this machine's."""

from __future__ import annotations

import grp
import pwd
from typing import NamedTuple

from embedded_aws.images.errors import ImageError


class Identity(NamedTuple):
    """Who runs a container's program."""

    uid: int
    gid: int
    home: str


def identity(user: str) -> Identity:
    """Return who `USER user` is: `uid`, `uid:gid`, or names; empty is root. The group of an unknown uid is 0.

    Raises:
        ImageError: No user or group has that name.
    """
    try:
        return _identity(user)
    except KeyError as error:
        raise ImageError(
            f"{user}: {error.args[0]} on this machine, which is the base image; write numbers, as in 50000:0"
        ) from error


def _identity(user: str) -> Identity:
    name, _, group = user.partition(":")
    entry = _entry(name or "0")
    if entry is None:
        uid, gid, home = int(name), 0, "/"
    else:
        uid, gid, home = entry.pw_uid, entry.pw_gid, entry.pw_dir
    if group:
        gid = int(group) if group.isdecimal() else grp.getgrnam(group).gr_gid
    return Identity(uid, gid, home)


def _entry(name: str) -> pwd.struct_passwd | None:
    if not name.isdecimal():
        return pwd.getpwnam(name)
    try:
        return pwd.getpwuid(int(name))
    except KeyError:
        return None
