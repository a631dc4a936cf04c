"""The recordings: rows of JSON, one request and its answer each, in one file an area."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, parse_qsl, urlsplit

from emulator.worlds.spec import SUBSCRIPTION

FOLDER = Path(__file__).resolve().parents[4] / "shared" / "arm-traffic"
_NOBODY = "00000000-0000-0000-0000-000000000000"
"""What the recorder writes for the subscription."""


@dataclass(frozen=True)
class Row:
    """One request and its answer, with the subscription of the emulator's worlds for the recorder's placeholder."""

    area: str
    cassette: str
    index: int
    document: dict[str, Any]

    @property
    def key(self) -> tuple[str, int]:
        return self.cassette, self.index

    @property
    def test(self) -> str:
        """Microsoft's test that was recorded: `test_aks_abort`."""
        return self.cassette.partition(" ")[0].rpartition("/")[2].removesuffix(".yaml")

    @property
    def method(self) -> str:
        return str(self.document["method"])

    @property
    def operation(self) -> str:
        """`GET microsoft.keyvault/vaults/{}`."""
        return f"{self.method} {self.document['op']}"

    @cached_property
    def url(self) -> SplitResult:
        return urlsplit(self.document["url"])

    @property
    def host(self) -> str:
        return self.url.hostname or ""

    @property
    def path(self) -> str:
        return self.url.path

    @cached_property
    def query(self) -> dict[str, str]:
        return {key.lower(): value for key, value in parse_qsl(self.url.query, keep_blank_values=True)}

    @property
    def asked(self) -> Any:
        return self.document["request_body"]

    @property
    def status(self) -> int:
        return int(self.document["status"])

    @property
    def answered(self) -> Any:
        return self.document["response_body"]

    @property
    def fields(self) -> dict[str, Any]:
        """The answer when it is an object, else nothing."""
        return self.answered if isinstance(self.answered, dict) else {}

    @property
    def headers(self) -> dict[str, str]:
        found: dict[str, str] = self.document["response_headers"]
        return found

    @cached_property
    def moment(self) -> datetime:
        return parsedate_to_datetime(self.headers["date"])


def areas() -> list[str]:
    """The files of the folder, `errors` last: some of its rows stand in another file too, and count there."""
    return sorted((path.stem for path in FOLDER.glob("*.jsonl")), key=lambda name: (name == "errors", name))


def rows_of(area: str) -> Iterator[Row]:
    with (FOLDER / f"{area}.jsonl").open() as lines:
        for line in lines:
            document = json.loads(line.replace(_NOBODY, SUBSCRIPTION))
            cassette = f"{document['source']} {document['snapshot']}"
            yield Row(area, cassette, document["index"], document)
