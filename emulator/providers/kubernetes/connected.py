"""Microsoft.Kubernetes/connectedClusters: what Resource Manager knows of a cluster whose agents report to Arc."""

from __future__ import annotations

import copy
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from emulator.core.resources import Resource
from emulator.kubernetes.arc.k3s import K3sServer
from emulator.providers.ids import group_id
from emulator.worlds.spec import LOCATION, SUBSCRIPTION, TENANT

if TYPE_CHECKING:
    from emulator.world import EmulatedWorld

Object = dict[str, Any]
CONNECTED = "Microsoft.Kubernetes/connectedClusters"
AGENT_VERSION = "1.27.3"
ARC = "64b12d6e-6549-484c-8cc6-6281839ba394"
"""[REC] Whose name a change by the agents has in systemData."""
_HEARTBEAT = timedelta(minutes=5)
_OFFLINE_AFTER = timedelta(minutes=15)
"""[D] Without a heartbeat for so long a cluster is offline."""
_CERTIFICATE_LIFE = timedelta(days=90)
"""[D] So long the identity of agents that are not heard of holds; then the cluster is expired."""
_OIDC_SINCE = "2024-12-01-preview"
_PROFILES = {"oidcIssuerProfile", "securityProfile", "gateway"}
_FIRST = {"provisioningState", "agentPublicKeyCertificate", "aadProfile"}
_PREVIEWED = {"privateLinkState", "azureHybridBenefit"}
_LATER = {"arcAgentProfile", "aadProfile"}


def cluster_id(group: str, name: str) -> str:
    return f"{group_id(SUBSCRIPTION, group)}/providers/{CONNECTED}/{name}"


def new_body(world: EmulatedWorld, resource_id: str, request: Object, who: str, now: datetime) -> Object:
    """What a first PUT makes. [REC]"""
    own = request.get("properties") or {}
    properties: Object = {
        "provisioningState": "Accepted",
        "connectivityStatus": "Connecting",
        "privateLinkState": own.get("privateLinkState", "Disabled"),
        "azureHybridBenefit": own.get("azureHybridBenefit", "NotApplicable"),
        "agentPublicKeyCertificate": own.get("agentPublicKeyCertificate", ""),
        "aadProfile": own.get("aadProfile") or {},
        "arcAgentProfile": {"agentAutoUpgrade": "Enabled", **(own.get("arcAgentProfile") or {})},
    }
    properties |= {name: own[name] for name in ("distribution", "infrastructure") if own.get(name)}
    principal = world.ids.uuid("connected", resource_id.lower())
    stamp = f"{now:%Y-%m-%dT%H:%M:%S.%f}0Z"
    changed = {"By": who, "ByType": "User" if "@" in who else "Application", "At": stamp}
    return {
        "id": resource_id,
        "name": resource_id.rpartition("/")[2],
        "type": CONNECTED.lower(),
        "location": request.get("location") or LOCATION,
        "tags": request.get("tags") or {},
        "systemData": {
            f"{what}{name}": value for what in ("created", "lastModified") for name, value in changed.items()
        },
        "identity": {"principalId": principal, "tenantId": TENANT, "type": "SystemAssigned"},
        "properties": properties,
    }


def ask_profiles(world: EmulatedWorld, cluster: Resource, asked: Object) -> None:
    """Takes over what a PUT says of the issuer of tokens and of workload identity; the issuer's URL is what the agents
    publish later, and stays once it is there [D]."""
    properties = cluster.body["properties"]
    for name in ("oidcIssuerProfile", "securityProfile", "gateway"):
        if asked.get(name) is not None:
            kept = {"issuerUrl": (properties.get(name) or {}).get("issuerUrl")} if name == "oidcIssuerProfile" else {}
            given = {key: value for key, value in asked[name].items() if key != "issuerUrl"}
            properties[name] = {**given, **{key: value for key, value in kept.items() if value}}
    if any(asked.get(name) is not None for name in _PROFILES):
        # [INF] What it is called until the agents are done; clients wait for Succeeded or Failed [CLI]
        properties["arcAgentProfile"]["agentState"] = "Updating"


