"""The kubeconfigs that AKS hands out."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any, Literal

import yaml

from emulator.worlds.spec import SERVER_APP, TENANT

if TYPE_CHECKING:
    from emulator.kubernetes.face import ClusterFace

Kind = Literal["admin", "user", "entra"]

# The public application that kubelogin signs in with, the same everywhere [D].
_CLIENT_APP = "80faf920-1908-4b52-b5ef-a8e7bedfc67a"


def kubeconfig(server: ClusterFace, kind: Kind) -> str:
    """`admin` and `user` carry a certificate and a token, `entra` calls kubelogin. YAML, as AKS writes it; it is az
    that makes the administrator's context `<cluster>-admin` [CLI]."""
    group, cluster = server.cluster_id.split("/")[4], server.cluster_id.rpartition("/")[2]
    user = f"{'clusterAdmin' if kind == 'admin' else 'clusterUser'}_{group}_{cluster}"
    address = {
        "certificate-authority-data": _encoded(server.authority.pem),
        "server": f"https://{server.host}:443",
    }
    document = {
        "apiVersion": "v1",
        "clusters": [{"cluster": address, "name": cluster}],
        "contexts": [{"context": {"cluster": cluster, "user": user}, "name": cluster}],
        "current-context": cluster,
        "kind": "Config",
        "preferences": {},
        "users": [{"name": user, "user": _kubelogin() if kind == "entra" else _local(server, kind)}],
    }
    written: str = yaml.safe_dump(document, sort_keys=False)
    return written


def _local(server: ClusterFace, kind: Kind) -> dict[str, Any]:
    issued = server.client_certificate if kind == "admin" else server.user_certificate
    return {
        "client-certificate-data": _encoded(issued.certificate),
        "client-key-data": _encoded(issued.key),
        "token": server.static_token if kind == "admin" else server.user_token,
    }


def _kubelogin() -> dict[str, Any]:
    arguments = ["get-token", "--environment", "AzurePublicCloud", "--server-id", SERVER_APP]
    arguments += ["--client-id", _CLIENT_APP, "--tenant-id", TENANT, "--login", "devicecode"]
    command = {
        "apiVersion": "client.authentication.k8s.io/v1beta1",
        "command": "kubelogin",
        "args": arguments,
        "env": None,
        "installHint": "kubelogin is not installed, which is required to connect to a cluster with Entra integration.",
        "provideClusterInfo": False,
    }
    return {"exec": command}


def _encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()
