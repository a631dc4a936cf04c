"""The checks of as whom the provider reads for each SecretProviderClass, and of what that one may."""

from __future__ import annotations

import dataclasses
import shlex
from datetime import timedelta
from typing import Any

import pytest

from azext_akskv.model.access import KEY_VAULT_CERTIFICATE_USER, KEY_VAULT_READER, Grant
from azext_akskv.model.addon import Addon, Issuer
from azext_akskv.model.federation import FederatedCredential, subject_of
from azext_akskv.model.finding import Finding
from azext_akskv.model.governance import Permission
from azext_akskv.model.mounts.consumer import ClassVolume
from azext_akskv.model.mounts.installed import Node
from azext_akskv.model.mounts.secret_class import VaultObject as Asked
from azext_akskv.model.mounts.synced import ServiceAccount
from azext_akskv.model.observed import Observed
from azext_akskv.model.scale_set import NodeIdentity
from tests.builders import NOW, TENANT, a_cluster, a_vault, policy
from tests.class_views import (
    ADDON_ID,
    CLIENT,
    FEDERATED,
    ISSUER,
    KUBELETS,
    OBJECT,
    ON_NODES,
    OTHER_CLIENT,
    OTHER_OBJECT,
    SHOP_ID,
    WORKLOAD_MODE,
    a_class,
    a_pod,
    a_pool,
    a_role,
    a_view,
    looked_at,
    of_view,
    with_objects,
)
from tests.unit.checks.verdicts import findings, problem, state

UNSEEN: Observed[Any] = Observed.unknown("cannot read them: a right is missing")
UNKNOWN_CLIENT = "5c1d2a7e-0000-4000-8000-0000000000c9"
NO_ADDON = {"addon": Addon()}


def as_node(said: str | None) -> Any:
    return a_class(useVMManagedIdentity="true", userAssignedIdentityID=said)


def test_class_identity() -> None:
    """The node's managed identity."""
    gpu = a_pool("gpu", KUBELETS)
    nodes = (Node("node-1", "linux", "gpu"),)
    found = problem("class-identity", looked_at(seen={"nodes": nodes}, scale_sets=(a_pool(), gpu)))
    assert found.blocks and "is not on the nodes of the pool gpu" in found.text and "cause 3" in found.why
    assert "az vmss identity assign" in found.command and gpu.id.name in found.command
    assert f"--identities {ADDON_ID}" in found.command
    assert state("class-identity", looked_at(scale_sets=(a_pool(), gpu))) == "ok"  # none of its pods is there
    nobody = looked_at(seen={"consumers": ()}, scale_sets=(gpu, a_pool("gpu2", KUBELETS)))
    assert "the pools gpu, gpu2" in problem("class-identity", nobody).text
    assert problem("class-identity", nobody).command.count("az vmss identity assign") == 2


@pytest.mark.parametrize("said", [OBJECT, str(ADDON_ID), "azurekeyvaultsecretsprovider-PROD"])
def test_class_identity_that_is_no_client_id(said: str) -> None:
    found = problem("class-identity", looked_at(as_node(said)))
    assert found.blocks and "not its client id" in found.text
    assert f'"userAssignedIdentityID": "{CLIENT}"' in found.command


def test_class_identity_of_nobody() -> None:
    found = problem("class-identity", looked_at(as_node(UNKNOWN_CLIENT)))
    assert found.blocks and f"that of the add-on is {CLIENT}" in found.text
    assert f'"userAssignedIdentityID": "{CLIENT}"' in found.command
    alone = problem("class-identity", looked_at(as_node(UNKNOWN_CLIENT), **NO_ADDON))
    assert shlex.split(alone.command)[-1] == f"[?clientId=='{UNKNOWN_CLIENT}'].id"


def test_class_identity_without_a_name() -> None:
    found = problem("class-identity", looked_at(as_node(None)))
    assert found.blocks and "have 2 identities" in found.text and CLIENT in found.command
    assert state("class-identity", looked_at(as_node(None), scale_sets=(a_pool("nodepool1", ON_NODES),))) == "ok"
    of_system = (a_pool(system=OTHER_OBJECT),)
    assert state("class-identity", looked_at(as_node(None), scale_sets=of_system)) == "ok"
    ignored = problem("class-identity", looked_at(a_class(clientID=OTHER_CLIENT, **as_node(CLIENT).parameters)))
    assert not ignored.blocks and '"clientID": null' in ignored.command


