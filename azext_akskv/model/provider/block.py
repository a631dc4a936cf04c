"""A record whose lines are still coming."""

from __future__ import annotations

from dataclasses import replace

from azext_akskv.model.provider.heads import Head
from azext_akskv.model.provider.record import Kind, Record

MOST_LINES, MOST_CHARACTERS = 80, 16_000
"""Of one record. No error is longer; only a text without any order would go on."""
_NARROWEST = 60
"""No terminal or mail breaks lines before that column."""
_PARTS_OF_AN_ANSWER = (
    *(" ", "\t", "-", "{", "}", '"', "GET ", "POST ", "RESPONSE ", "ERROR CODE", "To troubleshoot"),
    *("Caller:", "Action:", "Resource:", "Assignment:", "Deny", "Decision", "Vault:", "Trace ID", "StatusCode"),
)
"""How a line goes on with an answer of Azure that was pasted without anything before it."""


class Block:
    """`orphan`: its beginning is not in the text."""

    def __init__(self, head: Head, line: int, orphan: bool = False) -> None:
        self.head = head
        self.line = line
        self.orphan = orphan
        self._lines = [head.rest]
        self._length = len(head.rest)
        self._indented = head.kind is Kind.LOG and head.rest.rstrip().endswith("=<")
        self._ended = False

    def is_full(self) -> bool:
        """Nothing more can belong to it."""
        if self._ended or len(self._lines) >= MOST_LINES or self._length >= MOST_CHARACTERS:
            return True
        if self.head.kind in (Kind.METRIC, Kind.MOUNTED):
            return True
        return self.head.kind is Kind.LOG and not self._indented and self._quotes_are_closed()

    def goes_on_with(self, line: str) -> bool:
        if self._indented or self.orphan:
            return True
        if not line.strip():
            return False
        if self.head.kind is not Kind.PROSE or line.startswith(_PARTS_OF_AN_ANSWER):
            return True
        widest = max(map(len, self._lines))
        return len(self._lines[-1]) == widest >= _NARROWEST

    def swallows(self, line: str) -> bool:
        """A line of its own block, whatever else it looks like."""
        return self._indented and line.startswith("\t")

    def lacks_its_message(self, head: Head) -> bool:
        """The columns of an event stand in the lines before, and its message begins only here."""
        return self.head.kind is head.kind is Kind.EVENT and not (head.reason or head.boring or self.head.message)

    def has_its_message(self) -> None:
        """The next line is it."""
        self.head = replace(self.head, message=True, grave=True)

    def add(self, line: str) -> None:
        self._lines.append(line)
        self._length += len(line)
        if self._indented or self.orphan:
            self._ended = line.lstrip().startswith(">")

    def record(self, cut: bool) -> Record:
        """The record, its text read twice: with a blank for each line's end, and glued where a terminal broke words."""
        head = self.head
        if head.kind is Kind.MOUNTED:
            return Record(head.kind, ("",), self.line, first=head.at, last=head.at, known=head.known)
        whole = not self.orphan and not (cut and (self._indented and not self._ended))
        texts = [" ".join(line.strip() for line in self._lines) if len(self._lines) > 1 else self._lines[0]]
        if len(self._lines) > 1 and not self.orphan:
            texts.insert(0 if self._broken_by_width() else 1, "".join(self._lines))
        return Record(
            head.kind,
            tuple(texts),
            self.line,
            first_line=self._lines[0] if len(self._lines) > 1 else "",
            grave=head.grave,
            whole=whole,
            file=head.file,
            reason=head.reason,
            count=head.count,
            first=head.at,
            last=head.at,
            known=head.known,
        )

    def _broken_by_width(self) -> bool:
        """All lines but the last are as wide as each other: a terminal's edge, not the writer, ended them."""
        widths = {len(line) for line in self._lines[:-1]}
        return len(widths) == 1 and widths.pop() >= _NARROWEST and not self._lines[1].startswith((" ", "\t"))

    def _quotes_are_closed(self) -> bool:
        """klog puts texts between quotation marks, and escapes those within."""
        text = self._lines[0] if len(self._lines) == 1 else "".join(self._lines)
        return text.rstrip().endswith(('"', "]", "true", "false")) and (text.count('"') - text.count('\\"')) % 2 == 0
