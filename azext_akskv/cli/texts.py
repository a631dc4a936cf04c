"""The files of `--logs`, read line by line, whatever their size."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import IO

from azext_akskv.model.ids import BadInput, in_short
from azext_akskv.model.provider.reading import Reading, Texts

STANDARD_INPUT = "-"
_LONGEST_LINE = 64 * 1024 * 1024
"""Characters that are taken for one line; the rest of a longer one is taken for the next."""
_LOOKED_AT = 64 * 1024
_MARKS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
"""With which a text begins that says how it is written; PowerShell's own redirection writes UTF-16."""


def read_files(names: Sequence[str]) -> Reading:
    """All of them together. Raises BadInput for what is empty, is no text or cannot be read."""
    texts = Texts()
    for name in names:
        shown = "standard input" if name == STANDARD_INPUT else name
        try:
            with _opened(name) as file:
                texts.read(_lines(file, shown), shown)
        except BadInput:
            raise
        except (FileNotFoundError, ValueError) as error:  # ValueError: a NUL in its name
            raise BadInput(f"there is no file {in_short(shown)}; expected a file, or - for standard input") from error
        except IsADirectoryError as error:
            raise BadInput(f"{in_short(shown)} is a folder; expected a file, or - for standard input") from error
        except OSError as error:
            raise BadInput(f"{in_short(shown)} cannot be read: {error.strerror or error}") from error
    return texts.reading()


@contextmanager
def _opened(name: str) -> Iterator[IO[bytes]]:
    if name == STANDARD_INPUT:
        yield sys.stdin.buffer
        return
    with open(name, "rb") as file:
        yield file


def _lines(file: IO[bytes], name: str) -> Iterable[str]:
    """Its lines, after a look at how it begins."""
    start = file.read(_LOOKED_AT)
    if not start.strip():
        raise BadInput(f"{in_short(name)} is empty: is the filter before it too narrow?")
    encoding = next((encoding for mark, encoding in _MARKS.items() if start.startswith(mark)), "utf-8")
    if encoding != "utf-16" and b"\0" in start:
        raise BadInput(f"{in_short(name)} is not a text: it has bytes that no text has. Is it compressed?")
    text = io.TextIOWrapper(io.BufferedReader(_Again(start, file)), encoding, errors="replace")
    return iter(lambda: text.readline(_LONGEST_LINE), "")


class _Again(io.RawIOBase):
    """A file whose first bytes were read already; pipes cannot go back."""

    def __init__(self, start: bytes, rest: IO[bytes]) -> None:
        super().__init__()
        self._start, self._rest = start, rest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # any writable buffer will do
        chunk = self._start[: len(buffer)] if self._start else self._rest.read(len(buffer))
        self._start = self._start[len(chunk) :]
        buffer[: len(chunk)] = chunk
        return len(chunk)
