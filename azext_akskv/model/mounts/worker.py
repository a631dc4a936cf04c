"""As whom the provider reads for a class: what its parameters say. [SRC, D]"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from azext_akskv.model.mounts.secret_class import SecretProviderClass

TRUE = frozenset({"1", "t", "true"})
FALSE = frozenset({"", "0", "f", "false"})
"""What Go's ParseBool takes, in lower case; an absent parameter is false."""
POD, NODE, PROXY = "usePodIdentity", "useVMManagedIdentity", "useAzureTokenProxy"
FLAGS = (POD, NODE, PROXY)


class Mode(str, Enum):
    NODE = "the node's managed identity"
    WORKLOAD = "workload identity"
    PRINCIPAL = "a service principal in a Secret"
    BINDING = "identity binding"
    POD = "pod identity"


@dataclass(frozen=True)
class Worker:
    """`client_id` is empty where none is named: then it is the node's only identity, or nobody's."""

    mode: Mode
    client_id: str = ""


def worker_of(one: SecretProviderClass) -> Worker | None:
    """None: the parameters contradict each other, or a flag is none. Without any of them a class works as a service
    principal, whose Secret the pod's volume names."""
    said = {flag: one.parameter(flag).lower() for flag in FLAGS}
    if any(value not in TRUE | FALSE for value in said.values()):
        return None
    on = [flag for flag, value in said.items() if value in TRUE]
    client_id = one.parameter("clientID").lower()
    if len(on) > 1:
        return None
    if on == [NODE]:
        return Worker(Mode.NODE, one.parameter("userAssignedIdentityID").lower())
    if on == [PROXY]:
        return Worker(Mode.BINDING, client_id)
    if on == [POD]:
        return Worker(Mode.POD)
    return Worker(Mode.WORKLOAD, client_id) if client_id else Worker(Mode.PRINCIPAL)
