"""The shape of what `az aks kv secrets-provider` takes: names of things in a vault, and which options go together."""

from __future__ import annotations

import re
from argparse import ArgumentTypeError
from collections.abc import Callable
from typing import Any

from azext_akskv.model.ids import in_short
from azext_akskv.model.mounts.asked import AskedObject
from azext_akskv.model.mounts.manifests.setup import WORKLOADS
from azext_akskv.model.vault_object import ObjectType, is_object_name

_VERSION = re.compile(r"[0-9a-z]{1,64}", re.IGNORECASE | re.ASCII)
_FILE = re.compile(r"(?!\.\.)[A-Za-z0-9._-]{1,253}", re.ASCII)
"""What is also a key of a Secret. [K8s]"""
CHOICES = WORKLOADS
"""What may mount a class."""
EMPTY = "the value is empty: is a variable of the shell unset?"


def object_name(of: ObjectType) -> Callable[[str], AskedObject]:
    """A validator for the name of a secret, key or certificate alone."""

    def parse(text: str) -> AskedObject:
        asked = _parsed(of, text)
        if asked.version or asked.alias:
            raise ArgumentTypeError(
                f"{in_short(text)}: the name alone, {asked.name}, is taken here. Rights are given for all of a vault's "
                "secrets, keys or certificates, not for one version"
            )
        return asked

    return parse


def object_asked(of: ObjectType) -> Callable[[str], AskedObject]:
    """A validator for NAME, NAME/VERSION, NAME=FILE or NAME/VERSION=FILE."""
    return lambda text: _parsed(of, text)


NAMES, ASKED = (
    {
        "secrets": shape(ObjectType.SECRET),
        "keys": shape(ObjectType.KEY),
        "certificates": shape(ObjectType.CERT),
    }
    for shape in (object_name, object_asked)
)
"""By option: for commands that take names alone, and for those that take versions and files, too."""


def _parsed(of: ObjectType, text: str) -> AskedObject:
    if not text.strip():
        raise ArgumentTypeError(EMPTY)
    asked, equals, alias = text.partition("=")
    name, slash, version = asked.partition("/")
    if not is_object_name(name):
        raise ArgumentTypeError(
            f"{in_short(text)} does not begin with the name of a {_word(of)} (up to 127 letters, digits and hyphens)"
        )
    if slash and not _VERSION.fullmatch(version):
        raise ArgumentTypeError(f"{in_short(text)}: what follows the slash is not the version of a {_word(of)}")
    if equals and (not _FILE.fullmatch(alias) or alias == "."):
        raise ArgumentTypeError(
            f"{in_short(text)}: what follows the = is not a file's name (letters, digits, dots, hyphens, underscores)"
        )
    return AskedObject(of, name, version.lower(), alias)


def _word(of: ObjectType) -> str:
    return "certificate" if of is ObjectType.CERT else of.value


def options_of_account(given: Any) -> None:
    """With a service account a pod works as an identity of yours. Raises ValueError, which az takes for a malformed
    argument."""
    account, identity = given.service_account, given.identity
    if account and not identity:
        raise ValueError(
            "--service-account needs --identity: the user-assigned managed identity as which its pods shall read. The "
            "add-on's own is for all pods of the nodes"
        )


def options_of_generate(given: Any) -> None:
    """Raises ValueError, as above."""
    options_of_account(given)
    for option in ("dry_run", "yes"):
        if getattr(given, option) and not given.apply:
            raise ValueError(
                f"--{option.replace('_', '-')} goes with --apply: without it the YAML is printed and nothing is written"
            )


def options_of_grant(given: Any) -> None:
    """Raises ValueError, as above."""
    options_of_account(given)
    if given.namespace and not given.service_account:
        raise ValueError("--namespace is that of a service account: it goes with --service-account alone")
