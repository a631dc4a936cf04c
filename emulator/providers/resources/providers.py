"""What Resource Manager says about resource providers: those that are emulated, and the services around a cluster."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from emulator.providers.errors import arm_error
from emulator.providers.ids import same_id
from emulator.providers.versions import VERSIONS
from emulator.worlds.spec import SUBSCRIPTION

if TYPE_CHECKING:
    from emulator.world import EmulatedWorld

_PROFILES = ({"profileVersion": "2019-03-01-hybrid", "apiVersion": "2016-04-01"},)


@dataclass(frozen=True)
class Provider:
    """`types` with their versions, the newest last. `applications`: what may work for the provider, each the ids of an
    application, of its role and, for some, of the role with which it manages others' resources [REC]."""

    namespace: str
    types: dict[str, tuple[str, ...]]
    applications: tuple[tuple[str, ...], ...] = ()
    profiles: tuple[dict[str, str], ...] = ()
    registered: bool = True

    def document(self) -> dict[str, Any]:
        names = ("applicationId", "roleDefinitionId", "managedByRoleDefinitionId")
        applications = [dict(zip(names, ids, strict=False)) for ids in self.applications]
        return {
            "id": f"/subscriptions/{SUBSCRIPTION}/providers/{self.namespace}",
            "namespace": self.namespace,
            **({"authorizations": applications} if applications else {}),
            "registrationPolicy": "RegistrationRequired",
            "registrationState": "Registered" if self.registered else "NotRegistered",
            "resourceTypes": [self._type(name, versions) for name, versions in self.types.items()],
        }

    def _type(self, name: str, versions: tuple[str, ...]) -> dict[str, Any]:
        return {
            "resourceType": name,
            "locations": ["West Europe"],
            "apiVersions": sorted(versions, reverse=True),
            "defaultApiVersion": max(version for version in versions if not version.endswith("preview")),
            **({"apiProfiles": [dict(profile) for profile in self.profiles]} if self.profiles else {}),
            "capabilities": "None",
        }


_AROUND = (
    Provider(
        "Microsoft.Network",
        {},
        (
            ("2cf9eb86-36b5-49dc-86ae-9a63135dfa8c", "13ba9ab4-19f0-4804-adc4-14ece36cc7a1"),
            (
                "6d057c82-a784-47ae-8d12-ca7b38cf06b4",
                "c27dd31e-c1e5-4ab0-93e1-a12ba34f182e",
                "82e8942a-bcb6-444a-b1c4-31a3ea463a7d",
            ),
        ),
        _PROFILES,
    ),
    Provider(
        "Microsoft.Kubernetes",
        {"connectedClusters": ("2021-10-01", "2024-01-01", "2024-12-01-preview")},
        (("64b12d6e-6549-484c-8cc6-6281839ba394", "1d1d44cf-68a1-4def-a2b6-cd7efc3515af"),),
    ),
    Provider(
        "Microsoft.KubernetesConfiguration",
        {"extensions": ("2022-11-01", "2023-05-01"), "fluxConfigurations": ("2022-11-01", "2023-05-01")},
        (("c699bf69-fb1d-4eaf-999b-99e6b2ae4d85", "90155430-a360-410f-af5d-89dc284d85c6"),),
    ),
    Provider(
        "Microsoft.ExtendedLocation",
        {"customLocations": ("2021-08-15", "2021-08-31-preview")},
        (("bc313c14-388c-4e7d-a58e-70017303ee3b", "a775b938-2819-4dd0-8067-01f6e3b06392"),),
    ),
)
"""[REC] Services that the emulator has only a part of, or nothing, but which every subscription with such clusters
knows."""


def all_providers(world: EmulatedWorld) -> list[Provider]:
    """By namespace."""
    around = {provider.namespace: provider for provider in _AROUND}
    for namespace in {_namespace(name) for name in VERSIONS}:
        known = around.get(namespace, Provider(namespace, {}))
        around[namespace] = replace(known, types={**known.types, **dict(_types(namespace))})
    found = (replace(one, registered=is_registered(world, one.namespace)) for one in around.values())
    return sorted(found, key=lambda provider: provider.namespace)


def provider_named(world: EmulatedWorld, namespace: str) -> Provider | None:
    """In any letter case; None for an unknown one."""
    return next((provider for provider in all_providers(world) if same_id(provider.namespace, namespace)), None)


def is_registered(world: EmulatedWorld, namespace: str) -> bool:
    return namespace.lower() not in world.unregistered


def refuse_unregistered(world: EmulatedWorld, resource_type: str) -> None:
    """Raises Refusal: 409 MissingSubscriptionRegistration [D]."""
    namespace = _namespace(resource_type)
    if not is_registered(world, namespace):
        text = f"The subscription is not registered to use namespace '{namespace}'. See https://aka.ms/rps-not-found "
        text += "for how to register subscriptions."
        raise arm_error(409, "MissingSubscriptionRegistration", text, gateway=True)


def _namespace(name: str) -> str:
    return name.partition("/")[0]


def _types(namespace: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    for name, versions in VERSIONS.items():
        if _namespace(name) == namespace:
            yield name.partition("/")[2], versions
