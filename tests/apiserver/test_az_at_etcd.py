"""The real az against a real API server: after each command every secret's value in etcd is where it must be."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import pytest

from emulator.emulation import REAL
from emulator.real.cluster import RealCluster
from emulator.real.envelope import opened, provider_of
from emulator.worlds.spec import Delays
from tests.e2e.conftest import Station

CLUSTER = ("-g", "shop-rg", "-n", "shop")
ENABLE = ("aks", "kv", "kms", "enable", *CLUSTER, "--vault", "shop-kv", "--key", "etcd", "--yes", "-o", "json")
DISABLE = ("aks", "kv", "kms", "disable", *CLUSTER, "--yes", "-o", "json")
REENCRYPT = ("aks", "kv", "reencrypt", *CLUSTER, "--yes", "-o", "json")
ROTATE = ("aks", "kv", "rotate", *CLUSTER, "--yes", "-o", "json")
MIGRATE_MODE = ("aks", "kv", "kms", "migrate-mode", *CLUSTER, "--yes", "-o", "json")
SHOW = ("aks", "kv", "kms", "show", *CLUSTER, "-o", "json")
VAULT = "shop-kv.vault.emulator.test"
MARKER = b"correct-horse-battery"
COUNT = 40
DELAYS = Delays(update=0.2, grant=0.0)
PLAIN = "plain"


@pytest.fixture
def shop(station: Station) -> Iterator[Station]:
    """A cluster without KMS. At the end no secret was ever lost, and no value was seen by az."""
    emulation = station.start("demo", secrets=COUNT, kubernetes=REAL, delays=DELAYS)
    emulation.server.call(lambda: emulation.control._switch_tap(True))
    yield station
    verdict = emulation.verdict()
    assert verdict["ok"], verdict
    wire = bytes(emulation.server.tap.seen)
    assert b"/api/v1/namespaces/" in wire
    assert [form for form in (MARKER, base64.b64encode(MARKER)) if form in wire] == []
    station.stop()


def values(station: Station) -> dict[str, bytes]:
    """Key in etcd -> value, of every secret."""
    server = station.emulation.world.kubernetes.first()
    assert isinstance(server, RealCluster)
    found = dict(server.etcd.values("/registry/secrets/"))
    assert len(found) == COUNT
    return found


def holders(station: Station) -> set[str]:
    """The key versions under which the values really are, tried with the vault's own keys; `plain` is one of them."""
    versions = station.emulation.world.keyvault.key(VAULT, "etcd").versions
    slots = station.cluster().current, station.cluster().previous
    providers = {slot.provider: slot.kid for slot in slots if slot}
    found = set()
    for key, value in values(station).items():
        provider, name = provider_of(value), key.rpartition("/")[2].encode()
        if provider is None:
            assert name in value
            found.add(PLAIN)
            continue
        assert name not in value and MARKER not in value and base64.b64encode(MARKER) not in value
        [version] = [version for version in versions if version.kid == providers[provider]]
        assert name in opened(value, version)
        found.add(version.kid)
    return found


def done(station: Station, *command: str) -> dict[str, Any]:
    """What az printed when all went well."""
    ended = station.az(*command)
    assert ended.code == 0, ended.output
    printed: dict[str, Any] = ended.json
    return printed


def rewrote_all(result: dict[str, Any]) -> bool:
    secrets = result["secrets"]
    return (result["status"], secrets["proved"], secrets["rewritten"]) == ("done", True, COUNT)


def test_on_and_off_and_on_with_another_key_version(shop: Station) -> None:
    assert holders(shop) == {PLAIN}
    assert done(shop, *SHOW)["experience"] == "never"
    assert rewrote_all(done(shop, *ENABLE))
    first = shop.key_in_arm()
    assert holders(shop) == {first}
    shown = done(shop, *SHOW)
    assert (shown["experience"], shown["key"]["id"], shown["rewriteOwed"]) == ("legacy-v1", first, False)

    assert rewrote_all(done(shop, *DISABLE))
    assert holders(shop) == {PLAIN}
    assert done(shop, *SHOW)["experience"] == "off"
    assert done(shop, *REENCRYPT)["secrets"]["rewritten"] == 0
    assert holders(shop) == {PLAIN}

    newer = new_version(shop)
    assert rewrote_all(done(shop, *ENABLE))
    assert shop.key_in_arm() == newer != first and holders(shop) == {newer}