def test_class_identity_on_machines_without_scale_set() -> None:
    cluster = a_cluster(agentPoolProfiles=[{"name": "nodepool1", "type": "VirtualMachines"}])
    [found] = findings("class-identity", of_view(a_view(scale_sets=()), cluster=cluster))
    assert found.state.value == "unknown" and "the pool nodepool1" in found.text
    assert state("class-identity", looked_at(scale_sets=UNSEEN)) == "unknown"
    assert state("class-identity", looked_at(seen={"nodes": UNSEEN})) == "unknown"


def workload(*pods: Any, credentials: Any = (FEDERATED,), **more: Any) -> Any:
    return looked_at(
        a_class(**WORKLOAD_MODE),
        seen={"consumers": pods or (a_pod(),), **more.pop("seen", {})},
        federated={OTHER_CLIENT: credentials},
        **more,
    )


def test_class_identity_of_a_workload() -> None:
    assert state("class-identity", workload()) == "ok"
    off = problem("class-identity", workload(issuer=Issuer(False, "")))
    assert off.blocks and "--enable-oidc-issuer" in off.command
    half = problem("class-identity", workload(workload_identity=False))
    assert not half.blocks and "--enable-workload-identity" in half.command


def test_class_identity_of_a_workload_whose_client_is_not_seen() -> None:
    [unseen] = findings("class-identity", looked_at(a_class(clientID=UNKNOWN_CLIENT), seen={"consumers": ()}))
    assert unseen.state.value == "unknown" and UNKNOWN_CLIENT in unseen.text and "700016" in unseen.why
    mistaken = problem("class-identity", looked_at(a_class(clientID=OTHER_OBJECT), seen={"consumers": ()}))
    assert mistaken.blocks and f'"clientID": "{OTHER_CLIENT}"' in mistaken.command
    assert state("class-identity", workload(identities=UNSEEN)) == "unknown"
    assert state("class-identity", workload(credentials=UNSEEN)) == "unknown"


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"issuer": ISSUER.rstrip("/")}, "the issuer (the slash at its end)"),
        ({"issuer": ISSUER.replace("cluster", "gone")}, "the issuer: "),
        ({"subject": subject_of("shop", "Web")}, "the subject (upper and lower case)"),
        ({"audiences": ("api://other",)}, "the audience: 'api://other'"),
    ],
)
def test_class_identity_of_a_federated_credential_that_differs(changed: dict[str, Any], told: str) -> None:
    found = problem("class-identity", workload(credentials=(dataclasses.replace(FEDERATED, **changed),)))
    assert found.blocks and told in found.text and found.text.count(";") == 0
    assert "federated-credential update" in found.command and "--name shop-web" in found.command
    for word in (ISSUER, subject_of("shop", "web"), "api://AzureADTokenExchange", SHOP_ID.name, "rg-shop"):
        assert word in found.command


def test_class_identity_without_federated_credential() -> None:
    other = dataclasses.replace(FEDERATED, subject=subject_of("shop", "api"))
    found = problem("class-identity", workload(credentials=(other,)))
    assert found.blocks and "for system:serviceaccount:shop:web (1 other)" in found.text
    assert "federated-credential create" in found.command and "--name shop-web" in found.command
    many = tuple(FederatedCredential(f"c{n}", ISSUER, subject_of("shop", f"sa{n}")) for n in range(20))
    assert "which is all" in problem("class-identity", workload(credentials=many)).why
    expressed = FederatedCredential("all", ISSUER, "", expression="claims['sub'] matches 'x'")
    assert state("class-identity", workload(credentials=(expressed,))) == "unknown"
    nobody = looked_at(a_class(**WORKLOAD_MODE), seen={"consumers": ()}, federated={OTHER_CLIENT: ()})
    assert not problem("class-identity", nobody).blocks


