"""Keys: through ARM, else at the vault itself; a vault's token goes to that vault alone."""

from __future__ import annotations

import base64
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from azext_akskv.failures import Conflict, Denied, Missing, Rejected
from azext_akskv.gateways.keys import VaultKeys
from azext_akskv.model.ids import KeyId
from azext_akskv.model.key import KeyVersion
from azext_akskv.model.vault import Vault
from tests.unit.gateways.conftest import ClientsOfService, Reply, Service, a_vault

V1, V2 = "1" * 32, "2" * 32
ALL_OPERATIONS = ["encrypt", "decrypt", "sign", "verify", "wrapKey", "unwrapKey"]
REFUSED = Reply(403, {"error": {"code": "AuthorizationFailed", "message": "no read on vaults/keys."}})
CREATED = datetime(2026, 11, 1, tzinfo=timezone.utc)
ATTRIBUTES = {"enabled": True, "created": int(CREATED.timestamp()), "exp": int(CREATED.timestamp()) + 86400}


def arm_key(version: str = V2, **properties: Any) -> dict[str, Any]:
    uri = "https://kv1.vault.azure.net:443/keys/kms"
    return {
        "id": "/subscriptions/s/resourceGroups/rg1/providers/Microsoft.KeyVault/vaults/kv1/keys/kms",
        "name": "kms",
        "tags": {"akskv-run": "run1"},
        "properties": {
            "kty": "RSA",
            "keyOps": ALL_OPERATIONS,
            "keySize": 3072,
            "attributes": ATTRIBUTES,
            "keyUri": uri,
            "keyUriWithVersion": f"{uri}/{version}",
            **properties,
        },
    }


def bundle(version: str = V2) -> dict[str, Any]:
    modulus = base64.urlsafe_b64encode((1 << 2047).to_bytes(256, "big")).decode().rstrip("=")
    kid = f"https://kv1.vault.azure.net/keys/kms/{version}"
    key = {"kid": kid, "kty": "RSA", "key_ops": ALL_OPERATIONS, "n": modulus, "e": "AQAB"}
    return {"key": key, "attributes": ATTRIBUTES, "tags": {}}


@pytest.fixture
def keys(clients: ClientsOfService) -> VaultKeys:
    return VaultKeys(clients)  # type: ignore[arg-type]  # a stand-in


@pytest.fixture
def vault(service: Service) -> Vault:
    return a_vault(service.host)


def asks_for_a_token(service: Service, path: str, *replies: Reply) -> None:
    """The vault's first answer is a challenge, whose resource is the domain above the vault's own name."""
    domain = service.host.partition(".")[2]
    challenge = f'Bearer authorization="https://login.test/t", resource="https://{domain}"'
    error = {"error": {"code": "Unauthorized", "message": "AKV10000: no token"}}
    service.answers("GET", path, Reply(401, error, {"WWW-Authenticate": challenge}), *replies)


def test_the_newest_version_comes_through_arm(service: Service, keys: VaultKeys, vault: Vault) -> None:
    service.answers("GET", f"{vault.id}/keys/kms", Reply(200, arm_key()))
    found = keys.get(vault, "kms")
    assert (found.id.host, found.id.name, found.id.version) == (vault.host, "kms", V2)
    assert (found.kind, found.size_bits, found.enabled) == ("RSA", 3072, True)
    assert found.operations == frozenset(ALL_OPERATIONS) and found.created == CREATED
    assert found.expires and (found.expires - CREATED).days == 1 and found.not_before is None
    assert found.tags == {"akskv-run": "run1"}


def test_a_version_comes_through_arm(service: Service, keys: VaultKeys, vault: Vault) -> None:
    raw = arm_key(V1, attributes={"enabled": False})
    service.answers("GET", f"{vault.id}/keys/kms/versions/{V1}", Reply(200, raw))
    found = keys.get(vault, "kms", V1)
    assert found.id.version == V1 and not found.enabled


