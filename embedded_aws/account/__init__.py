"""The embedded account: an AWS API on loopback whose ECS, RDS, ElastiCache and ELB run real processes.

moto serves the API; this package extends it in process. It reads only what an AWS client could have told it.
A test bed, not a product: it listens on loopback only and answers who has its key.
"""

from embedded_aws.account.lifecycle import (
    AccountError,
    died,
    environment,
    resumable,
    start,
    status,
    stop,
)

__all__ = ["AccountError", "died", "environment", "resumable", "start", "status", "stop"]