def test_class_identity_of_labels_and_annotations() -> None:
    found = problem("class-identity", workload(a_pod(use_workload_identity=None)))
    assert not found.blocks and "shop/web-1" in found.text and "azure.workload.identity/use" in found.text
    bare = problem("class-identity", workload(seen={"accounts": (ServiceAccount("shop", "web"),)}))
    assert not bare.blocks and f"azure.workload.identity/client-id={OTHER_CLIENT}" in bare.command
    other = (ServiceAccount("shop", "web", CLIENT, TENANT),)
    assert f"names '{CLIENT}'" in problem("class-identity", workload(seen={"accounts": other})).text
    assert state("class-identity", workload(seen={"accounts": UNSEEN})) == "unknown"


def test_class_identity_of_a_binding() -> None:
    """Its federated credentials are AKS's own affair."""
    bound = a_class(useAzureTokenProxy="true", useVMManagedIdentity="false", clientID=OTHER_CLIENT)
    assert state("class-identity", looked_at(bound, federated={})) == "ok"
    without = a_class(useAzureTokenProxy="true", useVMManagedIdentity="false")
    assert "has no clientID" in problem("class-identity", looked_at(without)).text


def test_class_identity_of_pod_identity() -> None:
    found = problem("class-identity", looked_at(a_class(usePodIdentity="true")))
    assert found.blocks and "retired" in found.text and "cause 1" in found.why
    assert '"usePodIdentity": "false", "useVMManagedIdentity": "true"' in found.command
    assert "kubectl edit" in problem("class-identity", looked_at(a_class(usePodIdentity="true"), **NO_ADDON)).command


def test_class_identity_of_a_service_principal() -> None:
    one = a_class(useVMManagedIdentity="false")
    found = problem("class-identity", looked_at(one))
    assert found.blocks and "shop/web-1" in found.text and CLIENT in found.command
    volume = ClassVolume("kv", "spc-db", read_only=True, publish_secret="sp")
    assert state("class-identity", looked_at(one, seen={"consumers": (a_pod(volumes=(volume,)),)})) == "ok"
    assert not problem("class-identity", looked_at(one, seen={"consumers": ()})).blocks


def of_grants(*grants: Grant, **more: Any) -> Any:
    return looked_at(*more.pop("classes", ()), grants={("kv1", OBJECT): grants}, **more)


def test_class_grant() -> None:
    found = problem("class-grant", of_grants())
    assert found.blocks and "may not read secrets of kv1, which shop/spc-db names" in found.text
    assert CLIENT in found.text and OBJECT in found.text and "ForbiddenByRbac" in found.why
    assert "--role 'Key Vault Secrets User'" in found.command and f"--assignee-object-id {OBJECT}" in found.command
    assert problem("class-grant", of_grants(a_role(KEY_VAULT_READER))).blocks
    both = with_objects(a_class(), Asked(0, "a", "secret"), Asked(1, "b", "cert"), Asked(2, "c", "key"))
    most = problem("class-grant", of_grants(classes=(both,)))
    assert "secrets and keys and certificates" in most.text and "--role 'Key Vault Certificate User'" in most.command
    assert state("class-grant", of_grants(a_role(KEY_VAULT_CERTIFICATE_USER), classes=(both,))) == "ok"
    workload_class = a_class(**WORKLOAD_MODE)
    assert state("class-grant", looked_at(workload_class)) == "ok"
    theirs = problem("class-grant", looked_at(workload_class, grants={("kv1", OTHER_OBJECT): ()}))
    assert OTHER_CLIENT in theirs.text and OTHER_OBJECT in theirs.command


def test_class_grant_on_single_things() -> None:
    """A role may be given on one secret: it lets nobody read another one."""
    both = with_objects(a_class(), Asked(0, "a", "secret"), Asked(1, "b", "secret"))
    on = {name: dataclasses.replace(a_role(), scope=f"{a_vault().id}/secrets/{name}") for name in ("A", "b", "ab")}
    assert state("class-grant", of_grants(on["A"], on["b"], classes=(both,))) == "ok"
    assert problem("class-grant", of_grants(on["A"], on["ab"], classes=(both,))).blocks
    managed = dataclasses.replace(a_role(), scope="/providers/Microsoft.Management/managementGroups/all")
    root = dataclasses.replace(a_role(), scope="/")
    assert {state("class-grant", of_grants(each, classes=(both,))) for each in (managed, root)} == {"ok"}


