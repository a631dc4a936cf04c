"""`az aks kv rotate` and `kms migrate-mode` with the real az: what is stored under which key."""

from __future__ import annotations

import time
from typing import Any

import pytest

from emulator.worlds.spec import Cluster, Key, Kms, Vault
from tests.e2e.commands import CLUSTER, DISABLE, JSON, REENCRYPT, SHOW, found, steps
from tests.e2e.conftest import Ended, Station

ROTATE = ("aks", "kv", "rotate", *CLUSTER, *JSON, "--yes")
TO_PRIVATE = ("aks", "kv", "kms", "migrate-mode", "--to", "Private", *CLUSTER, *JSON, "--yes")
TO_PUBLIC = ("aks", "kv", "kms", "migrate-mode", "--to", "Public", *CLUSTER, *JSON, "--yes")
INTEGRATED = (Cluster(vnet_integration=True, kms=Kms(), noted=True),)


def done(ended: Ended) -> Any:
    assert (ended.code, ended.json["status"]) == (0, "done"), ended.output
    return ended.json


def previous(station: Station) -> list[tuple[str, bool | None]]:
    seen = station.az(*SHOW)
    assert seen.code == 0, seen.output
    return [(each["id"], each["mayRetire"]) for each in seen.json["previousKeys"]]


def test_rotated_twice_the_first_key_may_go(station: Station) -> None:
    emulation = station.start("kms-noted", secrets=6)
    keys = [station.key_in_arm()]
    for rotation in range(2):
        result = done(station.az(*ROTATE))
        assert result["secrets"]["rewritten"] == 6 and result["secrets"]["proved"] is True
        keys.append(station.key_in_arm())
        assert station.stored_under() == {keys[-1]} and keys[-1] not in keys[:-1]
        assert any("not needed any more" in each and keys[0] in each for each in result["keep"]) is (rotation == 1)
    assert previous(station) == [(keys[1], False), (keys[0], True)]
    assert emulation.verdict()["ok"]


def test_a_private_vault_gets_a_key_of_another_name(station: Station) -> None:
    emulation = station.start("kms-noted-private", secrets=4)
    before = station.key_in_arm()
    result = station.az(*ROTATE)
    assert done(result)["secrets"]["proved"] is True
    assert "ForbiddenByConnection" in result.output and "etcd-2" in result.output
    assert "/keys/etcd-2/" in station.key_in_arm() and previous(station) == [(before, False)]
    assert emulation.verdict()["ok"]


def test_a_rotation_by_hand_owes_its_rewrite_and_is_told(station: Station) -> None:
    """The tags speak of another key then, so nothing is known; the metrics prove what the rewrite did."""
    emulation = station.start("kms-noted", secrets=4)
    first = station.key_in_arm()
    assert station.az(*newer_version()).code == 0
    kid = emulation.world.keyvault.key("shop-kv.vault.emulator.test", "etcd").versions[-1].kid
    assert station.az(*by_hand(kid)).code == 0
    refused = station.az(*ROTATE)
    assert (refused.code, found(refused, "error")) == (4, {"rewrite-unknown"}), refused.output
    assert done(station.az(*REENCRYPT))["secrets"]["proved"] is True and station.stored_under() == {kid}
    assert done(station.az(*ROTATE))["secrets"]["proved"] is True
    assert previous(station) == [(kid, False), (first, None)] and emulation.verdict()["ok"]


def newer_version() -> tuple[str, ...]:
    return ("keyvault", "key", "create", "--vault-name", "shop-kv", "--name", "etcd", "--ops", "encrypt", "decrypt")


def by_hand(kid: str) -> tuple[str, ...]:
    words = ("--enable-azure-keyvault-kms", "--azure-keyvault-kms-key-id", kid)
    return ("aks", "update", *CLUSTER, *words, "--azure-keyvault-kms-key-vault-network-access", "Public", *JSON)


def test_kms_goes_off_after_a_rotation_that_was_stopped_only_when_its_rewrite_is_done(station: Station) -> None:
    """The API servers would forget the key before the present one: secrets under it could never be read again."""
    emulation = station.start("kms-noted", secrets=4)
    first = station.key_in_arm()
    station.az_killed_at({"method": "PATCH", "path": "/secrets/", "hold": "before", "nth": 2}, *ROTATE)
    assert station.stored_under() == {first, station.key_in_arm()}
    off = station.az(*DISABLE, "--accept", "unfinished-run")
    assert done(off)["secrets"]["proved"] is True and station.stored_under() == {"plain"}
    assert emulation.verdict()["ok"], emulation.verdict()