def test_rotated_twice_and_off(shop: Station) -> None:
    """KMS v1, two slots: after the second rotation no API server holds the first key."""
    assert rewrote_all(done(shop, *ENABLE))
    keys = [shop.key_in_arm()]
    for _ in range(2):
        assert rewrote_all(done(shop, *ROTATE))
        keys.append(shop.key_in_arm())
        assert holders(shop) == {keys[-1]}
    assert len(set(keys)) == 3
    shown = done(shop, *SHOW)
    assert [(each["id"], each["mayRetire"]) for each in shown["previousKeys"]] == [(keys[1], False), (keys[0], True)]
    assert rewrote_all(done(shop, *DISABLE)) and holders(shop) == {PLAIN}


def new_version(station: Station) -> str:
    """The identifier of one more version of the key."""
    emulation = station.emulation
    return str(emulation.server.call(lambda: emulation.world.keyvault.create(VAULT, "etcd", {"kty": "RSA"})).kid)


def test_what_stock_az_switched_is_reencrypted(shop: Station) -> None:
    done(shop, *ENABLE)
    first = shop.key_in_arm()
    newer = new_version(shop)
    kms = ("--enable-azure-keyvault-kms", "--azure-keyvault-kms-key-id", newer)
    kms += ("--azure-keyvault-kms-key-vault-network-access", "Public")
    assert shop.az("aks", "update", *CLUSTER, *kms, "-o", "none").code == 0
    assert holders(shop) == {first}
    assert done(shop, *REENCRYPT)["secrets"]["rewritten"] == COUNT
    assert holders(shop) == {newer}
    assert done(shop, *REENCRYPT)["secrets"]["rewritten"] == 0


@pytest.mark.parametrize(
    "fault",
    [
        {"method": "PATCH", "path": "/secrets/", "nth": 2 * COUNT // 3, "hold": "after"},
        {"method": "PATCH", "path": "/secrets/", "nth": COUNT // 3, "hold": "before"},
        {"method": "PUT", "path": "/managedClusters/", "hold": "after", "nth": 1},
    ],
    ids=["in-the-rewrite-after", "in-the-rewrite-before", "in-the-update"],
)
def test_killed_midway_the_same_command_finishes(shop: Station, fault: dict[str, Any]) -> None:
    assert shop.az_killed_at(fault, *ENABLE).code == -9
    assert done(shop, *ENABLE)["status"] == "done"
    assert holders(shop) == {shop.key_in_arm()}


def test_the_mode_of_the_vault_changed_and_back(station: Station) -> None:
    """Both ways KMS goes off and on again: every secret is plain in between, and under the same key at the end."""
    emulation = station.start("private-vnet", secrets=COUNT, kubernetes=REAL, delays=DELAYS)
    assert rewrote_all(done(station, *ENABLE))
    key = station.key_in_arm()
    for mode, vault in (("Public", "Enabled"), ("Private", "Disabled")):
        assert rewrote_all(done(station, *MIGRATE_MODE, "--to", mode))
        profile = station.cluster().body["properties"]["securityProfile"]["azureKeyVaultKms"]
        assert (profile["keyVaultNetworkAccess"], station.vault()["publicNetworkAccess"]) == (mode, vault)
        assert station.key_in_arm() == key and holders(station) == {key}
        assert emulation.verdict()["ok"]
    station.stop()


def test_a_value_that_nobody_decrypts_stops_it_before_anything_is_changed(station: Station) -> None:
    emulation = station.start("unreadable-value", secrets=COUNT, kubernetes=REAL, delays=DELAYS)
    refused = station.az(*DISABLE)
    assert refused.code == 4 and "secret-unreadable" in refused.output, refused.output
    assert station.changes() == []
    assert emulation.verdict()["ok"]
    station.stop()
