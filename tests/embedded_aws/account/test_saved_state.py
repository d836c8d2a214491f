# pyright: basic
# moto has no types for its backends.
"""The file that an account keeps its state in, without an account; `test_lifecycle.py` has one."""

from __future__ import annotations

import io
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from moto.sqs.models import SQSBackend

from embedded_aws.account import AccountError, saved_state, start

if TYPE_CHECKING:
    from pathlib import Path


def request(method: str, body: str = "", target: str = "") -> dict[str, Any]:
    """Return what a WSGI application gets."""
    found = {"REQUEST_METHOD": method, "wsgi.input": io.BytesIO(body.encode())}
    return found | ({"HTTP_X_AMZ_TARGET": target} if target else {})


def test_parts_come_back(tmp_path: Path) -> None:
    """Who refers to whom, locks as free ones, keys, and chains that are longer than Python's own stack."""
    shared = {"lock": threading.RLock(), "key": ec.generate_private_key(ec.SECP256R1())}
    with shared["lock"]:
        chain: list[Any] = [rsa.generate_private_key(65537, 2048)]
        for _ in range(20_000):
            chain = [chain]
        saved_state.write(tmp_path, 4600, {"one": shared, "other": [shared], "chain": chain})
    found = saved_state.read(tmp_path)
    assert found is not None
    assert found["other"][0] is found["one"]
    assert found["one"]["lock"].acquire(blocking=False)
    assert found["one"]["key"].private_numbers() == shared["key"].private_numbers()
    assert saved_state.header(tmp_path) == saved_state.Header(port=4600, made_by=saved_state.made_by())
    assert (tmp_path / "state").stat().st_mode & 0o777 == 0o600


def test_queues_come_back(tmp_path: Path) -> None:
    """With their messages, and what waits for one, which moto's other resources do not have."""
    backend = SQSBackend("us-east-1", "123456789012")
    backend.create_queue("q", VisibilityTimeout="77")
    backend.send_message("q", "m")
    saved_state.write(tmp_path, 4600, {"sqs": backend})
    found = saved_state.read(tmp_path)
    assert found is not None
    queue = found["sqs"].queues["q"]
    assert queue.visibility_timeout == 77
    assert [one.body for one in found["sqs"].receive_message("q", 1, 1, 30)] == ["m"]


def test_nothing_saved_is_nothing(tmp_path: Path) -> None:
    """A new account starts empty."""
    assert saved_state.read(tmp_path) is None
    assert not saved_state.exists(tmp_path)


def test_other_versions_and_damage_are_refused(tmp_path: Path) -> None:
    """In one line with the file and what to do, before a process starts; the file stays as it is."""
    saved_state.write(tmp_path, 4600, {})
    state = tmp_path / "state"
    _, rest = state.read_bytes().split(b"\n", 1)
    header = {"port": 4600, "made_by": "format 1, moto 4.0, Python 3.9"}
    state.write_bytes(json.dumps(header).encode() + b"\n" + rest)
    with pytest.raises(AccountError, match=r"state was saved by format 1, moto 4.0, Python 3.9, .* folder"):
        start(tmp_path)
    state.write_bytes(b"{}\n")
    with pytest.raises(AccountError, match=r"state cannot be read \(TypeError: .*: remove its folder"):
        start(tmp_path)
    assert state.exists()


def test_what_cannot_be_saved_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """One service of moto that holds a function is lost alone, and the log has its name."""
    services = [("m", "good", "1", "aws", {"a": 1}), ("m", "bad", "1", "us-east-1", lambda: None)]
    monkeypatch.setattr(saved_state, "_held", lambda: services)
    restored: dict[str, Any] = {}

    class Backends(dict[str, Any]):
        def __missing__(self, account: str) -> dict[str, Any]:
            return restored

    monkeypatch.setattr(saved_state, "_backends", lambda *_: Backends())
    saved_state.write(tmp_path, 4600, {"part": 1})
    assert saved_state.read(tmp_path) == {"part": 1}
    assert restored == {"aws": {"a": 1}}
    assert "what bad of us-east-1 has is lost when the account ends" in caplog.text


@pytest.mark.parametrize(
    ("asked", "saves"),
    [
        (request("PUT"), 1),
        (request("GET"), 0),
        (request("POST", "Action=CreateVpc&Version=1"), 1),
        (request("POST", "Version=1&Action=DescribeVpcs"), 0),
        (request("POST", "{}", "AmazonEC2ContainerServiceV20141113.ListTasks"), 0),
        (request("POST", "{}", "AmazonEC2ContainerServiceV20141113.UpdateService"), 1),
        (request("POST", "{}"), 1),
    ],
)
def test_changes_are_saved(asked: dict[str, Any], saves: int) -> None:
    """Once, and never for what only reads."""
    saved: list[None] = []
    saver = saved_state.Saver(lambda *_: [b""], lambda: saved.append(None))
    saver(asked, None)
    saver.save()
    saver.save()
    assert len(saved) == saves


def test_no_request_is_served_while_the_state_is_read() -> None:
    """The request that is being served ends first, the next one waits."""
    order: list[str] = []
    serving, go_on, saving = threading.Event(), threading.Event(), threading.Event()

    def serve(environ: dict[str, Any], _: Any) -> list[bytes]:
        serving.set()
        go_on.wait(10)
        order.append(environ["REQUEST_METHOD"])
        return []

    def save() -> None:
        saving.set()
        order.append("save")

    saver = saved_state.Saver(serve, save)
    go_on.set()
    saver(request("POST"), None)
    order.clear()
    serving.clear()
    go_on.clear()
    with ThreadPoolExecutor() as pool:
        first = pool.submit(saver, request("PUT"), None)
        assert serving.wait(10)
        saved = pool.submit(saver.save)
        second = pool.submit(saver, request("DELETE"), None)
        assert not saving.wait(0.1)
        go_on.set()
        for one in (first, saved, second):
            one.result(10)
    assert order.index("PUT") < order.index("save")


def test_a_failed_save_is_tried_again() -> None:
    """What changed is still to be saved."""
    outcomes = [RuntimeError("dictionary changed size during iteration"), None]

    def save() -> None:
        if error := outcomes.pop(0):
            raise error

    saver = saved_state.Saver(lambda *_: [], save)
    saver(request("PUT"), None)
    with pytest.raises(RuntimeError):
        saver.save()
    saver.save()
    assert outcomes == []


def test_the_last_save_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """A request that is still being served may change a mapping while it is pickled; not for ever."""
    monkeypatch.setattr(saved_state.time, "sleep", lambda _: None)
    tries: list[int] = []

    def save(failures: int) -> None:
        tries.append(failures)
        if len(tries) <= failures:
            raise RuntimeError("dictionary changed size during iteration")

    saved_state.save_at_the_end(lambda: save(4))
    assert len(tries) == 5
    tries.clear()
    with pytest.raises(RuntimeError, match="changed size"):
        saved_state.save_at_the_end(lambda: save(5))
