"""docs/causes: a page for each cause, written from the catalogue."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

from azext_akskv.model.provider.catalogue import CATALOGUE
from azext_akskv.model.provider.cause import PROVIDER_PAGE, Cause
from azext_akskv.model.provider.remedy import Place, filled

FOLDER = Path(__file__).resolve().parents[3] / "docs" / "causes"
_WIDTH = 118
HEAD = """\
Causes
======

Why a secret of Key Vault is not mounted in a pod, not copied into a Secret, or not renewed: what ``az aks kv diagnose``
names. Each cause has a page with what the text says, the numbers of the two troubleshooting articles, what it means,
how to prove it, and the remedy. The two articles,
`on the provider <{page}>`_
and on the add-on, count differently from cause 6 on, so a number alone means nothing. The first has nine, the second
eight.

These pages are written from the catalogue in ``azext_akskv/model/provider`` (``pytest --update``), and a test compares
them. Sources: [D] the two articles and the Azure pages; [KV] the Key Vault pages; [source] the source of the provider,
the driver, klog or client-go; [issues] reports of users in public issue trackers; [K8s] the Kubernetes pages;
[inferred] not stated anywhere; [akskv] our own.
"""


def pages() -> dict[str, str]:
    """The text of each page by its file's name."""
    return {"index.rst": index(), **{f"{cause.code}.rst": page(cause) for cause in CATALOGUE.values()}}


def index() -> str:
    rows = [
        (cause.code, cause.kind, _number(cause.provider_number), _number(cause.addon_number)) for cause in _causes()
    ]
    lines = [HEAD.format(page=PROVIDER_PAGE), ".. list-table::"]
    lines += ["   :header-rows: 1", ""]
    for code, kind, provider, addon in (("code", "cause", "provider", "add-on"), *rows):
        first = code if code == "code" else f"`{code} <{code}.rst>`_"
        lines += [f"   * - {first}", f"     - {kind}", f"     - {provider}", f"     - {addon}"]
    return "\n".join(lines) + "\n"


def page(cause: Cause) -> str:
    """Title, symptom, numbers, meaning, proof, remedy, source."""
    parts = [
        f"{cause.code}\n{'=' * len(cause.code)}",
        _wrapped(f"*{_sentence(cause.kind)}*"),
        "The text says::\n\n" + "\n".join(_quoted(cause.symptom)),
        _wrapped(f"In the documents: {cause.numbers or 'in neither of the two articles'}."),
        _wrapped(f"Phase: {cause.phase}. State of the finding: {cause.state.value}."),
        f"What it means\n{'-' * 13}\n\n" + _wrapped(_literal(cause.means)),
    ]
    if cause.candidates:
        named = ", ".join(f"`{code} <{code}.rst>`_" for code in (CATALOGUE[slug].code for slug in cause.candidates))
        parts.append(_wrapped(f"What may be behind it: {named}."))
    if cause.see:
        parts.append(f"How to prove it\n{'-' * 15}\n\n::\n\n" + _commands(cause.see))
    parts.append(f"What to do\n{'-' * 10}\n\n" + _wrapped(_literal(cause.todo)))
    parts.append("::\n\n" + _commands(cause.fix))
    parts.append(f"Read on: `{_host_and_page(cause.page)} <{cause.page}>`_")
    parts.append(_wrapped(f"Source: {cause.source}"))
    return "\n\n".join(parts) + "\n"


def _causes() -> list[Cause]:
    """Those of the articles first, in the order of the one on the provider."""
    late = 99
    numbered = {cause.slug: (cause.provider_number or late, cause.addon_number or late) for cause in CATALOGUE.values()}
    return sorted(CATALOGUE.values(), key=lambda cause: numbered[cause.slug])


def _number(number: int | None) -> str:
    return str(number) if number else "\\-"


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:] + "."


def _wrapped(text: str) -> str:
    return textwrap.fill(text, _WIDTH, break_long_words=False, break_on_hyphens=False)


def _literal(text: str) -> str:
    """Code in the catalogue's texts stands between single backquotes; angle brackets and bars would be markup."""
    return re.sub(r"`([^`]+)`", r"``\1``", text).replace("*", "\\*")


def _quoted(symptom: str) -> list[str]:
    lines = symptom.split("; ")
    return [f"    {part}" for line in lines for part in textwrap.wrap(line, _WIDTH - 4, break_on_hyphens=False)]


def _commands(templates: tuple[str, ...]) -> str:
    """A line too long for the page goes on as in a shell."""
    lines: list[str] = []
    for command in filled(templates, {}, Place()):
        wrapped = textwrap.wrap(command, _WIDTH - 8, break_long_words=False, break_on_hyphens=False)
        lines += [f"    {wrapped[0]}"] if len(wrapped) == 1 else _continued(wrapped)
    return "\n".join(lines)


def _continued(parts: list[str]) -> list[str]:
    first, *rest = parts
    indented = [f"    {first} \\", *(f"        {part} \\" for part in rest)]
    return [*indented[:-1], indented[-1].removesuffix(" \\")]


def _host_and_page(address: str) -> str:
    return address.removeprefix("https://").partition("/")[0] + ", " + address.rpartition("/")[2]
