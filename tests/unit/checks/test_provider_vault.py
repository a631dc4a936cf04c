"""The checks of the vaults that SecretProviderClasses name, and of what is in them."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from azext_akskv.model.mounts.consumer import Mounted
from azext_akskv.model.mounts.secret_class import VaultObject as Asked
from azext_akskv.model.observed import Observed
from azext_akskv.model.provider.reading import read_texts
from azext_akskv.model.snapshot import Snapshot
from azext_akskv.model.vault import Vault
from azext_akskv.model.vault_object import ObjectType, VaultObject
from tests import link_worlds
from tests.builders import NOW, SUBSCRIPTION, TENANT, VAULT, Json, a_cluster, a_vault, vault_json
from tests.class_views import (
    DB_PASS,
    OTHER_CLIENT,
    SHOPS,
    a_class,
    a_view,
    looked_at,
    of_view,
    with_objects,
)
from tests.fakes import FakeWorld
from tests.network_builders import NODE_SUBNET
from tests.unit.checks.verdicts import findings, problem, state

ELSEWHERE = "5c1d2a7e-0000-4000-8000-00000000000e"
UNSEEN: Observed[Any] = Observed.unknown("cannot list: Key Vault Reader is missing")
REFUSED = (
    "RESPONSE 403: 403 Forbidden Public network access is disabled and request is not from a trusted service nor via "
    'an approved private link. "innererror": {"code": "ForbiddenByConnection"} GET https://kv1.vault.azure.net/secrets/a'
)


def test_class_vault() -> None:
    gone = a_class(keyvaultName="kv-gone")
    found = problem("class-vault", looked_at(gone, vaults={"kv-gone": None}))
    assert found.blocks and "shop/spc-db names the vault kv-gone" in found.text and "list-deleted" in found.command
    missing = a_class(keyvaultName="kv-shop-prd")
    there = dataclasses.replace(a_vault(), id=dataclasses.replace(VAULT, names=("kv-shop-prod",)))
    near = looked_at(missing, vaults={"kv-shop-prd": None, "kv-shop-prod": there})
    assert "there is kv-shop-prod" in problem("class-vault", near).text
    assert '"keyvaultName": "kv-shop-prod"' in problem("class-vault", near).command
    view = a_view(missing, vaults={"kv-shop-prd": None})
    listed = dataclasses.replace(view, behind=dataclasses.replace(view.behind, other_vaults=("kv-shop-prod",)))
    assert '"keyvaultName": "kv-shop-prod"' in problem("class-vault", of_view(listed)).command
    unnamed = looked_at(a_class(keyvaultName="https://kv1.vault.azure.net"))
    assert state("class-vault", unnamed) == "ok"  # another check says that it is none
    mounted = (Mounted("shop", "m", "web-1", "spc-db", mounted=True),)
    used = problem("class-vault", looked_at(gone, seen={"mounted": mounted}, vaults={"kv-gone": None}))
    assert not used.blocks and "not seen" in used.why


@pytest.mark.parametrize("code", ["class-vault", "class-tenant", "vault-object", "class-network", "class-grant"])
def test_a_vault_that_cannot_be_read_hides_nothing_of_others(code: str) -> None:
    """Each says so for its class, and goes on with the next."""
    other = a_class("spc-other", keyvaultName="kv2")
    [unseen] = findings(code, looked_at(a_class(), other, vaults={"kv1": a_vault(), "kv2": UNSEEN}))
    assert unseen.state.value == "unknown" and unseen.text == f"shop/spc-other: {UNSEEN.gap}"
    both = looked_at(a_class(keyvaultName="kv-gone"), other, vaults={"kv-gone": None, "kv2": UNSEEN})
    assert [each.state.value for each in findings("class-vault", both)] == ["error", "unknown"]


def test_class_tenant() -> None:
    workload = a_class(clientID=OTHER_CLIENT, tenantID=ELSEWHERE)
    found = problem("class-tenant", looked_at(workload))
    assert found.blocks and ELSEWHERE in found.text and f'"tenantID": "{TENANT}"' in found.command
    node = problem("class-tenant", looked_at(a_class(tenantID=ELSEWHERE)))
    assert not node.blocks and "does not look at it" in node.why
    old = problem("class-tenant", looked_at(a_class(clientID=OTHER_CLIENT, tenantID=None, tenantId=ELSEWHERE)))
    assert '"tenantId": null' in old.command
    assert state("class-tenant", looked_at(a_class(tenantID=TENANT.upper()))) == "ok"


def test_class_tenant_of_cluster_and_vault() -> None:
    moved = looked_at(a_class(tenantID=ELSEWHERE), vaults={"kv1": a_vault(tenantId=ELSEWHERE)})
    found = problem("class-tenant", moved)
    assert found.blocks and "AKV10032" in found.why and f"--set properties.tenantId={TENANT}" in found.command
    far = dataclasses.replace(VAULT, subscription=SUBSCRIPTION.replace("1", "9"))
    foreign = dataclasses.replace(a_vault(tenantId=ELSEWHERE), id=far)
    shown = problem("class-tenant", looked_at(a_class(tenantID=ELSEWHERE), vaults={"kv1": foreign}))
    assert "keyvault show" in shown.command
    workload = a_class(clientID=OTHER_CLIENT, tenantID=ELSEWHERE)
    theirs = dataclasses.replace(SHOPS, tenant=ELSEWHERE)
    assert state("class-tenant", looked_at(workload, vaults={"kv1": foreign}, identities=(theirs,))) == "ok"
    assert problem("class-tenant", looked_at(workload, vaults={"kv1": foreign})).blocks
    assert state("class-tenant", looked_at(a_class(clientID=OTHER_CLIENT), identities=UNSEEN)) == "unknown"


def closed(**properties: Any) -> dict[str, Vault]:
    return {"kv1": a_vault(vault_json(public="Disabled"), **properties)}


def test_class_network() -> None:
    found = problem("class-network", looked_at(vaults=closed()))
    assert not found.blocks and "no private endpoint" in found.text and "cause 4" in found.why
    assert "aks kv diagnose --resource-group rg1" in found.command and "--category privatelink" in found.command
    view = a_view(vaults=closed())
    proven = problem("class-network", of_view(dataclasses.replace(view, texts=read_texts([f"E1128 {REFUSED}"]))))
    assert proven.blocks and "ForbiddenByConnection" in proven.text
    other = dataclasses.replace(view, texts=read_texts([f"E1128 {REFUSED.replace('kv1.', 'kv2.')}"]))
    assert not problem("class-network", of_view(other)).blocks


FIREWALLED = (
    "RESPONSE 403: 403 Forbidden Client address is not authorized and caller is not a trusted service. Client address: "
    '20.50.60.70 "innererror": {"code": "ForbiddenByFirewall"} GET https://kv1.vault.azure.net/secrets/a'
)


def test_class_network_offers_what_lets_the_nodes_in() -> None:
    """fix-privatelink needs an endpoint that counts."""
    for status, offered in (("Approved", "fix-privatelink"), ("Disconnected", "private-endpoint create")):
        vaults = closed(privateEndpointConnections=[link_worlds.connection(status=status)])
        command = problem("class-network", of_view(a_view(vaults=vaults), cluster=pools_in(str(NODE_SUBNET)))).command
        assert offered in command and str(VAULT) in command
    made = problem("class-network", of_view(a_view(vaults=closed()), cluster=pools_in(str(NODE_SUBNET)))).command
    assert f"--vnet-name {NODE_SUBNET.names[0]} --subnet {NODE_SUBNET.name}" in made and "--name kv1-pe" in made
    view = a_view(vaults={"kv1": a_vault(networkAcls={"defaultAction": "Deny"})})
    told = dataclasses.replace(view, texts=read_texts([f"E1128 {FIREWALLED}"]))
    assert "network-rule add --ip-address 20.50.60.70" in problem("class-network", of_view(told)).command


def pools_in(subnet: str) -> Any:
    return a_cluster(agentPoolProfiles=[{"name": "nodepool1", "osType": "Linux", "vnetSubnetID": subnet}])


def test_class_network_of_a_firewall() -> None:
    rules: Json = {"defaultAction": "Deny", "virtualNetworkRules": [{"id": str(NODE_SUBNET).upper()}]}
    view = a_view(vaults={"kv1": a_vault(networkAcls=rules)})
    assert state("class-network", of_view(view, cluster=pools_in(str(NODE_SUBNET)))) == "ok"
    found = problem("class-network", of_view(view, cluster=pools_in(f"{NODE_SUBNET}2")))
    assert not found.blocks and "open to some networks alone" in found.text
    assert problem("class-network", of_view(view)).text == found.text  # nodes in AKS's own network


def listed(*things: VaultObject, **unseen: Observed[Any]) -> dict[tuple[str, ObjectType], Any]:
    found = {("kv1", of): tuple(each for each in things if each.type is of) for of in ObjectType}
    return {**found, **{("kv1", ObjectType(name)): gap for name, gap in unseen.items()}}


def test_vault_object() -> None:
    gone = problem("vault-object", looked_at(objects=listed()))
    assert gone.blocks and "kv1 has no secret db-pass, which shop/spc-db names" in gone.text
    assert "az keyvault secret list-deleted --vault-name kv1" in gone.command
    near = problem("vault-object", looked_at(objects=listed(dataclasses.replace(DB_PASS, name="db-pas"))))
    assert "it has db-pas" in near.text and "objectName: db-pas\\n" in near.command
    key = problem("vault-object", looked_at(objects=listed(dataclasses.replace(DB_PASS, type=ObjectType.KEY))))
    assert "but a key of that name" in key.text and "objectType: key" in key.why
    assert "objectName: db-pass\\n objectType: key\\n" in key.command
    certificate = dataclasses.replace(DB_PASS, type=ObjectType.CERT)
    assert state("vault-object", looked_at(objects=listed(certificate))) == "ok"
    named = with_objects(a_class(), Asked(0, "db_pass", "secret"))
    illegal = problem("vault-object", looked_at(named))
    assert illegal.blocks and "'db_pass'" in illegal.text and "BadParameter" in illegal.why


def test_vault_object_disabled_and_outside_its_time() -> None:
    off = dataclasses.replace(DB_PASS, enabled=False)
    found = problem("vault-object", looked_at(objects=listed(off)))
    assert found.blocks and "set-attributes --vault-name kv1 --name db-pass --enabled true" in found.command
    history = with_objects(a_class(), Asked(0, "db-pass", "secret", history=2))
    assert not problem("vault-object", looked_at(history, objects=listed(off))).blocks
    past = dataclasses.replace(DB_PASS, expires=NOW - timedelta(days=1))
    expired = problem("vault-object", looked_at(objects=listed(past)))
    assert not expired.blocks and "expired on 2026-11-21" in expired.text and "all the same" in expired.why
    ahead = dataclasses.replace(DB_PASS, not_before=NOW + timedelta(days=2))
    assert "valid from 2026-11-24 on" in problem("vault-object", looked_at(objects=listed(ahead))).text


def test_vault_object_of_a_version() -> None:
    one = with_objects(a_class(), Asked(0, "db-pass", "secret", version="A1"))
    key = ("kv1", ObjectType.SECRET, "db-pass")
    versions = tuple(dataclasses.replace(DB_PASS, version=each) for each in ("b2", "a1"))
    assert state("vault-object", looked_at(one, versions={key: versions})) == "ok"
    gone = problem("vault-object", looked_at(one, versions={key: versions[:1]}))
    assert gone.blocks and "no version 'a1'" in gone.text and "the newest enabled one is b2" in gone.text
    off = problem("vault-object", looked_at(one, versions={key: (dataclasses.replace(versions[1], enabled=False),)}))
    assert off.blocks and off.command.endswith("--version a1")
    assert state("vault-object", looked_at(one, versions={key: UNSEEN})) == "unknown"
    assert state("vault-object", looked_at(one)) == "unknown"
    latest = with_objects(a_class(), Asked(0, "db-pass", "secret", version="latest", history=2))
    assert state("vault-object", looked_at(latest)) == "ok"


def test_vault_object_says_once_what_cannot_be_listed_and_goes_on() -> None:
    one = with_objects(
        a_class(), Asked(0, "db-pass", "secret"), Asked(1, "api", "secret"), Asked(2, "k", "key"), Asked(3, "", "key")
    )
    found = findings("vault-object", looked_at(one, objects=listed(secret=UNSEEN)))
    assert [each.state.value for each in found] == ["unknown", "error"]
    closed_certificates = looked_at(objects=listed(cert=UNSEEN))
    assert "kv1 has no secret db-pass" in problem("vault-object", closed_certificates).text


def between(folder: Path, world: Callable[[Path], FakeWorld], **connected: Any) -> Snapshot:
    """What `fix-privatelink` sees between nodes and vault, with a class that names the vault."""
    snapshot = link_worlds.seen(world(folder))
    vault = dataclasses.replace(snapshot.vault.get() or a_vault(), **connected)
    return dataclasses.replace(snapshot, provider=Observed(a_view(vaults={"kv1": vault})))


def test_class_network_of_what_lies_between(tmp_path: Path) -> None:
    assert state("class-network", between(tmp_path / "well", link_worlds.well)) == "ok"
    cut = problem("class-network", between(tmp_path / "cut", link_worlds.without_link))
    assert cut.blocks and "1 private endpoint approved: it takes to link" in cut.text
    waits = problem("class-network", between(tmp_path / "waits", link_worlds.pending))
    assert not waits.blocks and "no private endpoint" in waits.text
    other = dataclasses.replace(VAULT, names=("kv2",))
    assert not problem("class-network", between(tmp_path / "other", link_worlds.well, id=other)).blocks
