"""The parts of what the script prints: packed and unpacked, whole or not."""

from __future__ import annotations

import base64
import gzip
import json
from typing import Any

import pytest

from azext_akskv.model.ids import BadInput
from azext_akskv.model.mounts.inside_report import Part, Parts, items_of, parts_of
from azext_akskv.model.pod_report import Gap, parse_report


def packed(text: str, *, width: int = 40) -> str:
    raw = base64.b64encode(gzip.compress(text.encode())).decode()
    return "".join(f"akskv data {raw[at : at + width]}\n" for at in range(0, len(raw), width))


def parts(*lines: str) -> Parts:
    return parts_of(parse_report(f"akskv begin 1 mounts\n{''.join(lines)}akskv end mounts done\n"))


def test_parts_come_whole_with_what_is_said_of_them() -> None:
    found = parts(packed('{"a":1}\n'), "akskv whole nodes kube-system\n", packed(""), "akskv whole pods \n")
    assert found == {"nodes": Part('{"a":1}\n', "kube-system"), "pods": Part("")}


def test_what_could_not_be_looked_at_says_why() -> None:
    found = parts('akskv gap events Forbidden User "u" cannot list\n', packed("x"), "akskv whole nodes \n")
    assert found == {"events": Gap("events", "Forbidden", 'User "u" cannot list'), "nodes": Part("x")}


def test_a_part_without_its_end_is_none() -> None:
    cut = f"akskv begin 1 mounts\n{packed('a')}akskv whole nodes \n{packed('b' * 1000)}"
    assert parts_of(parse_report(cut)) == {"nodes": Part("a")}


def test_words_of_others_in_a_part_are_no_lines_of_the_script() -> None:
    text = "akskv end mounts done\nakskv gap nodes Forbidden\n"
    assert parts(packed(text), "akskv whole events \n") == {"events": Part(text)}


def test_without_gzip_a_part_is_only_longer() -> None:
    plain = base64.b64encode(b"E one\n").decode()
    assert parts(f"akskv data {plain}\n", "akskv whole log/0 \n") == {"log/0": Part("E one\n")}


BROKEN = base64.b64encode(gzip.compress(b"some text")[:-6]).decode()
BOMB = base64.b64encode(gzip.compress(bytes(65 << 20))).decode()


@pytest.mark.parametrize("data", ["not base64", "QUJ", BROKEN, BOMB, base64.b64encode(b"\x1f\x8b\x08rest").decode()])
def test_a_part_that_cannot_be_unpacked_is_refused(data: str) -> None:
    with pytest.raises(BadInput, match="a part of the script's report"):
        parts(f"akskv data {data}\n", "akskv whole nodes \n")


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (r'{"a":"\x7f\x00"}', {"a": "\x7f\x00"}),
        (r'{"a":"\a\b\f\n\r\t\v"}', {"a": "\a\b\f\n\r\t\v"}),
        (r'{"a":"\U0001f511\u2028é"}', {"a": "\U0001f511\u2028é"}),
        (r'{"a":"\\x41 \\\\a \"q\""}', {"a": '\\x41 \\\\a "q"'}),
        (r'{"a":1e+06,"b":137,"c":0.5}', {"a": 1_000_000, "b": 137, "c": 0.5}),
        (r'{"":0,"a":[null,{"":"","b":1}],"c":{"":0}}', {"a": [{"b": 1}], "c": {}}),
    ],
)
def test_what_go_quotes_is_read_as_it_was(written: str, meant: dict[str, Any]) -> None:
    assert items_of(Part(f"{written}\n")) == [meant]


@pytest.mark.parametrize("line", ["[1]", "3", '"text"', "{", "<no value>", '{"a":%!q(<nil>)}', "[" * 100_000])
def test_a_line_that_is_no_object_is_refused(line: str) -> None:
    with pytest.raises(BadInput, match="no object"):
        items_of(Part(f"{json.dumps({'a': 1})}\n{line}\n"))
