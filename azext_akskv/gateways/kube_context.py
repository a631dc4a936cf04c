"""The context of the user's own kubeconfig that a command names: found as kubectl finds it. [D: Kubernetes]

Whose server it is nobody else says: so who uses it asks the server which cluster it is before anything is written.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from azext_akskv.failures import Rejected
from azext_akskv.model.ids import BadInput, in_short
from azext_akskv.model.members import Json, child, children, printable, text, whole

DOING = "read the kubeconfig"
KINDS = {"contexts": "context", "clusters": "cluster", "users": "user"}
MOST_NAMES = 20


@dataclass(frozen=True)
class Entry:
    """A cluster or a user. `folder`: of its file; paths in it are relative to that."""

    name: str
    content: Json = field(repr=False)
    folder: Path

    def path(self, told: str) -> Path:
        return self.folder / told


@dataclass(frozen=True)
class Context:
    name: str
    cluster: Entry
    user: Entry


def kubeconfig_files(variable: str, home: Path) -> tuple[Path, ...]:
    """`variable` is KUBECONFIG: several files, each once; without it there is one in the home folder."""
    named = list(dict.fromkeys(each for each in variable.split(os.pathsep) if each))
    return tuple(Path(each) for each in named) or (home / ".kube" / "config",)


def context_of(files: Sequence[Path], name: str) -> Context:
    """Of several files the first one that has an entry of a name has the whole of it. A file that is not there is
    passed over, as kubectl does.

    Raises Rejected where a file cannot be read, or there is no such context; then with the names that there are.
    """
    found: dict[str, dict[str, Entry]] = {kind: {} for kind in KINDS}
    for file in files:
        for kind, entries in _entries(file).items():
            found[kind] = {**entries, **found[kind]}
    context = found["contexts"].get(name)
    if context is None:
        raise _no_context(name, list(found["contexts"]), files)
    return Context(
        name,
        _referred(context, "cluster", found["clusters"]),
        _referred(context, "user", found["users"]),
    )


def _referred(context: Entry, kind: str, entries: Mapping[str, Entry]) -> Entry:
    name = str(context.content.get(kind) or "")
    entry = entries.get(name)
    if entry is None:
        told = f"names the {kind} {in_short(name, 60)}, which is not there" if name else f"names no {kind}"
        raise unusable(f"the context {in_short(context.name, 60)} {told}")
    return entry


def _entries(file: Path) -> dict[str, dict[str, Entry]]:
    config = _read(file)
    try:
        return {kind: _of_kind(config, kind, file.absolute().parent) for kind in KINDS}
    except BadInput as error:
        raise unusable(f"{file}: {error}") from None


def _of_kind(config: Json, kind: str, folder: Path) -> dict[str, Entry]:
    found: dict[str, Entry] = {}
    for each in children(config, kind):
        name = text(each, "name")
        if name in found:
            raise BadInput(f"{kind} has the name {in_short(name, 60)} twice")
        found[name] = Entry(name, child(each, KINDS[kind]), folder)
    return found


def _read(file: Path) -> Json:
    """Empty where there is no such file."""
    try:
        loaded: Any = yaml.safe_load(file.read_bytes())
        return {} if loaded is None else whole(loaded)
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise unusable(f"{file} cannot be read: {error.strerror}") from None
    # the parser's own message quotes the line, which may hold a credential
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise unusable(f"{file} cannot be understood ({type(error).__name__})") from None


def _no_context(name: str, names: Sequence[str], files: Sequence[Path]) -> Rejected:
    where = os.pathsep.join(str(each) for each in files)
    if not names:
        return unusable(f"there is no context in {where}: name its file with KUBECONFIG")
    shown = ", ".join(printable(each) for each in sorted(names)[:MOST_NAMES])
    more = f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
    return unusable(f"there is no context {in_short(name, 60)} in {where}; there are: {shown}{more}")


def unusable(why: str) -> Rejected:
    return Rejected(DOING, "kubeconfig", why)