def test_versions_come_page_by_page_and_without_what_a_list_leaves_out(
    service: Service, keys: VaultKeys, vault: Vault
) -> None:
    path = f"{vault.id}/keys/kms/versions"

    def item(version: str) -> dict[str, Any]:
        return {"name": version, "properties": {"attributes": ATTRIBUTES, "keyUri": "https://kv1/keys/kms"}}

    following = f"{service.url}{path}?api-version=2023-07-01&%24skiptoken=x"
    service.answers(
        "GET", path, Reply(200, {"value": [item(V1)], "nextLink": following}), Reply(200, {"value": [item(V2)]})
    )
    found = keys.versions(vault, "kms")
    assert [version.id.version for version in found] == [V1, V2] and found[0].created == CREATED


def test_a_key_that_is_not_there_is_not_looked_for_at_the_vault(
    service: Service, keys: VaultKeys, vault: Vault
) -> None:
    service.answers("GET", f"{vault.id}/keys/kms", Reply(404, {"error": {"code": "KeyNotFound", "message": "no"}}))
    with pytest.raises(Missing):
        keys.get(vault, "kms")
    assert len(service.requests) == 1


def test_where_arm_refuses_us_the_vault_itself_is_asked(
    service: Service, keys: VaultKeys, vault: Vault, clients: ClientsOfService
) -> None:
    service.answers("GET", f"{vault.id}/keys/kms/versions/{V1}", REFUSED)
    asks_for_a_token(service, f"/keys/kms/{V1}", Reply(200, bundle(V1)))
    found = keys.get(vault, "kms", V1)
    assert (str(found.id), found.size_bits) == (f"https://kv1.vault.azure.net/keys/kms/{V1}", 2048)
    assert found.operations == frozenset(ALL_OPERATIONS)
    domain = service.host.partition(".")[2]
    assert clients.credential.asked_for[-1] == f"https://{domain}/.default"
    assert service.requests[-1].query["api-version"] == "7.5"


def test_versions_at_the_vault_itself(service: Service, keys: VaultKeys, vault: Vault) -> None:
    service.answers("GET", f"{vault.id}/keys/kms/versions", REFUSED)
    items = [{"kid": bundle(v)["key"]["kid"], "attributes": ATTRIBUTES} for v in (V1, V2)]
    following = f"{service.url}/keys/kms/versions?api-version=7.5&$skiptoken=x"
    pages = Reply(200, {"value": items[:1], "nextLink": following}), Reply(200, {"value": items[1:], "nextLink": None})
    asks_for_a_token(service, "/keys/kms/versions", *pages)
    assert [version.id.version for version in keys.versions(vault, "kms")] == [V1, V2]
    assert service.requests[-1].query["$skiptoken"] == "x"


def test_a_vault_that_sends_us_elsewhere_gets_no_token_there(service: Service, keys: VaultKeys, vault: Vault) -> None:
    service.answers("GET", f"{vault.id}/keys/kms/versions", REFUSED)
    following = "https://elsewhere.example/keys/kms/versions?$skiptoken=x"
    asks_for_a_token(service, "/keys/kms/versions", Reply(200, {"value": [], "nextLink": following}))
    with pytest.raises(Rejected, match="another host"):
        keys.versions(vault, "kms")


def test_a_challenge_for_another_domain_gets_no_token(
    service: Service, keys: VaultKeys, vault: Vault, clients: ClientsOfService
) -> None:
    service.answers("GET", f"{vault.id}/keys/kms", REFUSED)
    challenge = 'Bearer authorization="https://login.test/t", resource="https://vault.elsewhere.example"'
    service.answers("GET", "/keys/kms", Reply(401, None, {"WWW-Authenticate": challenge}))
    with pytest.raises(Rejected, match="does not match the requested domain"):
        keys.get(vault, "kms")
    assert "https://vault.elsewhere.example/.default" not in clients.credential.asked_for


def test_refused_by_both_tells_both(service: Service, keys: VaultKeys, vault: Vault) -> None:
    service.answers("GET", f"{vault.id}/keys/kms", REFUSED)
    inner = {"code": "ForbiddenByConnection"}
    closed = {"error": {"code": "Forbidden", "message": "Public network access is disabled", "innererror": inner}}
    asks_for_a_token(service, "/keys/kms", Reply(403, closed))
    with pytest.raises(Denied, match="vaults/keys") as caught:
        keys.get(vault, "kms")
    assert caught.value.code == "AuthorizationFailed" and "(ForbiddenByConnection)" in caught.value.message


