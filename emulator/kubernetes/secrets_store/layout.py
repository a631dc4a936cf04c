"""What an installation of driver and provider consists of, as the AKS add-on has it or the Helm chart. [D] [SRC]"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from emulator.kubernetes.kinds import (
    CLUSTER_ROLE_BINDINGS,
    CLUSTER_ROLES,
    CSI_DRIVERS,
    DAEMON_SETS,
    DEFINITIONS,
    POD_STATUSES,
    SECRET_PROVIDER_CLASSES,
    SECRETS_STORE,
    SERVICE_ACCOUNTS,
    Kind,
)
from emulator.kubernetes.secrets_store.daemon_sets import EXISTS, Program, daemon_set
from emulator.worlds.secrets_store import Chart, SecretsStore

Object = dict[str, Any]
DRIVER_NAME = "secrets-store.csi.k8s.io"
ADDON_SYSTEM = "kube-system"
TOKEN_AUDIENCE = "api://AzureADTokenExchange"
_DEFAULT_POLL = "2m"


@dataclass(frozen=True)
class Layout:
    """The names of one installation, and what its values decide. `poll` is empty without rotation; `everywhere`: the
    driver's pods tolerate every taint."""

    namespace: str
    driver_set: str
    provider_set: str
    provider_label: str
    account: str
    provider_account: str
    roles: Mapping[str, str]
    sync: bool
    poll: str
    windows: bool
    everywhere: bool = True
    tokens: bool = True
    json_logs: bool = False


def of_addon(config: Mapping[str, str]) -> Layout:
    """[D] Its values are texts; synchronising is always on."""
    rotates = str(config.get("enableSecretRotation")).lower() == "true"
    roles = {
        "classes": "aks-secretproviderclasses-role",
        "tokens": "aks-secretprovidertokenrequest-role",
        "sync": "aks-secretprovidersyncing-role",
    }
    return Layout(
        *(ADDON_SYSTEM, "aks-secrets-store-csi-driver", "aks-secrets-store-provider-azure"),
        *("secrets-store-provider-azure", "aks-secrets-store-csi-driver", "aks-secrets-store-provider-azure"),
        roles=roles,
        sync=True,
        poll=(config.get("rotationPollInterval") or _DEFAULT_POLL) if rotates else "",
        windows=True,
    )


def of_chart(chart: Chart) -> Layout:
    """[D] Without syncSecret.enabled there is no role for Secrets."""
    provider = f"{chart.release}-csi-secrets-store-provider-azure"
    roles = {
        "classes": "secretproviderclasses-role",
        "tokens": "secretprovidertokenrequest-role",
        "sync": "secretprovidersyncing-role",
    }
    return Layout(
        *(chart.namespace, "secrets-store-csi-driver", provider, "csi-secrets-store-provider-azure"),
        *("secrets-store-csi-driver", "csi-secrets-store-provider-azure"),
        roles=roles,
        sync=chart.sync_secrets,
        poll=chart.rotation,
        windows=chart.windows,
        everywhere=chart.tolerations,
        tokens=chart.token_requests,
        json_logs=chart.json_logs,
    )


def objects(layout: Layout, versions: SecretsStore, windows_nodes: bool) -> Iterator[tuple[Kind, Object]]:
    """Everything that is applied, definitions first. Those of Windows are there where the layout has them and [OWN] the
    cluster such nodes."""
    yield from ((DEFINITIONS, _definition(kind)) for kind in (SECRET_PROVIDER_CLASSES, POD_STATUSES))
    yield CSI_DRIVERS, _driver_object(layout, versions)
    for account in (layout.account, layout.provider_account):
        yield SERVICE_ACCOUNTS, {"metadata": {"name": account, "namespace": layout.namespace}}
    yield from _roles(layout)
    for system in ("linux", "windows") if layout.windows and windows_nodes else ("linux",):
        suffix = "" if system == "linux" else "-windows"
        yield (
            DAEMON_SETS,
            daemon_set(f"{layout.driver_set}{suffix}", layout.namespace, _driver(layout, versions), system),
        )
        provider = _provider(layout, versions)
        yield DAEMON_SETS, daemon_set(f"{layout.provider_set}{suffix}", layout.namespace, provider, system)


def _driver(layout: Layout, versions: SecretsStore) -> Program:
    flags = [f"--enable-secret-rotation={'true' if layout.poll else 'false'}"]
    flags += [f"--rotation-poll-interval={layout.poll}"] if layout.poll else []
    flags += ["--log-format-json=true"] if layout.json_logs else []
    tolerations = (EXISTS,) if layout.everywhere else ()
    return Program("driver", versions.driver, "secrets-store-csi-driver", layout.account, tuple(flags), tolerations)


def _provider(layout: Layout, versions: SecretsStore) -> Program:
    flags = ("--log-format-json=true",) if layout.json_logs else ()
    return Program("provider", versions.provider, layout.provider_label, layout.provider_account, flags, (EXISTS,))


def _definition(kind: Kind) -> Object:
    names = {"plural": kind.plural, "kind": kind.kind, "listKind": f"{kind.kind}List", "singular": kind.kind.lower()}
    versions = [{"name": "v1", "served": True, "storage": True}, {"name": "v1alpha1", "served": True, "storage": False}]
    spec = {"group": kind.group, "names": names, "scope": "Namespaced", "versions": versions}
    return {"metadata": {"name": kind.qualified}, "spec": spec}


def _driver_object(layout: Layout, versions: SecretsStore) -> Object:
    """[SRC] Since 1.6 a driver is called again where the object says so."""
    spec: Object = {"attachRequired": False, "podInfoOnMount": True, "volumeLifecycleModes": ["Ephemeral"]}
    spec |= {"requiresRepublish": bool(layout.poll) and versions.driver >= "1.6", "storageCapacity": False}
    if layout.tokens:
        spec["tokenRequests"] = [{"audience": TOKEN_AUDIENCE}]
    return {"metadata": {"name": DRIVER_NAME}, "spec": spec}


def _roles(layout: Layout) -> Iterator[tuple[Kind, Object]]:
    reading = [_rule([SECRETS_STORE], ["secretproviderclasses"], "get list watch")]
    reading += [_rule([SECRETS_STORE], ["secretproviderclasspodstatuses"], "create delete get list patch update watch")]
    reading += [_rule([""], ["pods"], "get list watch"), _rule([""], ["events"], "create patch")]
    given = {"classes": reading, "tokens": [_rule([""], ["serviceaccounts/token"], "create")]}
    if layout.sync:
        given["sync"] = [_rule([""], ["secrets"], "create delete get list patch update watch")]
    subject = {"kind": "ServiceAccount", "name": layout.account, "namespace": layout.namespace}
    for which, rules in given.items():
        name = layout.roles[which]
        yield CLUSTER_ROLES, {"metadata": {"name": name}, "rules": rules}
        reference = {"apiGroup": CLUSTER_ROLES.group, "kind": CLUSTER_ROLES.kind, "name": name}
        binding = {"metadata": {"name": f"{name}binding"}, "roleRef": reference, "subjects": [subject]}
        yield CLUSTER_ROLE_BINDINGS, binding


def _rule(groups: list[str], resources: list[str], verbs: str) -> Object:
    return {"apiGroups": groups, "resources": resources, "verbs": verbs.split()}