def agents_done(world: EmulatedWorld, cluster: Resource) -> bool:
    """What the agents do with what was asked; whether they could, which takes that somebody is there and on line."""
    server = server_of(world, cluster.id)
    if server is None or server.cut_off_at is not None or not server.has_agents:
        return False
    properties = cluster.body["properties"]
    profile = properties.get("oidcIssuerProfile") or {}
    if profile.get("enabled"):
        profile["issuerUrl"] = issuer_of(world, cluster.id)
        properties["oidcIssuerProfile"] = profile
    properties["arcAgentProfile"]["agentState"] = "Succeeded"
    report(world, cluster)
    return True


def issuer_of(world: EmulatedWorld, resource_id: str) -> str:
    """[D] The closing slash is part of it."""
    return f"https://{LOCATION}.oic.prod-arc.azure.com/{TENANT}/{world.ids.uuid('arc-issuer', resource_id.lower())}/"


def report(world: EmulatedWorld, cluster: Resource, told: Object | None = None) -> None:
    """What agents tell of their cluster; `told` instead of what the one of the world is."""
    server = server_of(world, cluster.id)
    if told is None and server is not None:
        told = {
            "kubernetesVersion": server.git_version.removeprefix("v"),
            "totalNodeCount": len(server.node_objects()),
            "agentVersion": AGENT_VERSION,
            "totalCoreCount": 4 * len(server.node_objects()),
        }
        expiry = world.clock.now() + _CERTIFICATE_LIFE
        told["managedIdentityCertificateExpirationTime"] = f"{expiry:%Y-%m-%dT%H:%M:00Z}"
        distribution = {"distribution": server.data.distribution, "infrastructure": "generic"}
        cluster.body["properties"] |= {k: v for k, v in distribution.items() if k not in cluster.body["properties"]}
    properties, now = cluster.body["properties"], world.clock.now()
    properties |= {"connectivityStatus": "Connected", **(told or {})}
    properties.setdefault("lastConnectivityTime", f"{now:%Y-%m-%dT%H:%M:%S}.{now.microsecond // 1000:03d}Z")
    cluster.body["systemData"] |= {"lastModifiedBy": ARC, "lastModifiedByType": "Application"}


def server_of(world: EmulatedWorld, resource_id: str) -> K3sServer | None:
    """The cluster itself, where the world has it."""
    try:
        found = world.kubernetes.server(resource_id)
    except KeyError:
        return None
    return found if isinstance(found, K3sServer) else None


def shown(world: EmulatedWorld, cluster: Resource, version: str) -> Object:
    """The body of now, as a version of the API shows it. [REC] [INF]"""
    _look(world, cluster)
    body = copy.deepcopy(cluster.body)
    properties = body["properties"]
    if version < "2021":
        body["type"] = CONNECTED
        del body["systemData"]
        body["properties"] = {name: value for name, value in properties.items() if name in _FIRST}
        return body
    hidden: set[str] = set()
    if version < _OIDC_SINCE:
        hidden |= _PROFILES | {"arcAgentryConfigurations"}
    if version < "2024-07":
        hidden |= _LATER
    if version < "2022-05" or version == "2024-01-01":
        hidden |= _PREVIEWED
    body["properties"] = {name: value for name, value in properties.items() if name not in hidden}
    return body


def _look(world: EmulatedWorld, cluster: Resource) -> None:
    """The heartbeats that have come by now, and what follows where there are none."""
    server, properties = server_of(world, cluster.id), cluster.body["properties"]
    if server is None or properties["connectivityStatus"] == "Connecting":
        return
    now = world.clock.now()
    last = server.cut_off_at or now
    last -= timedelta(seconds=(last - cluster.created).total_seconds() % _HEARTBEAT.total_seconds())
    properties["lastConnectivityTime"] = f"{last:%Y-%m-%dT%H:%M:%S}.{last.microsecond // 1000:03d}Z"
    expires = last + _CERTIFICATE_LIFE
    properties["managedIdentityCertificateExpirationTime"] = f"{expires:%Y-%m-%dT%H:%M:00Z}"
    silent = now - last
    state = "Connected" if silent < _OFFLINE_AFTER else "Offline" if now < expires else "Expired"
    properties["connectivityStatus"] = state
