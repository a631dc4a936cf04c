"""Kubeconfigs of a user, with files and plugins beside them."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import yaml

from azext_akskv.gateways.kube_access import Access
from azext_akskv.gateways.kube_context import context_of
from azext_akskv.gateways.kube_credentials import Around, access_of
from tests.unit.gateways.kube.kube_service import KubeService, encoded


def config(**entries: dict[str, Any]) -> dict[str, Any]:
    """`contexts`, `clusters` and `users` by their names."""
    kinds = {"contexts": "context", "clusters": "cluster", "users": "user"}
    lists = {
        kind: [{"name": name, one: content} for name, content in entries.get(kind, {}).items()]
        for kind, one in kinds.items()
    }
    return {"apiVersion": "v1", "kind": "Config", **lists}


def of_service(kube: KubeService, *, cluster: dict[str, Any] | None = None, **user: Any) -> dict[str, Any]:
    """One context, `edge`, of that API server. `cluster`: members beside its server; its CA where there are none."""
    trusted = {"certificate-authority-data": encoded(kube.authority.pem)} if cluster is None else cluster
    return config(
        contexts={"edge": {"cluster": "c1", "user": "u1"}},
        clusters={"c1": {"server": kube.url, **trusted}},
        users={"u1": user},
    )


def put(folder: Path, document: Any, name: str = "config") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(document if isinstance(document, str) else yaml.safe_dump(document))
    return path


def opened(path: Path, environment: dict[str, str] | None = None, *, seconds: float = 20.0, bundle: str = "") -> Access:
    return access_of(context_of([path], "edge"), Around(environment or {}, bundle, seconds))


def a_plugin(folder: Path, program: str, name: str = "plugin") -> Path:
    """`program` is Python, which may use `info`: what it is told."""
    path = folder / name
    begin = f"#!{sys.executable}\nimport json, os, sys, time\ninfo = json.loads(os.environ['KUBERNETES_EXEC_INFO'])\n"
    path.write_text(begin + program)
    path.chmod(0o700)
    return path


def credential(version: str = "v1", **status: str) -> str:
    """What a plugin prints."""
    document = {"apiVersion": f"client.authentication.k8s.io/{version}", "kind": "ExecCredential", "status": status}
    return f"print({json.dumps(json.dumps(document))})\n"


def an_exec(command: str, version: str = "v1", **more: Any) -> dict[str, Any]:
    api = f"client.authentication.k8s.io/{version}"
    return {"apiVersion": api, "command": command, "interactiveMode": "IfAvailable", **more}
