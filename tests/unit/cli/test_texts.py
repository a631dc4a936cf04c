"""The files of --logs: what is taken, and what is refused in which words."""

from __future__ import annotations

import io
import os
import sys
from argparse import ArgumentTypeError
from pathlib import Path
from types import SimpleNamespace

import pytest

from azext_akskv.cli.texts import read_files
from azext_akskv.cli.validators import file_to_read
from azext_akskv.model.ids import BadInput
from tests.unit.model.provider.texts import EVENT, block, refused

LOG = block(refused("ForbiddenByRbac"))


@pytest.mark.parametrize(
    ("encoding", "mark"), [("utf-8", b""), ("utf-8-sig", b""), ("utf-16", b""), ("utf-16-be", b"\xfe\xff")]
)
def test_a_text_is_read_however_it_is_written(tmp_path: Path, encoding: str, mark: bytes) -> None:
    path = tmp_path / "a.log"
    path.write_bytes(mark + LOG.encode(encoding))
    [one] = read_files([str(path)]).diagnoses
    assert (one.cause.slug, one.source, one.line) == ("forbidden_rbac", str(path), 1)


def test_several_files_are_one_reading(tmp_path: Path) -> None:
    names = []
    for number, code in enumerate(("ForbiddenByRbac", "ForbiddenByFirewall")):
        path = tmp_path / f"{number}.log"
        path.write_text(block(refused(code)))
        names.append(str(path))
    assert [one.cause.slug for one in read_files(names).diagnoses] == ["forbidden_rbac", "forbidden_firewall"]


def test_standard_input_is_read_as_it_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(LOG.encode())))
    [one] = read_files(["-"]).diagnoses
    assert one.source == "standard input"


def test_a_pipe_needs_no_going_back() -> None:
    reading, writing = os.pipe()
    text = (LOG * 400).encode()
    if os.fork() == 0:
        with os.fdopen(writing, "wb") as file:
            file.write(text)
        os._exit(0)
    os.close(writing)
    try:
        [one] = read_files([f"/dev/fd/{reading}"]).diagnoses
    finally:
        os.close(reading)
        os.wait()
    assert one.count == 400


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b" \n\t\n", "is empty"),
        (b"\x7fELF\0\0", "is not a text"),
        (b"\x1f\x8b\x08\0", "is not a text"),
    ],
)
def test_what_is_no_text_is_refused(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "a.log"
    path.write_bytes(content)
    with pytest.raises(BadInput, match=words):
        read_files([str(path)])


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("gone.log", "there is no file"),
        ("", "is a folder"),
        ("a\0b", "there is no file"),
        ("x" * 5000, "cannot be read"),
    ],
)
def test_what_is_no_file_is_told(tmp_path: Path, name: str, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        read_files([f"{tmp_path}/{name}"])


def test_bytes_of_another_encoding_hide_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    path.write_bytes(b"Fehler bei Geb\xfchr\n" + EVENT.encode() + b"objects is not set\n")
    [one] = read_files([str(path)]).diagnoses
    assert one.cause.slug == "spc_objects_missing"


def test_a_name_that_is_empty_is_refused_while_parsing() -> None:
    assert file_to_read("a.log") == "a.log" and file_to_read("-") == "-"
    with pytest.raises(ArgumentTypeError, match="unset"):
        file_to_read("")
