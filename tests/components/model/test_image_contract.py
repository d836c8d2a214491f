"""What the program and docker/Dockerfile must agree on."""

from components.model.image_contract import builder_error


def test_a_builder_makes_what_it_runs_or_emulates() -> None:
    """Else the build would end with "exec format error" minutes later."""
    assert builder_error("x86_64", "x86_64", []) is None
    assert builder_error("aarch64", "x86_64", ["arm", "aarch64"]) is None
    error = builder_error("aarch64", "x86_64", ["arm"])
    assert error is not None
    assert "this machine (x86_64) cannot build an image for aarch64" in error
    assert "--install arm64" in error
