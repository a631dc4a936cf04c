"""Deleting a resource group, and what a lock somewhere in it says to that."""

from __future__ import annotations

from emulator.worlds.governance import Lock
from emulator.worlds.spec import Delays
from tests.emulator.arm_client import CLUSTER, CRYPTO_USER, GROUP, SUB, VAULT, Arm, code_of, message_of
from tests.emulator.conftest import Running, StockAz


def test_a_group_goes_with_all_that_is_in_it() -> None:
    client = Arm("kms-on")
    begun = client("DELETE", GROUP)
    assert (begun.status, begun.body) == (202, None)
    where = begun.headers["Location"]
    assert where.startswith(f"https://management.emulator.test{SUB}/operationresults/")
    assert client("GET", GROUP).body["properties"]["provisioningState"] == "Deleting"
    assert (client("GET", where).status, client("GET", where).headers["Location"]) == (202, where)
    client.wait(2)
    over = client("GET", where)
    assert (over.status, over.body, "Location" in over.headers) == (200, None, False)
    for group in (GROUP, f"{SUB}/resourceGroups/MC_shop-rg_shop_westeurope"):
        assert client("HEAD", group).status == 404
    deleted = client("GET", f"{SUB}/providers/Microsoft.KeyVault/deletedVaults").body["value"]
    assert [one["name"] for one in deleted] == ["shop-kv"]
    assert client.world.oracle.violations == []
    grants = client("GET", f"{SUB}/providers/Microsoft.Authorization/roleAssignments").body["value"]
    assert CRYPTO_USER not in str(grants)


def test_a_lock_in_the_group_refuses_its_deletion_with_the_recorded_text() -> None:
    client = Arm(locks=(Lock("keep", "CanNotDelete", "vault/shop-kv"),))
    refused = client("DELETE", GROUP)
    assert code_of(refused) == (409, "ScopeLocked")
    assert message_of(refused) == (
        f"The scope '{GROUP}' cannot perform delete operation because following scope(s) are locked: '{VAULT}'. "
        "Please remove the lock and try again."
    )
    assert client("GET", CLUSTER).body["properties"]["provisioningState"] == "Succeeded"


def test_a_group_that_is_not_there_and_an_operation_that_never_was_are_not_found() -> None:
    client = Arm()
    assert code_of(client("DELETE", f"{GROUP}2")) == (404, "ResourceGroupNotFound")
    assert code_of(client("GET", f"{SUB}/operationresults/nothing")) == (404, "NotFound")


def test_stock_az_deletes_a_group(running: Running, az: StockAz) -> None:
    emulation = running(delays=Delays(update=0.2, retry_after=0.05))
    done = az(emulation, "group", "delete", "-n", "shop-rg", "--yes")
    assert done.code == 0, done.output
    assert az(emulation, "group", "exists", "-n", "shop-rg").output.strip() == "false"