def test_tags_that_somebody_strips_make_the_past_unknown(station: Station) -> None:
    station.start("kms-noted", secrets=4)
    done(station.az(*ROTATE))
    station.cluster().body["tags"].pop("akskv-kms-2")
    seen = station.az(*SHOW)
    assert seen.code == 0 and "key-ledger" in found(seen, "warning"), seen.output
    assert all(each["mayRetire"] is None for each in seen.json["previousKeys"])


def test_a_dry_run_and_bad_keys_change_nothing(station: Station) -> None:
    station.start("kms-noted", secrets=2)
    dry = station.az(*ROTATE, "--dry-run")
    assert (dry.code, dry.json["status"], steps(dry)["create-key-version"]) == (0, "dry-run", "planned"), dry.output
    same = station.az(*ROTATE, "--key", station.key_in_arm())
    assert done(same) and "key-same" in found(same, "warning")
    assert station.az(*ROTATE, "--key", "nothing-like-it").code == 3
    assert not station.changes()


def test_an_endpoint_that_nobody_approved_is_told_and_approved_by_the_next_run(station: Station) -> None:
    """The cluster's identity has no role for it, so AKS's own endpoint stays Pending and the update fails."""
    emulation = station.start("kms-noted", secrets=4, clusters=INTEGRATED)
    key = station.key_in_arm()
    accepting = (*TO_PRIVATE, "--accept", "grant-missing")
    failed = station.az(*accepting)
    assert failed.code == 1 and "waits for approval at shop-kv" in failed.output, failed.output
    assert station.stored_under() == {"plain"} and station.vault()["publicNetworkAccess"] == "Enabled"
    again = station.az(*accepting)
    assert done(again)["secrets"]["proved"] is True and steps(again)["approve-endpoint"] in ("done", "already")
    assert station.stored_under() == {key} and station.vault()["publicNetworkAccess"] == "Disabled"
    assert emulation.verdict()["ok"]


def test_to_private_and_back(station: Station) -> None:
    emulation = station.start("kms-noted", secrets=4, clusters=INTEGRATED)
    key = station.key_in_arm()
    private = station.az(*TO_PRIVATE)
    assert done(private)["secrets"]["proved"] is True
    assert (station.key_in_arm(), station.stored_under()) == (key, {key})
    profile = station.cluster().body["properties"]["securityProfile"]["azureKeyVaultKms"]
    assert profile["keyVaultNetworkAccess"] == "Private" and emulation.verdict()["ok"]
    vault = station.vault()
    assert vault["publicNetworkAccess"] == "Disabled" and "platform's storage encryption alone" in private.output

    public = station.az(*TO_PUBLIC)
    assert done(public)["secrets"]["proved"] is True and station.stored_under() == {key}
    assert station.vault()["publicNetworkAccess"] == "Enabled"
    assert emulation.verdict()["ok"]
    left = station.az(*SHOW)
    assert left.code == 0 and "endpoint-left" in found(left, "warning"), left.output


BROKEN = {
    "expired": (Key(expires_in_days=-1), "extend-key"),
    "disabled": (Key(enabled=False), "enable-key"),
    "deleted": (Key(deleted=True), "recover-key"),
}


@pytest.mark.parametrize("how", BROKEN)
def test_a_key_that_cannot_be_used_is_repaired_before_the_rotation(station: Station, how: str) -> None:
    """The API servers have restarted without their key, and so are down. They ask for it once a minute."""
    key, repair = BROKEN[how]
    station.settings = {"AZURE_AKSKV_WAIT_FACTOR": "0.02"}
    down = (Cluster(kms=Kms(), noted=True, restarted=True),)
    emulation = station.start("kms-noted", secrets=4, vaults=(Vault(keys=(key,)),), clusters=down)
    before = station.key_in_arm()
    station.begin(*ROTATE)
    deadline = time.monotonic() + 60
    while not any(each["site"] == "keyvault" for each in station.changes()):
        assert time.monotonic() < deadline, "nothing was repaired"
        time.sleep(0.05)
    emulation.server.call(lambda: emulation.world.clock.advance(90))
    result = station.end()
    station.settings = {}
    assert done(result)["secrets"]["proved"] is True
    assert list(steps(result))[:2] == [repair, "await-api-server"]
    assert station.key_in_arm() != before and station.stored_under() == {station.key_in_arm()}
    assert emulation.verdict()["ok"]
