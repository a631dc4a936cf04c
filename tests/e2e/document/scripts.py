"""The scripts beside this file against the document that they run, and docs/seed-deviations.rst.

A script is blocks; `# 8. Heading` begins one, numbered in the document's order. A command is the document's own, word
for word, but where `# deviation: name` stands above it: docs/seed-deviations.rst has the name with both texts.

Run as a program it prints how many of the document's commands are run word for word and how many are not.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import docutils.core
import docutils.nodes

FOLDER = Path(__file__).parent
CHECKOUT = FOLDER.parents[2]
DEVIATIONS = CHECKOUT / "docs" / "seed-deviations.rst"
DOCUMENT = CHECKOUT.parent / "shared" / "seeds" / "004_b7ec813714d291a4.txt"
_HEADING = re.compile(r"# (\d+)\. (.+)")
_MARK = re.compile(r"# deviation: ([a-z0-9-]+)")
_COMMAND = re.compile(r"(?:az|kubectl|echo|export) .+|az \S+|\w+=\$\(.+")
_IN_A_SENTENCE = re.compile(r"\b(?:az|kubectl)(?: [a-z-]+)+(?: --?[a-z-]+(?: [\w-]+)?)+$")
"""What a sentence ends with, when it has an option; a sentence that just names a command is none."""


@dataclass(frozen=True)
class Command:
    """One command of a script, in one line; `deviation` is the name above it, or empty."""

    text: str
    deviation: str = ""


@dataclass(frozen=True)
class Block:
    number: int
    heading: str
    commands: tuple[Command, ...]


@dataclass(frozen=True)
class Deviation:
    """A row of docs/seed-deviations.rst. `document` is empty for what is added."""

    name: str
    document: str
    ours: str

    @property
    def moved(self) -> bool:
        """The same command, at another place."""
        return self.document == self.ours


@dataclass(frozen=True)
class Counts:
    """Of the document's commands, each counted once however many scripts run it; `changed` when any of them must."""

    word_for_word: int
    changed: int
    skipped: int
    added: int

    def __str__(self) -> str:
        whole = self.word_for_word + self.changed + self.skipped
        return (
            f"{whole} commands of the document: {self.word_for_word} run word for word, {self.changed} with a "
            f"deviation, {self.skipped} skipped; {self.added} commands added"
        )


def one_line(text: str) -> str:
    """White space and line breaks do not count."""
    return " ".join(text.replace("\\\n", " ").split())


def blocks(script: Path) -> Iterator[Block]:
    """The blocks of a script, in its order."""
    number, heading, found, mark = 0, "", [], ""
    for line in script.read_text().replace("\\\n", " ").splitlines():
        if begun := _HEADING.fullmatch(line):
            if found:
                yield Block(number, heading, tuple(found))
            number, heading, found = int(begun[1]), begun[2], []
        elif marked := _MARK.fullmatch(line):
            mark = marked[1]
        elif line.strip():
            assert not line.startswith("#"), f"{script.name}: {line}"
            found.append(Command(one_line(line), mark))
            mark = ""
    yield Block(number, heading, tuple(found))


def all_scripts() -> list[Path]:
    return sorted(FOLDER.glob("*.sh"))


def document_commands(text: str) -> list[str]:
    """Every command in the document, in its order: lines that are one, and what sentences end with."""
    lines = text.replace("\\\n", " ").splitlines()
    found = (_COMMAND.fullmatch(line) or _IN_A_SENTENCE.search(line) for line in lines)
    return [one_line(match[0]) for match in found if match]


def deviations() -> list[Deviation]:
    """The rows of the table, in its order."""
    tree = docutils.core.publish_doctree(DEVIATIONS.read_text())
    [body] = tree.findall(docutils.nodes.tbody)
    cells = [[entry.astext() for entry in row.findall(docutils.nodes.entry)] for row in body.children]
    return [Deviation(name, one_line(document), one_line(ours)) for name, document, ours, *_ in cells]


def as_the_document_has_it(block: Block, known: Sequence[Deviation]) -> list[str]:
    """A block's commands with the deviations taken back."""
    by_name = {one.name: one for one in known}
    texts = [by_name[one.deviation].document if one.deviation else one.text for one in block.commands]
    return [text for text in texts if text]


def covered(known: Sequence[Deviation]) -> dict[int, list[str]]:
    """The document's commands in each block, by its number; every script must tell the same."""
    found: dict[int, list[str]] = {}
    for script in all_scripts():
        for block in blocks(script):
            own = as_the_document_has_it(block, known)
            assert found.setdefault(block.number, own) == own, f"{script.name}: {block.heading}"
    return found


def counts(document: Sequence[str] | None) -> Counts:
    """`document` is its commands; without it nothing can be said to be skipped. A command that any script must change
    counts as changed."""
    known = {one.name: one for one in deviations()}
    run = sum(len(own) for own in covered(list(known.values())).values())
    changed = set()
    for script in all_scripts():
        for block in blocks(script):
            changed |= {(block.number, known[one.deviation].document) for one in block.commands if one.deviation}
    changed = {(number, text) for number, text in changed if text}
    added = sum(1 for one in known.values() if not one.document)
    skipped = 0 if document is None else len(document) - run
    return Counts(run - len(changed), len(changed), skipped, added)


if __name__ == "__main__":
    if DOCUMENT.exists():
        told = str(counts(document_commands(DOCUMENT.read_text())))
    else:
        told = f"{counts(None)} (the document is not beside this checkout: the scripts were not compared with it)"
    sys.stdout.write(f"{told}\n")
