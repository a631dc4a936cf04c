"""The shape of arguments, checked while az parses: a malformed one is refused with exit code 2 before any request."""

from __future__ import annotations

import re
from argparse import ArgumentTypeError
from pathlib import Path
from typing import Any

from azext_akskv.model.addon import seconds_of
from azext_akskv.model.cluster import FIRST_V2_MINOR
from azext_akskv.model.ids import IDENTITY_TYPE, VAULT_TYPE, BadInput, KeyId, ResourceId, in_short
from azext_akskv.model.private_endpoint import ENDPOINT_TYPE

_VAULT_NAME = re.compile(r"(?=.{3,24}$)[a-z](?:-?[a-z0-9])*", re.IGNORECASE | re.ASCII)
_KEY_NAME = re.compile(r"[0-9a-z-]{1,127}", re.IGNORECASE | re.ASCII)
_IDENTITY_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{2,127}", re.IGNORECASE | re.ASCII)
_ENDPOINT_NAME = re.compile(r"[a-z0-9](?:[a-z0-9_.-]{0,78}[a-z0-9_])?", re.IGNORECASE | re.ASCII)
_KUBERNETES = re.compile(r"(\d{1,3})\.(\d{1,3})(?:\.\d{1,3})?", re.ASCII)
_NAMESPACE = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_RUN = re.compile(r"\d{8}-\d{6}-[a-z0-9-]{1,60}", re.ASCII)
MOST_CONNECTIONS = 128
LONGEST_AGE = 7 * 24 * 3600
LONGEST_INTERVAL = 30 * 24 * 3600
_KUBERNETES_NAME = re.compile(r"[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*")
MOST_OF_A_NAME = 253


def vault(text: str) -> str | ResourceId:
    """A vault's name or resource id."""
    if "/" in _given(text):
        return _resource(text, VAULT_TYPE, "a key vault")
    if _VAULT_NAME.fullmatch(text):
        return text
    raise ArgumentTypeError(
        f"{in_short(text)} is not the name of a key vault (3 to 24 letters, digits and single hyphens, a letter first) "
        "nor its resource id"
    )


def options_of_enable(given: Any) -> None:
    """What is for one kind of key management alone. Raises ValueError, which az takes for a malformed argument."""
    if given.key_management == "legacy":
        return
    others = {"--prepare-only": given.prepare_only, "--skip-reencrypt": given.skip_reencrypt}
    if given.key_management == "platform-managed":
        others |= {"--vault": given.vault, "--key": given.key, "--network-access": given.network_access}
        others |= {"--identity": given.identity, "--create": given.create}
    superfluous = [option for option, value in others.items() if value]
    if superfluous:
        raise ValueError(
            f"{', '.join(superfluous)}: not with --key-management {given.key_management}. Leave it out; "
            "az aks kv kms enable --help tells what goes with what"
        )


def options_of_diagnose(given: Any) -> None:
    """A cluster, or texts. Raises ValueError, which az takes for a malformed argument."""
    if given.logs:
        online = {"--category": given.category, "--namespace": given.namespace}
        superfluous = [option for option, value in online.items() if value]
        if superfluous:
            raise ValueError(f"{', '.join(superfluous)}: not with --logs, which reads these files and nothing else")
    elif not (given.resource_group_name and given.name):
        raise ValueError("a cluster is needed (--resource-group and --name), or --logs with files to read")


def kubernetes_version(text: str) -> str:
    """1.28 or 1.28.12, of a version that has KMS v2."""
    match = _KUBERNETES.fullmatch(_given(text))
    if not match:
        raise ArgumentTypeError(f"{in_short(text)} is not a Kubernetes version, such as 1.28 or 1.28.12")
    if (int(match[1]), int(match[2])) < FIRST_V2_MINOR:
        raise ArgumentTypeError(f"Kubernetes {in_short(text)} has KMS v1: KMS v2 begins with 1.27")
    return text


def key(text: str) -> str | KeyId:
    """A key's name, or a key identifier with or without a version."""
    if "/" in _given(text):
        try:
            return KeyId.parse(text)
        except BadInput as error:
            raise ArgumentTypeError(str(error)) from error
    if _KEY_NAME.fullmatch(text):
        return text
    raise ArgumentTypeError(
        f"{in_short(text)} is not the name of a key (letters, digits and hyphens) "
        "nor a key identifier (https://<vault>.vault.azure.net/keys/<name>/<version>)"
    )


def identity(text: str) -> str | ResourceId:
    """A user-assigned managed identity's name or resource id."""
    if "/" in _given(text):
        return _resource(text, IDENTITY_TYPE, "a user-assigned managed identity")
    if _IDENTITY_NAME.fullmatch(text):
        return text
    raise ArgumentTypeError(
        f"{in_short(text)} is not the name of a user-assigned managed identity (3 to 128 letters, digits, hyphens and "
        "underscores) nor its resource id"
    )


