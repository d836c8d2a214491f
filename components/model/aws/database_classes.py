"""What an RDS instance class carries: memory, and the connections that PostgreSQL allows with it.

https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Limits.html#RDS_Limits.MaxConnections
"""

import re
from typing import Final

_SMALL_GIB: Final = {"micro": 1, "small": 2, "medium": 4, "large": 8}
"""Memory of the small sizes; `xlarge` has 16 GiB, and `12xlarge` twelve times as much."""
_LARGER: Final = "rxz"
"""First letters of the families whose classes have at least twice as much memory."""
_BYTES_PER_CONNECTION: Final = 9531392
_MAX_CONNECTIONS: Final = 5000
_LEFT_BY_THE_SYSTEM: Final = 0.8
"""Share of a class's memory that the system leaves to PostgreSQL (DBInstanceClassMemory), on the low side."""


def memory_gib(instance_class: str) -> int:
    """Give a class's memory at the least, such as 2 for `db.t4g.small`."""
    family, size = instance_class.split(".")[1:3]
    if found := re.fullmatch(r"(\d*)xlarge", size):
        memory = 16 * int(found[1] or 1)
    else:
        memory = _SMALL_GIB.get(size, 1)
    return memory * 2 if family[0] in _LARGER else memory


def max_connections(instance_class: str) -> int:
    """Give the connections that PostgreSQL on a class allows by default, at the least."""
    usable = memory_gib(instance_class) * 2**30 * _LEFT_BY_THE_SYSTEM
    return min(int(usable / _BYTES_PER_CONNECTION), _MAX_CONNECTIONS)
