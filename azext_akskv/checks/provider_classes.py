"""Each SecretProviderClass by itself: what could not be looked at for one hides nothing of the others. And the commands
that change one."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from azext_akskv.checks.provider_subjects import the_classes, the_view
from azext_akskv.model.finding import Problem, State
from azext_akskv.model.mounts.behind import ProviderView, vault_of
from azext_akskv.model.mounts.secret_class import SecretProviderClass, objects_text
from azext_akskv.model.observed import NotObserved
from azext_akskv.model.shell import shell
from azext_akskv.model.snapshot import Snapshot
from azext_akskv.model.vault import Vault

VAULT_NAME = re.compile(r"[-A-Za-z0-9]{3,24}", re.ASCII)
"""What the provider takes for one. [SRC]"""
MOST_TYPED = 4000
"""Characters that anybody will want to paste. [OWN]"""
OfClass = Callable[[ProviderView, SecretProviderClass], Iterator[Problem]]


def class_by_class(snapshot: Snapshot, examine: OfClass) -> Iterator[Problem]:
    """Raises NotObserved where the classes could not be looked at, NotApplicable where there are none."""
    view = the_view(snapshot)
    for one in the_classes(view):
        yield from guarded(one, examine(view, one))


def guarded(one: SecretProviderClass, problems: Iterable[Problem]) -> Iterator[Problem]:
    """These, and as unknown what could not be looked at."""
    try:
        yield from problems
    except NotObserved as gap:
        yield unknown(one, str(gap))


def unknown(one: SecretProviderClass, gap: str) -> Problem:
    return Problem(f"{one}: {gap}", state=State.UNKNOWN)


def vault_named(one: SecretProviderClass) -> str:
    """In lower case; empty where what it names cannot be a vault's name, as another check says."""
    name = vault_of(one)
    return name if VAULT_NAME.fullmatch(name) else ""


def its_vault(view: ProviderView, one: SecretProviderClass) -> Vault | None:
    """None where it names none, or there is none of that name: other checks say so. Raises NotObserved."""
    name = vault_named(one)
    return view.behind.vault(name).get() if name else None


def edit(one: SecretProviderClass) -> str:
    """Where what is right is not known."""
    return shell("kubectl", "edit", "secretproviderclass", one.name, "--namespace", one.namespace)


def patch(one: SecretProviderClass, parameters: dict[str, str | None]) -> str:
    """Sets parameters; those of None are taken out."""
    body = json.dumps({"spec": {"parameters": parameters}})
    words = ("kubectl", "patch", "secretproviderclass", one.name, "--namespace", one.namespace)
    return shell(*words, "--type", "merge", "--patch", body)


def put_objects(one: SecretProviderClass, place: int, **fields: str) -> str:
    """Changes fields of the object at a place of the array, and leaves the others as they are."""
    changed = [replace(each, **fields) if each.place == place else each for each in one.objects]  # type: ignore[arg-type]  # they are texts
    readable = all(lint.mild for lint in one.lints) and all(each.history is not None for each in one.objects)
    text = objects_text(changed)
    return patch(one, {"objects": text}) if readable and "  " not in text and len(text) < MOST_TYPED else edit(one)


def put_at(one: SecretProviderClass, path: str, old: str, new: str) -> str:
    """Changes one text of a class, if it is still what was seen."""
    body = [{"op": "test", "path": path, "value": old}, {"op": "replace", "path": path, "value": new}]
    words = ("kubectl", "patch", "secretproviderclass", one.name, "--namespace", one.namespace)
    return shell(*words, "--type", "json", "--patch", json.dumps(body))


def nearest(name: str, known: Iterable[str]) -> str:
    """The one that may have been meant; empty: none looks like it."""
    by_key = {each.lower(): each for each in known}
    found = difflib.get_close_matches(name.lower(), by_key, n=1, cutoff=0.75)
    return by_key[found[0]] if found else ""
