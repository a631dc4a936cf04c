"""Ids cut down to what a person calls the thing: for the story and for tables, never for JSON."""

from __future__ import annotations

import re

_ID = re.compile(r"/subscriptions/[^/\s,;:]+(?P<rest>(?:/[^/\s,;:]+)*)", re.IGNORECASE)
_KEY = re.compile(r"https://[^/\s]+/keys/(?P<name>[^/\s,;:]+)/(?P<version>[0-9a-z]{8})[0-9a-z]*", re.IGNORECASE)


def short(text: str) -> str:
    """`/subscriptions/.../vaults/kv1` is kv1, `https://kv1.../keys/kms/91bc0000...` is kms 91bc0000."""
    return _KEY.sub(r"\g<name> \g<version>", _ID.sub(_name, text))


def _name(found: re.Match[str]) -> str:
    rest = found["rest"]
    return rest.rpartition("/")[2] if rest else "the subscription"
