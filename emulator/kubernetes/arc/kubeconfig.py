"""The kubeconfig of whoever has clusters of K3s: what each wrote into k3s.yaml, under a name of its own. [D]"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from emulator.kubernetes.arc.k3s import K3sServer

PORT = 6443


def outside_kubeconfig(servers: Sequence[K3sServer]) -> str:
    """YAML; the first one's context is the current one."""
    clusters: list[Any] = []
    contexts: list[Any] = []
    users: list[Any] = []
    for server in servers:
        name, user = server.data.name, f"{server.data.name}-admin"
        address = {
            "certificate-authority-data": _encoded(server.authority.pem),
            "server": f"https://{server.host}:{PORT}",
        }
        issued = server.client_certificate
        own = {
            "client-certificate-data": _encoded(issued.certificate),
            "client-key-data": _encoded(issued.key),
        }
        clusters.append({"cluster": address, "name": name})
        contexts.append({"context": {"cluster": name, "user": user}, "name": name})
        users.append({"name": user, "user": own})
    document: dict[str, Any] = {
        "apiVersion": "v1",
        "kind": "Config",
        "preferences": {},
        "current-context": servers[0].data.name,
    }
    document |= {"clusters": clusters, "contexts": contexts, "users": users}
    written: str = yaml.safe_dump(document, sort_keys=False)
    return written


def _encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()
