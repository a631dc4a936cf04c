"""Commands to paste, their placeholders filled with what the text says; what it does not say stays a <PLACEHOLDER>."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from azext_akskv.model.shell import shell

_UNKNOWN = {
    "group": "<RESOURCE_GROUP>",
    "cluster": "<CLUSTER>",
    "node_group": "<NODE_RESOURCE_GROUP>",
    "object": "<OBJECT_NAME>",
    "spc": "<SECRET_PROVIDER_CLASS>",
    "secret": "<SECRET_NAME>",
    "identity_group": "<IDENTITY_RESOURCE_GROUP>",
    "credential": "<FEDERATED_CREDENTIAL>",
    "issuer": "<OIDC_ISSUER_URL>",
    "subject": "system:serviceaccount:<NAMESPACE>:<SERVICE_ACCOUNT>",
    "service_account": "system:serviceaccount:kube-system:aks-secrets-store-csi-driver",
    "driver_namespace": "kube-system",
    "host": "<VAULT>.vault.azure.net",
}
"""What stands for a fact that nobody knows; any other fact is its own name in capitals."""
_KINDS = {"key": "key", "cert": "certificate", "certificate": "certificate"}
_SCALE_SET = re.compile(r"(aks-[a-z0-9]+-\d+-vmss)[0-9a-z]{6}|(aks[a-z0-9]{1,6})[0-9a-z]{6}")
"""Of a node's name: the pool's scale set and the instance in base 36. [D]"""


@dataclass(frozen=True)
class Place:
    """What the user says of the cluster; empty where nothing was said."""

    group: str = ""
    cluster: str = ""


def filled(templates: Iterable[str], facts: Mapping[str, str], place: Place) -> tuple[str, ...]:
    """Each command line with every word quoted for a shell: what comes from a text can add none."""
    known = _Known(_derived(facts, place))
    return tuple(shell(*(word.format_map(known) for word in shlex.split(each))) for each in templates)


class _Known(dict[str, str]):
    def __missing__(self, name: str) -> str:
        return _UNKNOWN.get(name, f"<{name.upper()}>")


def _derived(facts: Mapping[str, str], place: Place) -> dict[str, str]:
    """The facts, and what follows from them."""
    kind = _KINDS.get(facts.get("object_type", ""), "secret")
    known = {
        **facts,
        "group": place.group,
        "cluster": place.cluster,
        "object_kind": kind,
        "role": "Key Vault Secrets User" if kind == "secret" else "Key Vault Certificate User",
        "policy_option": f"--{kind}-permissions",
    }
    if scale_set := _SCALE_SET.fullmatch(facts.get("node", "")):
        known["scale_set"] = scale_set[1] or scale_set[2]
    parts = facts.get("identity_id", "").split("/")
    if len(parts) > 8 and parts[7].lower() == "userassignedidentities":
        known["identity_group"], known["identity"] = parts[4], parts[8]
    return {name: value for name, value in known.items() if value}
