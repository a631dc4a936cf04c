"""How the clusters outside Azure begin: what is in them, whether they are connected, what was installed and applied."""

from __future__ import annotations

import copy
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from emulator.core.resources import Resource
from emulator.entra.metadata import VAULT_SUFFIX
from emulator.entra.sign_in import USERNAME
from emulator.kubernetes.arc.k3s import K3sServer
from emulator.kubernetes.kinds import BY_KIND, Target
from emulator.providers.kubernetes import connected
from emulator.providers.kubernetesconfiguration import extensions
from emulator.worlds.arc import CERTIFICATES, Change, Extension, K3s
from emulator.worlds.vault_contents import MARKER

if TYPE_CHECKING:
    from emulator.world import EmulatedWorld

Object = dict[str, Any]


def populate(world: EmulatedWorld, created: datetime) -> None:
    """Makes the clusters, and connects those that are connected. Their extensions come with `begin`."""
    for data in world.spec.outside:
        resource_id = connected.cluster_id(world.spec.group, data.name)
        issuer = connected.issuer_of(world, resource_id)
        made = min(created, world.clock.now() - timedelta(days=data.age_days))
        server = world.kubernetes.create_outside(K3sServer(world, resource_id, data, issuer), made)
        if data.connected:
            _connect(world, data, server, made)


def _connect(world: EmulatedWorld, data: K3s, server: K3sServer, created: datetime) -> None:
    body = connected.new_body(world, server.cluster_id, {}, USERNAME, created)
    cluster = world.resources.put(Resource(server.cluster_id, body, created))
    profiles: Object = {"oidcIssuerProfile": {"enabled": data.issuer}}
    profiles["securityProfile"] = {"workloadIdentity": {"enabled": False}}
    connected.ask_profiles(world, cluster, profiles)
    cluster.body["properties"]["provisioningState"] = "Succeeded"
    connected.agents_done(world, cluster)


def begin(world: EmulatedWorld, created: datetime) -> None:
    """Installs the extensions, applies the manifests, and lets the secrets be synchronised once."""
    for data in world.spec.outside:
        server = connected.server_of(world, connected.cluster_id(world.spec.group, data.name))
        assert server is not None
        applied = world.clock.now() - timedelta(seconds=data.applied_seconds)
        server.go_back(min(created, world.clock.now() - timedelta(days=data.age_days)))
        for extension in _extensions(data):
            _install(world, server, extension, created)
        server.request_came()
        _proceed(world, server)
        server.go_back(applied)
        for manifest in data.manifests:
            _apply(server, manifest)
        server.request_came()
        server.pretended = None


def move_on(world: EmulatedWorld) -> None:
    """What somebody did afterwards, and what became of the way out."""
    for data in world.spec.outside:
        server = connected.server_of(world, connected.cluster_id(world.spec.group, data.name))
        assert server is not None
        for change in data.later:
            server.go_back(world.clock.now() - timedelta(seconds=data.applied_seconds / 2))
            _change(server, change)
        server.pretended = None
        for named in data.renewed:
            vault, _, secret = named.partition("/")
            world.keyvault.secrets.set(f"{vault}.{VAULT_SUFFIX}", secret, {"value": f"{MARKER}-renewed"})
        for name in data.removed:
            world.resources.remove_all(extensions.extension_id(server.cluster_id, name))
        if data.cut_off_seconds is not None:
            server.cut_off(data.cut_off_seconds)


def _extensions(data: K3s) -> tuple[Extension, ...]:
    if data.cert_manager != "extension":
        return data.extensions
    own = Extension(CERTIFICATES, "azure-cert-management", namespace="cert-manager")
    return (own, *data.extensions)


def _install(world: EmulatedWorld, server: K3sServer, extension: Extension, created: datetime) -> None:
    own = extensions.extension_id(server.cluster_id, extension.name)
    properties: Object = {
        "extensionType": extension.type,
        "autoUpgradeMinorVersion": not extension.version,
        "releaseTrain": extension.train,
        "version": extension.version or None,
        "scope": {"cluster": {"releaseNamespace": extension.namespace}},
        "configurationSettings": dict(extension.settings),
    }
    request = {"identity": {"type": "SystemAssigned"}, "properties": properties}
    world.resources.put(Resource(own, extensions.new_body(world, own, request, created), created))
    if extension.reasons:
        server.syncs.family = extension.reasons
    _proceed(world, server)


def _proceed(world: EmulatedWorld, server: K3sServer) -> None:
    """What still waits goes on waiting in an operation."""
    cluster = world.resources.get(server.cluster_id)
    for one in extensions.all_of(world, cluster) if cluster else []:
        waits = one.body["properties"]["provisioningState"] == "Creating"
        if waits and not extensions.proceed(world, one, None):
            extensions.begin(world, one, "Creating")


def _apply(server: K3sServer, manifest: Any) -> None:
    kind = BY_KIND[manifest["apiVersion"], manifest["kind"]]
    namespace = manifest["metadata"].get("namespace", "default") if kind.namespaced else None
    target = Target(kind, namespace, manifest["metadata"]["name"])
    body = copy.deepcopy(dict(manifest))
    if server.holds(kind, {"metadata": {"name": target.name, "namespace": namespace}}):
        server.registry.update(target, lambda old: {**body, "metadata": {**old["metadata"], **body["metadata"]}})
        return
    server.created(kind, server.registry.create(target, body).content())


def _change(server: K3sServer, change: Change) -> None:
    manifest = change.manifest
    if change.does == "apply":
        _apply(server, manifest)
        return
    kind = BY_KIND[manifest["apiVersion"], manifest["kind"]]
    namespace = manifest["metadata"].get("namespace", "default") if kind.namespaced else None
    target = Target(kind, namespace, manifest["metadata"]["name"])
    if change.does == "delete":
        server.registry.delete(target, None)
    else:
        given = {name: value for name, value in manifest.items() if name not in ("apiVersion", "kind")}
        server.registry.update(target, lambda old: _merged(old, given))


def _merged(old: Any, given: Any) -> Any:
    """As a merge patch: null takes away."""
    if not isinstance(given, dict) or not isinstance(old, dict):
        return given
    merged = {name: _merged(old.get(name), value) for name, value in given.items() if value is not None}
    return {name: value for name, value in {**old, **merged}.items() if given.get(name, "") is not None}
