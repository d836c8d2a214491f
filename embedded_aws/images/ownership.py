"""A system call filter under which changing an owner succeeds and does nothing.

A build runs in a user namespace that knows one user, where a real chown to another fails. Files of an image
made here all belong to whoever runs the container, so what the Dockerfile asks for is fulfilled in effect:
its user can write what it owns. Charliecloud builds unprivileged in the same way:
https://hpc.github.io/charliecloud/ch-image.html (--force=seccomp).
"""

from __future__ import annotations

import os
import platform
import struct

# Audit architecture and numbers of chown, fchown, lchown, fchownat: linux/audit.h, asm/unistd.h.
_CALLS = {"x86_64": (0xC000003E, (92, 93, 94, 260)), "aarch64": (0xC00000B7, (55, 54))}
_LOAD, _JUMP_EQUAL, _RETURN = 0x20, 0x15, 0x06  # BPF_LD|BPF_W|BPF_ABS, BPF_JMP|BPF_JEQ|BPF_K, BPF_RET|BPF_K
_NUMBER, _ARCHITECTURE = 0, 4  # offsets in struct seccomp_data
_ALLOW, _SUCCEED = 0x7FFF0000, 0x00050000  # SECCOMP_RET_ALLOW, SECCOMP_RET_ERRNO | 0


def filter_descriptor() -> int | None:
    """Return a descriptor for bubblewrap's `--seccomp`, for the caller to close; None on other processors."""
    if platform.machine() not in _CALLS:
        return None
    architecture, numbers = _CALLS[platform.machine()]
    program = [
        (_LOAD, 0, 0, _ARCHITECTURE),
        (_JUMP_EQUAL, 0, len(numbers) + 1, architecture),
        (_LOAD, 0, 0, _NUMBER),
        *((_JUMP_EQUAL, len(numbers) - index, 0, number) for index, number in enumerate(numbers)),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _SUCCEED),
    ]
    descriptor = os.memfd_create("ownership")
    os.write(descriptor, b"".join(struct.pack("HBBI", *line) for line in program))
    os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor
