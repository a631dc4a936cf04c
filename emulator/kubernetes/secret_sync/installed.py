"""What the Secret Store extension installs: one pod with two containers, and three definitions. [D]"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from emulator.kubernetes.arc.programs import definition, deployment, namespace
from emulator.kubernetes.kinds import (
    AKV_SYNCS,
    DEFINITIONS,
    DEPLOYMENTS,
    NAMESPACES,
    SECRET_PROVIDER_CLASSES,
    SECRET_SYNCS,
    SERVICE_ACCOUNTS,
    Kind,
)
from emulator.kubernetes.secret_sync import schema
from emulator.kubernetes.secret_sync.versions import parsed, provider_of

Object = dict[str, Any]
MANAGER, PROVIDER = "manager", "provider-azure-installer"
APP = "secrets-store-sync-controller"
DEPLOYMENT = f"{APP}-manager"
LABELS: Mapping[str, str] = {"app": APP, "control-plane": "controller-manager", "secrets-store.io/system": "true"}
"""[D] Of the pod."""
POLL, JITTER, PARTIAL = "rotationPollIntervalInSeconds", "jitterSeconds", "enablePartialSecretSync"
POLICIES = "validatingAdmissionPolicies.applyPolicies"
_DEFAULTS = {POLL: "3600", JITTER: "0", PARTIAL: "true", POLICIES: "true"}
_AKV_SYNC_SINCE = (1, 1, 5)
_REPOSITORY = "mcr.microsoft.com/oss/azure/secret-store"


def setting(properties: Mapping[str, Any], name: str) -> str:
    """[D] A configuration setting, or what it is without."""
    return str((properties.get("configurationSettings") or {}).get(name, _DEFAULTS[name]))


def seconds(properties: Mapping[str, Any], name: str) -> float:
    """A setting that is a number of seconds; [INF] what is none counts as the default."""
    try:
        return max(float(setting(properties, name)), 1.0 if name == POLL else 0.0)
    except ValueError:
        return float(_DEFAULTS[name])


def objects(properties: Mapping[str, Any]) -> Iterator[tuple[Kind, Object]]:
    """What is applied, namespace and definitions first."""
    version = str(properties["currentVersion"])
    where = properties["scope"]["cluster"]["releaseNamespace"]
    yield NAMESPACES, namespace(where)
    for kind in (SECRET_PROVIDER_CLASSES, SECRET_SYNCS, *((AKV_SYNCS,) if parsed(version) >= _AKV_SYNC_SINCE else ())):
        versions = ("v1", "v1alpha1") if kind is SECRET_PROVIDER_CLASSES else (kind.version,)
        yield DEFINITIONS, definition(kind.group, kind.plural, kind.kind, versions, schema.described(kind))
    yield SERVICE_ACCOUNTS, {"metadata": {"name": DEPLOYMENT, "namespace": where}}
    manager = {"name": MANAGER, "image": f"{_REPOSITORY}/{APP}:v{version}", "args": _arguments(properties)}
    image = f"mcr.microsoft.com/oss/v2/azure/secrets-store/provider-azure:v{provider_of(version)}"
    provider = {"name": PROVIDER, "image": image, "args": ["--endpoint=unix:///provider/azure.sock"]}
    more = {"serviceAccountName": DEPLOYMENT, "nodeSelector": {"kubernetes.io/os": "linux"}}
    yield DEPLOYMENTS, deployment(DEPLOYMENT, where, LABELS, (manager, provider), **more)


def _arguments(properties: Mapping[str, Any]) -> list[str]:
    poll, jitter = setting(properties, POLL), setting(properties, JITTER)
    return [
        "--metrics-bind-address=:8085",
        "--health-probe-bind-address=:8081",
        f"--rotation-poll-interval={poll}s",
        f"--jitter={jitter}s",
        "--token-request-audience=api://AzureADTokenExchange",
    ]