def by_policies(*policies: Any, **more: Any) -> Finding:
    vaults = {"kv1": a_vault(enableRbacAuthorization=False, accessPolicies=list(policies))}
    return problem("class-grant", looked_at(*more.pop("classes", ()), vaults=vaults, **{"grants": {}, **more}))


def test_class_grant_by_policies() -> None:
    keys = {**policy(OBJECT), "permissions": {"secrets": ["List"], "keys": ["Sign"]}}
    found = by_policies(keys)
    assert found.blocks and "AccessDenied" in found.why and "A role would have no effect" in found.why
    assert "az keyvault set-policy" in found.command and "--secret-permissions get list" in found.command
    with_roles = by_policies(grants={("kv1", OBJECT): (a_role(),)})
    assert "It has the role Key Vault Secrets User, which has no effect" in with_roles.why
    both = with_objects(a_class(), Asked(0, "a", "secret"), Asked(1, "b", "key", history=2))
    command = by_policies(keys, classes=(both,)).command
    assert "--secret-permissions get list" in command and "--key-permissions get list sign" in command
    group = by_policies({**policy(OTHER_OBJECT), "permissions": {"secrets": ["get"]}})
    assert not group.blocks and OTHER_OBJECT in group.why
    good = a_vault(enableRbacAuthorization=False, accessPolicies=[{**keys, "permissions": {"secrets": ["all"]}}])
    assert state("class-grant", looked_at(vaults={"kv1": good})) == "ok"


def test_class_grant_by_a_policy_in_a_vault_of_roles() -> None:
    vault = a_vault(accessPolicies=[{**policy(OBJECT), "permissions": {"secrets": ["get"]}}])
    found = problem("class-grant", of_grants(vaults={"kv1": vault}))
    assert found.blocks and "It has an access policy, which has no effect" in found.why


def test_class_grant_that_is_young() -> None:
    young = a_role(created=NOW - timedelta(minutes=3))
    found = problem("class-grant", of_grants(young))
    assert not found.blocks and "still be on its way" in found.why
    assert state("class-grant", of_grants(dataclasses.replace(young, created=NOW - timedelta(minutes=11)))) == "ok"
    assert state("class-grant", of_grants(young, a_role())) == "ok"


def test_class_grant_that_is_not_known() -> None:
    [unseen] = findings("class-grant", looked_at(grants={("kv1", OBJECT): UNSEEN}))
    assert unseen.state.value == "unknown" and "a right is missing" in unseen.text
    own = a_role("5c1d2a7e-0000-4000-8000-00000000dddd")
    assert state("class-grant", of_grants(own)) == "unknown"
    reads = (Permission(("Microsoft.KeyVault/vaults/secrets/getSecret/action",)),)
    assert state("class-grant", of_grants(own, definitions={own.role: reads})) == "ok"
    assert problem("class-grant", of_grants(own, definitions={own.role: ()})).blocks
    assert state("class-grant", of_grants(classes=(as_node(UNKNOWN_CLIENT),))) == "unknown"
    assert state("class-grant", looked_at(as_node(UNKNOWN_CLIENT), scale_sets=UNSEEN)) == "unknown"
    assert state("class-grant", looked_at(scale_sets=UNSEEN)) == "ok"  # the cluster's profile tells of the add-on's
    assert state("class-grant", looked_at(a_class(useVMManagedIdentity="false"))) == "unknown"


def test_class_grant_of_the_nodes_only_identity() -> None:
    only = (a_pool("nodepool1", NodeIdentity(ADDON_ID, CLIENT, OBJECT)),)
    assert (
        "the identity of the nodes" in problem("class-grant", of_grants(classes=(as_node(None),), scale_sets=only)).text
    )
    torn = looked_at(as_node(None))
    assert state("class-grant", torn) == "unknown"
