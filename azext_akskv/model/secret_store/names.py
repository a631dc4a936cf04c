"""Names for objects of Kubernetes, out of those of things in a vault, and what Kubernetes takes for a name."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection

_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,251}[a-z0-9])?"
_NAME = re.compile(rf"{_LABEL}(?:\.{_LABEL})*", re.ASCII)
_NAMESPACE = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?", re.ASCII)
_KEY = re.compile(r"[A-Za-z0-9.](?:[-A-Za-z0-9]+(?:[._][A-Za-z0-9](?:[-._]?[A-Za-z0-9])*)?)?(?:/[0-9]+)*", re.ASCII)
"""What the SecretSync's own pattern takes [SRC], written so that matching takes no longer than the text is long."""
_FORCE = re.compile(r"[A-Za-z0-9](?:[-A-Za-z0-9]+(?:[._][A-Za-z0-9](?:[-._]?[A-Za-z0-9])*)?)?", re.ASCII)
_NOT_IN_NAMES = re.compile(r"[^a-z0-9]+", re.ASCII)
LONGEST = 253
_LONGEST_STEM = 200


def is_name(name: str) -> bool:
    """Of a SecretSync, a SecretProviderClass, a ServiceAccount or a Secret. [D: Kubernetes]"""
    return len(name) <= LONGEST and bool(_NAME.fullmatch(name))


def is_namespace(name: str) -> bool:
    return bool(_NAMESPACE.fullmatch(name))


def is_target_key(key: str) -> bool:
    """`db_pass`, `tls.crt` and `v0` are taken, `a_b`, `a.b`, `my__k` and `abc.` are not. [SRC, tried]"""
    return len(key) <= LONGEST and bool(_KEY.fullmatch(key))


def is_force_value(value: str) -> bool:
    return len(value) <= LONGEST and bool(_FORCE.fullmatch(value))


def names_for(things: Collection[str]) -> dict[str, str]:
    """A name for each thing of a vault: its own in small letters. Things in a vault do not differ by case alone, so
    only hyphens at the ends, which Kubernetes does not take, or signs that are none of a vault's make two alike: then
    each but the one of exactly that name has a part of a hash behind it. The same things together always get the same
    names. [OWN]"""
    stems = {each: _stem(each) for each in things}
    taken = list(stems.values())
    return {each: stem if _fits(each, stem, taken) else _marked(each, stem) for each, stem in stems.items()}


def target_key(thing: str, ordinal: int) -> str:
    """The entry's name for a version, 0 the newest, as the document has it. [SEED]"""
    stem = thing.strip("-") or "secret"
    return f"{stem}-data-key{ordinal}"


def _fits(thing: str, stem: str, taken: list[str]) -> bool:
    return bool(stem) and (stem == thing.lower() or taken.count(stem) == 1)


def _stem(thing: str) -> str:
    return _NOT_IN_NAMES.sub("-", thing.lower()).strip("-")[:_LONGEST_STEM].rstrip("-")


def _marked(thing: str, stem: str) -> str:
    mark = hashlib.sha256(thing.lower().encode()).hexdigest()[:8]
    return f"{stem or 'secret'}-{mark}"
