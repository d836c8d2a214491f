"""Which images stay."""

import hashlib
import json

from components.model.image.image_tags import RUNNING, lifecycle_policy, own, promoted, running
from embedded_aws.account.ecr.lifecycle import Held, expired

DIGESTS = [f"sha256:{hashlib.sha256(str(number).encode()).hexdigest()}" for number in range(200)]


def test_what_runs_stays_however_many_come_after_it() -> None:
    """Judged by the embedded account's reading of AWS's rules; of all else the last twenty stay."""
    pushed = [
        Held(digest=digest, tags=frozenset({f"v{number}"}), pushed_at=number)
        for number, digest in enumerate(DIGESTS)
    ]
    runs = {running("airflow-prod", pushed[3].digest), running("airflow-dev", pushed[3].digest)}
    pushed[3] = Held(digest=pushed[3].digest, tags=pushed[3].tags | runs, pushed_at=3)
    gone = expired(json.dumps(lifecycle_policy()), pushed, now=1e9)
    assert [one.digest for one in pushed if one.digest not in gone] == [DIGESTS[3], *DIGESTS[-20:]]


def test_a_stack_takes_back_only_its_own_tags() -> None:
    """Another stack's name may begin with its own."""
    tags = [running("airflow-dev", DIGESTS[1]), running("airflow-dev", DIGESTS[2])]
    others = [running("airflow-dev-two", DIGESTS[1]), f"{RUNNING}airflow-dev-live", promoted(DIGESTS[1])]
    assert own([*tags, *others], "airflow-dev") == sorted(set(tags))
