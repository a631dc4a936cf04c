"""Who may read secrets, keys and certificates, in either access model, and the least that is lacking."""

from __future__ import annotations

import pytest

from azext_akskv.model import access
from azext_akskv.model.access import ROLE_NAMES, Grant
from azext_akskv.model.governance import Permission
from azext_akskv.model.reading import (
    DATA_ACTIONS,
    LEAST_ROLE,
    May,
    PolicyLacking,
    Reading,
    RoleLacking,
    Wish,
    least,
    may_read,
    undefined,
)
from azext_akskv.model.tenancy import Tenants, tenants_of
from azext_akskv.model.vault import Vault
from azext_akskv.model.vault_object import ObjectType
from tests.builders import PRINCIPAL, TENANT, a_cluster, a_grant, a_vault, an_identity, vault_json

SECRET, KEY, CERT = ObjectType
RBAC, POLICIES = a_vault(), a_vault(vault_json(rbac=False))
OTHER = "5c1d2a7e-0000-4000-8000-0000000000bb"
OWN_ROLE = "aaaaaaaa-0000-4000-8000-000000000001"

READERS = {
    access.KEY_VAULT_ADMINISTRATOR: {SECRET, KEY, CERT},
    access.KEY_VAULT_SECRETS_USER: {SECRET},
    access.KEY_VAULT_SECRETS_OFFICER: {SECRET},
    access.KEY_VAULT_CERTIFICATE_USER: {SECRET, KEY, CERT},
    access.KEY_VAULT_CERTIFICATES_OFFICER: {CERT},
    access.KEY_VAULT_CRYPTO_OFFICER: {KEY},
    access.KEY_VAULT_CRYPTO_USER: {KEY},
    access.KEY_VAULT_CRYPTO_SERVICE_USER: {KEY},
    access.KEY_VAULT_READER: {KEY, CERT},
    access.KEY_VAULT_CONTRIBUTOR: set(),
    access.READER: set(),
    access.CONTRIBUTOR: set(),
    access.OWNER: set(),
}


def test_every_role_that_has_a_name_has_a_row() -> None:
    assert READERS.keys() == DATA_ACTIONS.keys() == ROLE_NAMES.keys()


@pytest.mark.parametrize("history", [False, True])
@pytest.mark.parametrize("of", ObjectType)
@pytest.mark.parametrize("role", READERS, ids=ROLE_NAMES.get)
def test_a_role_lets_read_what_its_data_actions_say(role: str, of: ObjectType, history: bool) -> None:
    found = may_read(RBAC, (a_grant(role),), PRINCIPAL, Wish(of, history))
    if of in READERS[role]:
        assert (found.may, found.lacking) == (May.YES, None) and found.by.startswith(f"{ROLE_NAMES[role]} at ")
    else:
        assert found == Reading(May.NO, RoleLacking(LEAST_ROLE[of]))


@pytest.mark.parametrize("of", ObjectType)
def test_the_least_role_would_do(of: ObjectType) -> None:
    lacking = may_read(RBAC, (), PRINCIPAL, Wish(of, history=True)).lacking
    assert isinstance(lacking, RoleLacking)
    assert may_read(RBAC, (a_grant(lacking.role),), PRINCIPAL, Wish(of, history=True)).may is May.YES


def test_roles_that_cannot_be_read_are_unknown() -> None:
    found = may_read(RBAC, None, PRINCIPAL, Wish(SECRET))
    assert (found.may, found.lacking) == (May.UNKNOWN, RoleLacking(access.KEY_VAULT_SECRETS_USER)) and found.why


def test_a_role_of_somebodys_own_is_unknown_until_its_definition_is_read() -> None:
    grants = (a_grant(access.READER), a_grant(OWN_ROLE))
    assert undefined(grants) == {OWN_ROLE}
    found = may_read(RBAC, grants, PRINCIPAL, Wish(SECRET))
    assert found.may is May.UNKNOWN and OWN_ROLE in found.why
    gives = {OWN_ROLE: (Permission(("microsoft.keyvault/vaults/secrets/getsecret/*",)),)}
    read = may_read(RBAC, grants, PRINCIPAL, Wish(SECRET), gives)
    assert read.may is May.YES and read.by.startswith(OWN_ROLE)
    assert may_read(RBAC, grants, PRINCIPAL, Wish(SECRET, history=True), gives).may is May.NO
    no_data = {OWN_ROLE: (Permission(("*",), ("*/getSecret/action",)),)}
    assert may_read(RBAC, grants, PRINCIPAL, Wish(SECRET), no_data).may is May.NO
    assert may_read(RBAC, grants, PRINCIPAL, Wish(KEY), no_data).may is May.YES


def test_an_unknown_role_beside_one_that_does_is_no_matter() -> None:
    grants = (a_grant(OWN_ROLE), a_grant(access.KEY_VAULT_SECRETS_USER))
    found = may_read(RBAC, grants, PRINCIPAL, Wish(SECRET))
    assert found.may is May.YES and OWN_ROLE not in found.by


