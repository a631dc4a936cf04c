"""What a text says beside the error: vault, object, identity, pod, node; each only where it has the form of one."""

from __future__ import annotations

import re
from collections.abc import Iterable

_GUID = r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}"
_NAME = r"[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?"
_POD = rf"{_NAME}/{_NAME}"
_ID = r"/subscriptions/[\w-]+/resourcegroups/[\w.()-]+/providers/[\w.-]+/[\w-]+/[\w.-]+"

# name of the fact -> the patterns that give it, the surest first. Case does not matter.
_PATTERNS: dict[str, tuple[str, ...]] = {
    "object_type": (r"objectType:\s?(\w{1,40})", r'object_type="(\w{1,40})"'),
    "object": (
        r"objectName:\s?:?([\w-][\w.-]{0,126})",
        r'object_name="([\w-][\w.-]{0,126})"',
        r"azure\.(?:net|cn|us)(?::443)?/(?:secrets|keys|certificates)/([\w-]{1,127})",
        r"A (?:secret|key|certificate) with \(name/id\) ([\w-]{1,127})",
    ),
    "version": (r"objectVersion:\s?([0-9a-f]{32})\b",),
    "vault": (
        r"https://([a-z0-9-]{3,24})\.(?:vault|managedhsm)\.(?:azure|usgovcloudapi)\.",
        r"lookup ([a-z0-9-]{3,24})\.(?:privatelink\.)?vault(?:core)?\.",
        r"key vault '([a-z0-9-]{3,24});location=",
        r"\bVault:\s?([a-z0-9-]{3,24});location=",
        r"/vaults/([a-z0-9-]{3,24})\b",
    ),
    "vault_id": (r"(/subscriptions/[\w-]+/resourcegroups/[\w.()-]+/providers/microsoft\.keyvault/vaults/[\w-]{3,24})",),
    "host": (
        r"lookup ([a-z0-9.-]{4,253}) on ",
        r'(?:Get|Post|PUT|POST|GET) "?https?://([a-z0-9.-]{4,253})[/:]',
        r"https?://([a-z0-9.-]{4,253})[/:]",
    ),
    "tenant": (rf"login\.[a-z.]+/({_GUID})/", rf"iss=https://sts\.windows\.net/({_GUID})/"),
    "vault_tenant": (
        rf'acquire tokens for tenant "?({_GUID})',
        rf"Expected one of https://sts\.windows\.net/({_GUID})/",
    ),
    "client_id": (
        rf"client_id=({_GUID})",
        rf"appid=({_GUID})",
        rf"(?:identifier|app|client) '({_GUID})'",
    ),
    "object_id": (rf"\boid=({_GUID})",),
    "identity_id": (rf"xms_mirid=({_ID})",),
    "client_address": (r"Client address:\s?([0-9a-f.:]{3,45})\b",),
    "issuer": (
        r"Issuer:\s?'(https://[\w./-]{4,300})'",
        r"assertion issuer '(https://[\w./-]{4,300})'",
    ),
    "subject": (
        r"Subject:\s?'(system:serviceaccount:[\w.-]+:[\w.-]+)'",
        r"assertion subject '(system:serviceaccount:[\w.-]+:[\w.-]+)'",
    ),
    "service_account": (r'User "?(system:\s?serviceaccount:\s?[\w.-]+:\s?[\w.-]+)',),
    "pod": (
        rf'\bpod="({_POD})"',
        rf"objects for pod ({_POD})(?=[,\s]|$)",
        rf"status for pod ({_POD})(?=[,\s]|$)",
        rf"identities for pod ({_POD})(?=[,\s]|$)",
    ),
    "spc": (
        rf"secretproviderclass ({_POD})(?=[,\s]|$)",
        rf'\bspc="({_POD})"',
        rf"in spc ({_POD})(?=[,\s]|$)",
        rf"(?:provider|parameters) not set in ({_POD})\b",
    ),
    "secret": (
        rf'\bsecret="({_POD})"',
        rf"NodePublishSecretRef ({_POD})(?=[,\s]|$)",
        rf"node publish secret ({_POD})(?=[,\s]|$)",
        rf"for secret ({_NAME})(?=[,\s]|$)",
        rf'secret "({_NAME})" not found',
    ),
    "namespace": (rf'in the namespace "({_NAME})"',),
    "node": (r"kubelet, ([a-z0-9][a-z0-9.-]{2,62})",),
    "volume": (rf'for volume "({_NAME})"',),
    "wanted_file": (r"file matching objectName ([\w.-]{1,127}) not found",),
}
_COMPILED = {name: tuple(re.compile(each, re.IGNORECASE) for each in patterns) for name, patterns in _PATTERNS.items()}


WHERE = ("pod", "namespace", "node")
"""Facts that are of use although nobody knows what the text tells."""


def facts_of(text: str, known: dict[str, str], names: Iterable[str] = tuple(_COMPILED)) -> dict[str, str]:
    """Each fact by name; what is known from beside the text goes before what stands in it."""
    found = {name: value for name in names if (value := _first(_COMPILED[name], text))}
    found.update({name: value for name, value in known.items() if value})
    for name in ("pod", "spc", "secret"):
        if "/" in found.get(name, ""):
            namespace, _, found[name] = found[name].partition("/")
            found.setdefault("namespace", namespace)
    found["service_account"] = found.get("service_account", "").replace(" ", "")
    account = found["service_account"].split(":")
    if len(account) == 4:
        found["driver_namespace"] = account[2]
    return {name: value for name, value in found.items() if value}


def _first(patterns: tuple[re.Pattern[str], ...], text: str) -> str:
    for pattern in patterns:
        if match := pattern.search(text):
            return match[1]
    return ""
