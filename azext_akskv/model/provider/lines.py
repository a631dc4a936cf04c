"""Lines in, records out: one pass, and no more of the text in memory than the record at hand."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from azext_akskv.model.provider.block import Block
from azext_akskv.model.provider.clean import bare
from azext_akskv.model.provider.gate import has_words, is_entry, may_matter
from azext_akskv.model.provider.heads import Head, head_of, without_prefix
from azext_akskv.model.provider.noise import is_noise
from azext_akskv.model.provider.objects import parsed, records_of, unwrapped
from azext_akskv.model.provider.record import Kind, Record

MOST_OF_A_DOCUMENT = 64 * 1024 * 1024
"""Characters of a JSON document that is read as a whole; a longer one is read line by line."""
LONGEST_LINE = 64_000
"""Characters; a longer one is taken for several."""
_GLUED = re.compile(r"(?<=.)(?=MountVolume\.(?:SetUp|MountDevice)\b|\b[EF]\d{4} \d\d ?:\d\d ?:\d\d\.\d{6} )")
_DESCRIBED = re.compile(r"(Name|Namespace|Node): +([a-z0-9][a-z0-9.-]{0,252})")
_NUMBER_ALONE = re.compile(r"[^=:{]*[\"\u00ab\u201c\u300c]\s?(?:401|429)\s?[\"\u00bb\u201d\u300d][^=:{]*")
"""A sentence of an article that names a cause by its HTTP status alone, in any language."""


class Lines:
    """Puts the lines of one text together to records."""

    def __init__(self) -> None:
        self._block: Block | None = None
        self._document: list[str] | None = None
        self._length = 0
        self._described: dict[str, str] = {}
        self.count = 0
        self.entries = 0
        """Lines that begin an entry of a log or an event, good or bad."""
        self.noise = 0

    def records(self, lines: Iterable[str]) -> Iterator[Record]:
        """Every record that may matter, in order."""
        for raw in lines:
            self.count += 1
            if self._document is not None:
                yield from self._document_line(raw.rstrip("\r\n"))
                continue
            line = without_prefix(raw)
            entry = is_entry(line)
            self.entries += entry
            if self._block is not None or (may_matter(line) and not self._is_noise(line, entry)):
                yield from self._line(bare(line))
        if self._document is not None:
            yield from self._one_by_one()
        yield from self._close(cut=True)

    def _is_noise(self, line: str, entry: bool) -> bool:
        noise = entry and line[0] in "EF" and is_noise(line)
        self.noise += noise
        return noise

    def _line(self, line: str) -> Iterator[Record]:
        if len(line) > LONGEST_LINE and not line.startswith("{"):
            for at in range(0, len(line), LONGEST_LINE):
                yield from self._line(line[at : at + LONGEST_LINE])
            return
        if self._block is None and line.rstrip() in ("{", "["):
            self._document, self._length = [line], 0
            return
        if line.count("MountVolume.") > 1 or line.count(".go:") > 1:
            for piece in _GLUED.split(line):
                yield from self._piece(piece)
        else:
            yield from self._piece(line)

    def _piece(self, line: str) -> Iterator[Record]:
        if self._block and self._block.swallows(line):
            yield from self._more(line)
            return
        document = parsed(line) if line.startswith("{") else None
        inner = unwrapped(document) if document else None
        if inner is not None:  # a log line that the container runtime put into JSON
            yield from self._line(bare(inner))
            return
        head = None if document else head_of(line)
        if head and self._block and self._block.lacks_its_message(head):
            self._block.has_its_message()
            head = None
        if head is None and document is None:
            yield from self._more(line)
            return
        yield from self._close(cut=True)
        self.noise += bool(head and head.noise)
        if document is not None:
            self.entries += 1
            yield from records_of(document, self.count)
        elif head is not None and not head.boring:
            yield from self._begin(head)

    def _begin(self, head: Head) -> Iterator[Record]:
        if head.kind is Kind.EVENT:
            self.entries += 1
            described = self._described if "namespace" in self._described else {}
            known = {**described, **{name: value for name, value in head.known.items() if value}}
            head = replace(head, known=known)
        self._block = Block(head, self.count)
        if self._block.is_full():
            yield from self._close(cut=False)

    def _more(self, line: str) -> Iterator[Record]:
        """A line that begins nothing: it goes on with the open record, or stands for itself."""
        block = self._block
        if block is None or (line.isprintable() and _NUMBER_ALONE.fullmatch(line)):
            yield from self._close(cut=False)
            yield from self._stray(line)
        elif block.goes_on_with(line):
            block.add(line)
            if block.is_full():
                yield from self._close(cut=False)
        else:
            yield from self._close(cut=False)
            if may_matter(line):
                yield from self._stray(line)

    def _stray(self, line: str) -> Iterator[Record]:
        described = _DESCRIBED.match(line)
        if described:
            name = {"Name": "pod", "Namespace": "namespace", "Node": "node"}[described[1]]
            self._described = {**({} if name == "pod" else self._described), name: described[2]}
        elif _NUMBER_ALONE.fullmatch(line):
            yield Record(Kind.PROSE, (line,), self.count)
        elif has_words(line):
            self._block = Block(Head(Kind.PROSE, line), self.count, orphan=line.startswith("\t"))

    def _close(self, cut: bool) -> Iterator[Record]:
        """`cut`: something else, or the end, came before the record's own end."""
        block, self._block = self._block, None
        if block is not None:
            yield block.record(cut)

    def _document_line(self, line: str) -> Iterator[Record]:
        """Of a JSON document that goes over many lines, as kubectl prints it."""
        assert self._document is not None
        self._document.append(line)
        self._length += len(line)
        if line in ("}", "]"):
            document = parsed("\n".join(self._document))
            if document is None:
                yield from self._one_by_one()
                return
            first = self.count - len(self._document) + 1
            self._document = None
            found = list(records_of(document, first))
            self.entries += len(found)
            yield from found
        elif self._length > MOST_OF_A_DOCUMENT:
            yield from self._one_by_one()

    def _one_by_one(self) -> Iterator[Record]:
        """What looked like a document and is none, or is cut off."""
        lines, self._document = self._document or [], None
        end = self.count
        for number, line in enumerate(lines, end - len(lines) + 1):
            self.count = number
            if line.rstrip() not in ("{", "[") and (self._block is not None or may_matter(line)):
                yield from self._piece(bare(line))
        self.count = end