def test_two_roles_together_may_do() -> None:
    half = {OWN_ROLE: (Permission(("Microsoft.KeyVault/vaults/secrets/getSecret/action",)),)}
    grants = (a_grant(OWN_ROLE), a_grant(access.KEY_VAULT_READER))
    found = may_read(RBAC, grants, PRINCIPAL, Wish(SECRET, history=True), half)
    assert found.may is May.YES and found.by.count(" at ") == 2


def test_in_the_other_model_neither_means_anything() -> None:
    assert may_read(POLICIES, (a_grant(access.KEY_VAULT_ADMINISTRATOR),), PRINCIPAL, Wish(SECRET)).may is May.NO
    document = vault_json() | {
        "properties": {**vault_json()["properties"], "accessPolicies": [a_policy(secrets=["get"])]}
    }
    assert may_read(a_vault(document), (), PRINCIPAL, Wish(SECRET)).may is May.NO


def a_policy(principal: str = PRINCIPAL, application: str | None = None, **permissions: list[str]) -> dict[str, object]:
    return {"tenantId": TENANT, "objectId": principal, "applicationId": application, "permissions": permissions}


def with_policies(*policies: dict[str, object]) -> Vault:
    return a_vault(vault_json(rbac=False), accessPolicies=list(policies))


@pytest.mark.parametrize(("of", "kind"), [(SECRET, "secrets"), (KEY, "keys"), (CERT, "certificates")])
def test_a_policy_lets_read_what_its_permissions_say(of: ObjectType, kind: str) -> None:
    kinds = {"secrets", "keys", "certificates"}
    get, list_too = with_policies(a_policy(**{kind: ["Get"]})), with_policies(a_policy(**{kind: ["get", "List"]}))
    assert may_read(get, None, PRINCIPAL.upper(), Wish(of)).may is May.YES
    assert may_read(get, None, PRINCIPAL, Wish(of, True)) == Reading(May.NO, PolicyLacking(kind, frozenset({"list"})))
    assert may_read(list_too, None, PRINCIPAL, Wish(of, True)).may is May.YES
    assert may_read(with_policies(a_policy(**{kind: ["all"]})), None, PRINCIPAL, Wish(of, True)).may is May.YES
    elsewhere = with_policies(a_policy(**{each: ["get"] for each in kinds - {kind}}))
    assert may_read(elsewhere, None, PRINCIPAL, Wish(of)).lacking == PolicyLacking(kind, frozenset({"get"}))


def test_policies_of_a_principal_add_up_and_one_by_an_application_is_none() -> None:
    both = with_policies(a_policy(secrets=["get"]), a_policy(secrets=["list"]))
    assert may_read(both, None, PRINCIPAL, Wish(SECRET, True)).may is May.YES
    by_way_of = with_policies(a_policy(application=OTHER, secrets=["get"]))
    assert may_read(by_way_of, None, PRINCIPAL, Wish(SECRET)) == Reading(
        May.NO, PolicyLacking("secrets", frozenset({"get"}))
    )


def test_others_whose_policies_would_do_are_told_for_they_may_be_groups() -> None:
    vault = with_policies(a_policy(OTHER, secrets=["get"]), a_policy("x", secrets=["list"]), a_policy(secrets=["list"]))
    found = may_read(vault, None, PRINCIPAL, Wish(SECRET))
    assert (found.may, found.others) == (May.NO, (OTHER,))
    assert may_read(vault, None, OTHER, Wish(SECRET)).others == ()


def test_what_is_lacking_is_told_in_words() -> None:
    assert str(RoleLacking(access.KEY_VAULT_SECRETS_USER)) == "the role Key Vault Secrets User"
    both = PolicyLacking("secrets", frozenset({"list", "get"}))
    assert str(both) == "get and list on secrets in an access policy"


def test_the_least_for_several_leaves_out_what_another_gives() -> None:
    def lacking(vault: Vault, *wishes: Wish) -> tuple[str, ...]:
        return tuple(map(str, least([may_read(vault, (), PRINCIPAL, each) for each in wishes])))

    assert lacking(RBAC, Wish(SECRET)) == ("the role Key Vault Secrets User",)
    assert lacking(RBAC, Wish(SECRET), Wish(CERT)) == ("the role Key Vault Certificate User",)
    assert lacking(RBAC) == ()
    assert lacking(POLICIES, Wish(SECRET), Wish(KEY), Wish(SECRET, history=True)) == (
        "get and list on secrets in an access policy",
        "get on keys in an access policy",
    )


def test_grants_above_the_vault_count() -> None:
    above = Grant(access.KEY_VAULT_SECRETS_USER, "/subscriptions/s", PRINCIPAL)
    assert may_read(RBAC, (above,), PRINCIPAL, Wish(SECRET)).by == "Key Vault Secrets User at /subscriptions/s"


def test_tenants_are_apart_or_not_or_not_known() -> None:
    own = tenants_of(a_vault(), a_cluster(), an_identity())
    assert own == Tenants(TENANT, TENANT, TENANT) and own.apart is False
    assert tenants_of(a_vault(tenantId=TENANT.upper()), a_cluster()).apart is False
    foreign = tenants_of(a_vault(tenantId=OTHER), a_cluster(), an_identity())
    assert (foreign.apart, foreign.reader) == (True, TENANT)
    assert tenants_of(a_vault()).apart is None and tenants_of(a_vault(tenantId=None), a_cluster()).apart is None