def test_a_deleted_key_is_seen_at_the_vault(service: Service, keys: VaultKeys, vault: Vault) -> None:
    asks_for_a_token(service, "/deletedkeys/kms", Reply(200, bundle()))
    assert keys.deleted(vault, "kms")
    service.answers("GET", "/deletedkeys/kms", Reply(404, {"error": {"code": "KeyNotFound", "message": "no"}}))
    assert not keys.deleted(vault, "kms")


def test_a_new_key_can_do_what_kms_needs_and_no_more(service: Service, keys: VaultKeys, vault: Vault) -> None:
    service.answers("PUT", f"{vault.id}/keys/kms", Reply(200, arm_key(V1)))
    assert keys.create(vault, "kms", {"akskv-run": "run1"}).id.version == V1
    [put] = service.requests
    properties = {"kty": "RSA", "keySize": 3072, "keyOps": ["decrypt", "encrypt"]}
    assert put.body == {"properties": properties, "tags": {"akskv-run": "run1"}}


def test_the_name_of_a_deleted_key_is_taken(service: Service, keys: VaultKeys, vault: Vault) -> None:
    inner = {"code": "ObjectIsDeletedButRecoverable"}
    taken = {"error": {"code": "Conflict", "message": "deleted but recoverable", "innererror": inner}}
    service.answers("PUT", f"{vault.id}/keys/kms", Reply(409, taken))
    with pytest.raises(Conflict) as caught:
        keys.create(vault, "kms", {})
    assert caught.value.code == "ObjectIsDeletedButRecoverable"


def like(vault: Vault, **changes: Any) -> KeyVersion:
    made = KeyVersion(
        KeyId(vault.host, "kms", V1),
        "RSA-HSM",
        frozenset({"encrypt", "decrypt", "wrapKey"}),
        True,
        size_bits=4096,
        created=CREATED,
        tags={"team": "shop"},
    )
    return replace(made, **changes)


def test_a_new_version_is_like_the_one_before(service: Service, keys: VaultKeys, vault: Vault) -> None:
    domain = service.host.partition(".")[2]
    challenge = f'Bearer authorization="https://login.test/t", resource="https://{domain}"'
    made = bundle(V2)
    service.answers("POST", "/keys/kms/create", Reply(401, {}, {"WWW-Authenticate": challenge}), Reply(200, made))
    ends = CREATED + timedelta(days=90)
    new = keys.create_version(vault, like(vault, expires=ends), {"akskv-run": "run1"}, CREATED + timedelta(days=60))
    assert new.id.version == V2
    assert service.made("POST")[-1].body == {
        "kty": "RSA-HSM",
        "key_size": 4096,
        "key_ops": ["decrypt", "encrypt", "wrapKey"],
        "attributes": {"enabled": True, "exp": int((CREATED + timedelta(days=150)).timestamp())},
        "tags": {"team": "shop", "akskv-run": "run1"},
    }


def test_a_key_of_another_name_has_the_kind_and_size_of_the_one_in_use(
    service: Service, keys: VaultKeys, vault: Vault
) -> None:
    service.answers("PUT", f"{vault.id}/keys/kms-2", Reply(200, arm_key(V1)))
    keys.create(vault, "kms-2", {}, like(vault))
    [put] = service.requests
    assert put.body["properties"] == {"kty": "RSA-HSM", "keySize": 4096, "keyOps": ["decrypt", "encrypt"]}


@pytest.mark.parametrize(("status", "code"), [(200, ""), (404, ""), (403, "ForbiddenByConnection")])
def test_whether_the_vault_itself_answers_us(
    service: Service, keys: VaultKeys, vault: Vault, status: int, code: str
) -> None:
    error = {"error": {"code": "Forbidden", "message": "no", "innererror": {"code": code}}}
    asks_for_a_token(service, "/keys/kms", Reply(status, bundle() if status == 200 else error))
    why = keys.closed(vault, "kms")
    assert (code in why and "no" in why) if code else why == ""