def private_endpoint(text: str) -> str | ResourceId:
    """A private endpoint's name or resource id."""
    if "/" in _given(text):
        return _resource(text, ENDPOINT_TYPE, "a private endpoint")
    if _ENDPOINT_NAME.fullmatch(text):
        return text
    raise ArgumentTypeError(
        f"{in_short(text)} is not the name of a private endpoint (up to 80 letters, digits, dots, hyphens and "
        "underscores) nor its resource id"
    )


def file_to_write(text: str) -> str:
    """The path of a file in a folder that is there."""
    try:
        path = Path(_given(text)).expanduser()
        fits = not path.is_dir() and path.parent.is_dir()
    except (OSError, RuntimeError, ValueError):  # too long, of a user whom nobody knows, with a NUL in it
        fits = False
    if not fits:
        raise ArgumentTypeError(f"{in_short(text)} is no file in a folder that is there")
    return str(path)


def file_to_read(text: str) -> str:
    """The path of a file, or - for standard input. Whether it can be read shows when it is."""
    return _given(text)


def service_account(text: str) -> str:
    """A Kubernetes service account."""
    if len(_given(text)) <= MOST_OF_A_NAME and _KUBERNETES_NAME.fullmatch(text):
        return text
    raise ArgumentTypeError(
        f"{in_short(text)} is not the name of a service account (lower-case letters, digits, hyphens and dots); its "
        "namespace is told with --namespace"
    )


def label(text: str) -> str:
    """What Kubernetes takes for most names: what is named after it in turn stays short enough."""
    if _NAMESPACE.fullmatch(_given(text)):
        return text
    raise ArgumentTypeError(
        f"{in_short(text)} is not a name of Kubernetes (up to 63 lower-case letters, digits and hyphens, a letter or "
        "digit at both ends)"
    )


def interval(text: str) -> str:
    """How often, as Go writes lengths of time: 90s, 2m, 1h30m."""
    seconds = seconds_of(_given(text))
    if seconds is not None and 1 <= seconds <= LONGEST_INTERVAL:
        return text
    raise ArgumentTypeError(
        f"{in_short(text)} is not a length of time between 1s and 720h with its units, such as 90s, 2m or 1h30m"
    )


def namespace(text: str) -> str:
    """A Kubernetes namespace."""
    if _NAMESPACE.fullmatch(_given(text)):
        return text
    raise ArgumentTypeError(
        f"{in_short(text)} is not the name of a Kubernetes namespace (lower-case letters, digits, hyphens)"
    )


def age(text: str) -> int:
    """How long ago, as 90s, 30m, 1h or 2h30m; in seconds. Events are kept for an hour, logs for as long as they fit."""
    seconds = seconds_of(_given(text))
    if seconds is not None and 1 <= seconds <= LONGEST_AGE:
        return int(seconds)
    raise ArgumentTypeError(f"{in_short(text)} is not a time between 1s and 168h, such as 30m or 1h")


def connections(text: str) -> int:
    """How many connections may rewrite at the same time."""
    if text.isascii() and text.isdigit() and 1 <= int(text) <= MOST_CONNECTIONS:
        return int(text)
    raise ArgumentTypeError(f"{in_short(text)} is not a whole number from 1 to {MOST_CONNECTIONS}")


def rate(text: str) -> float:
    """Secrets a second; 0 takes the limit away."""
    if re.fullmatch(r"\d{1,6}(\.\d{1,3})?", text, re.ASCII):
        return float(text)
    raise ArgumentTypeError(f"{in_short(text)} is not a number of secrets a second, such as 50 or 0.5 (0: no limit)")


def run_id(text: str) -> str:
    """A run's id, which also names its journal file: nothing else may reach the file system."""
    if _RUN.fullmatch(_given(text)):
        return text
    raise ArgumentTypeError(
        f"{in_short(text)} is not the id of a run (such as 20261123-144501-enable): az aks kv operation list"
    )


def finding_code(text: str) -> str:
    """The code of a finding that may be overruled."""
    from azext_akskv.checks.declare import CATALOGUE

    known = CATALOGUE.get(text)
    if known and known.may_accept:
        return text
    if known:
        raise ArgumentTypeError(f"the finding {in_short(text)} cannot be overruled")
    may = ", ".join(sorted(code for code, each in CATALOGUE.items() if each.may_accept))
    raise ArgumentTypeError(f"there is no finding {in_short(text)}; those that may be overruled: {may}")


def _resource(text: str, resource_type: str, what: str) -> ResourceId:
    try:
        parsed = ResourceId.parse(text)
    except BadInput as error:
        raise ArgumentTypeError(
            f"{error}; expected /subscriptions/<id>/resourceGroups/<group>/providers/{resource_type}/<name>"
        ) from error
    if not parsed.is_a(resource_type):
        raise ArgumentTypeError(
            f"{in_short(text)} is the id of a {parsed.type}; expected that of {what} ({resource_type})"
        )
    return parsed


def _given(text: str) -> str:
    if not text.strip():
        raise ArgumentTypeError("the value is empty: is a variable of the shell unset?")
    return text
