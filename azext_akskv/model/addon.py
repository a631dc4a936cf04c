"""The add-on of the Key Vault provider for the Secrets Store CSI driver in a cluster's profile, what else of the
cluster the provider depends on, and the body that changes the add-on."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from azext_akskv.model.cluster import Cluster, for_put
from azext_akskv.model.ids import ResourceId
from azext_akskv.model.members import Json, child, flag, text, texts

ADDON = "azureKeyvaultSecretsProvider"
ROTATION, INTERVAL = "enableSecretRotation", "rotationPollInterval"
DEFAULT_INTERVAL = "2m"
"""[AKS docs]"""

_DURATION = re.compile(r"(?:\d{1,9}(?:\.\d{1,9})?(?:h|ms|m|s))+", re.ASCII)
_PART = re.compile(r"(\d+(?:\.\d+)?)(h|ms|m|s)", re.ASCII)
_SECONDS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}


@dataclass(frozen=True)
class AddonIdentity:
    """The identity that AKS makes for the add-on in the node resource group, and gives to the nodes of all pools."""

    client_id: str
    object_id: str
    """What grants name."""
    resource_id: ResourceId | None


@dataclass(frozen=True)
class Addon:
    """`present`: the profile has it, on or off; a cluster that never had it has no such member. [REC]"""

    present: bool = False
    enabled: bool = False
    rotation: bool = False
    poll_interval: str = DEFAULT_INTERVAL
    """As the profile has it."""
    identity: AddonIdentity | None = None

    @property
    def poll_seconds(self) -> float | None:
        """None: the interval is not one that can be read."""
        return seconds_of(self.poll_interval)


@dataclass(frozen=True)
class AddonSetting:
    """What a change shall set; None leaves it as it is, or as AKS has it by default."""

    rotation: bool | None = None
    poll_interval: str | None = None


@dataclass(frozen=True)
class HttpProxy:
    """The proxy that the nodes use, without who may use it: names and passwords in the addresses are left out."""

    http: str
    https: str
    no_proxy: tuple[str, ...]
    own_authority: bool
    """The proxy's certificates come of an authority of its own."""


@dataclass(frozen=True)
class Issuer:
    """The OIDC issuer of the cluster's service account tokens."""

    enabled: bool
    url: str


def addon_of(cluster: Cluster) -> Addon:
    """Raises BadInput when the profile is not one."""
    addons = child(child(cluster.raw, "properties"), "addonProfiles")
    name = _own_name(addons)
    if addons.get(name) is None:
        return Addon()
    profile = child(addons, name)
    config = child(profile, "config")
    return Addon(
        present=True,
        enabled=bool(flag(profile, "enabled")),
        rotation=text(config, ROTATION).lower() == "true",  # its values are texts [REC]
        poll_interval=text(config, INTERVAL) or DEFAULT_INTERVAL,
        identity=_identity_of(child(profile, "identity")),
    )


def with_addon(raw: Json, setting: AddonSetting) -> Json:
    """The body that turns the add-on on, or sets how often secrets are read again. What it has else in its config, and
    every other add-on, goes back as it came."""
    body = for_put(raw)
    properties = body["properties"] = child(body, "properties")
    addons = properties["addonProfiles"] = child(properties, "addonProfiles")
    name = _own_name(addons)
    profile = child(addons, name)
    config = {ROTATION: "false", INTERVAL: DEFAULT_INTERVAL, **child(profile, "config")}
    if setting.rotation is not None:
        config[ROTATION] = str(setting.rotation).lower()
    if setting.poll_interval is not None:
        config[INTERVAL] = setting.poll_interval
    addons[name] = {**profile, "enabled": True, "config": config}
    return body


def has_setting(addon: Addon, setting: AddonSetting) -> bool:
    """Whether the add-on is on, and as the setting wants it; intervals are compared by their length."""
    wanted = addon.poll_interval if setting.poll_interval is None else setting.poll_interval
    seconds = seconds_of(wanted)
    same_length = wanted == addon.poll_interval or (seconds is not None and seconds == addon.poll_seconds)
    return addon.enabled and setting.rotation in (None, addon.rotation) and same_length


def seconds_of(interval: str) -> float | None:
    """Of `2m`, `1h30m`, `90s`: how Go writes lengths of time. None for what is none."""
    if not _DURATION.fullmatch(interval):
        return None
    return sum(float(number) * _SECONDS[unit] for number, unit in _PART.findall(interval))


def issuer_of(cluster: Cluster) -> Issuer:
    profile = child(child(cluster.raw, "properties"), "oidcIssuerProfile")
    return Issuer(bool(flag(profile, "enabled")), text(profile, "issuerURL"))


def workload_identity(cluster: Cluster) -> bool:
    """Whether the cluster gives pods tokens that Entra takes for those of an identity."""
    security = child(child(cluster.raw, "properties"), "securityProfile")
    return bool(flag(child(security, "workloadIdentity"), "enabled"))


def http_proxy_of(cluster: Cluster) -> HttpProxy | None:
    """None: the nodes use no proxy. `effectiveNoProxy` is what AKS made of the exceptions. [SPEC]"""
    profile = child(child(cluster.raw, "properties"), "httpProxyConfig")
    http, https = text(profile, "httpProxy"), text(profile, "httpsProxy")
    if not (http or https) or flag(profile, "enabled") is False:
        return None
    exceptions = texts(profile, "effectiveNoProxy") or texts(profile, "noProxy")
    return HttpProxy(_bare(http), _bare(https), tuple(exceptions), bool(text(profile, "trustedCa")))


def _bare(address: str) -> str:
    """Scheme, host and port alone; empty for what is no address."""
    try:
        url = urlsplit(address)
    except ValueError:  # half an IPv6 address, for one
        return ""
    place = url.netloc.rpartition("@")[2]
    return f"{url.scheme}://{place}" if url.scheme and place else ""


def _own_name(addons: Json) -> str:
    """As the profile writes it: AKS has been seen to write add-ons in other letter cases. [CLI]"""
    return next((name for name in addons if name.lower() == ADDON.lower()), ADDON)


def _identity_of(raw: Json) -> AddonIdentity | None:
    if not raw:
        return None
    resource = text(raw, "resourceId")
    return AddonIdentity(text(raw, "clientId"), text(raw, "objectId"), ResourceId.parse(resource) if resource else None)
