"""The Key Vault data plane: certificates, each with a key and a secret that come and go with it."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.hazmat.primitives.serialization.pkcs12 import load_key_and_certificates

from emulator.core.http import Answer
from emulator.worlds.spec import Policy
from emulator.worlds.spec import Vault as VaultData
from emulator.worlds.vault_contents import Certificate, VaultSecret
from tests.emulator.conftest import Running, StockAz
from tests.emulator.data_planes import START, VAULT, Vault, grant, inner_code, small_world

ONE = (Certificate(),)
ADMINISTRATOR = "Key Vault Administrator"


def administrator(**vault: Any) -> Vault:
    """A vault with these certificates, as an administrator sees it."""
    world = small_world(vaults=(VaultData(**{"certificates": ONE, **vault}),))
    grant(world, "ops", ADMINISTRATOR)
    return Vault(world)


def code(answer: Answer) -> tuple[int, str]:
    return answer.status, answer.body["error"]["code"]


def test_a_certificate_has_the_shape_of_the_real_service() -> None:
    body = administrator()("GET", "/certificates/web-tls").body
    assert list(body) == ["id", "kid", "sid", "x5t", "cer", "attributes", "policy"]
    version = body["id"].rpartition("/")[2]
    assert body["kid"] == f"https://{VAULT}/keys/web-tls/{version}"
    assert body["sid"] == f"https://{VAULT}/secrets/web-tls/{version}"
    assert body["policy"]["id"] == f"https://{VAULT}/certificates/web-tls/policy"
    assert body["policy"]["secret_props"] == {"contentType": "application/x-pem-file"}
    assert set(body["policy"]) == {
        *("id", "key_props", "secret_props", "x509_props", "lifetime_actions", "issuer", "attributes")
    }
    read = x509.load_der_x509_certificate(base64.b64decode(body["cer"]))
    assert read.subject.rfc4514_string() == "CN=shop.example"
    assert body["attributes"]["nbf"] == int(START.timestamp())
    assert body["attributes"]["exp"] == int(read.not_valid_after_utc.timestamp())


def test_its_secret_is_managed_and_holds_the_private_key() -> None:
    vault = administrator(certificates=(Certificate(), Certificate("pfx", content_type="application/x-pkcs12")))
    signed = x509.load_der_x509_certificate(base64.b64decode(vault("GET", "/certificates/web-tls").body["cer"]))
    secret = vault("GET", "/secrets/web-tls").body
    assert (secret["managed"], secret["contentType"]) == (True, "application/x-pem-file")
    key = load_pem_private_key(secret["value"].encode(), None)
    assert key.public_key() == signed.public_key()
    assert secret["attributes"]["exp"] == int(signed.not_valid_after_utc.timestamp())
    assert secret["kid"] == vault("GET", "/certificates/web-tls").body["kid"]
    pfx = vault("GET", "/secrets/pfx").body["value"]
    assert load_key_and_certificates(base64.b64decode(pfx), None)[1] is not None
    listed = {one["id"].rpartition("/")[2]: one for one in vault("GET", "/secrets").body["value"]}
    assert listed["web-tls"]["managed"] is True and "kid" not in listed["web-tls"]


def test_its_key_is_managed_and_has_the_public_half() -> None:
    vault = administrator()
    key = vault("GET", "/keys/web-tls").body
    assert (key["managed"], key["key"]["kid"]) == (True, vault("GET", "/certificates/web-tls").body["kid"])
    listed = vault("GET", "/keys").body["value"]
    assert [one.get("managed") for one in listed] == [None, True]


def test_what_is_managed_is_changed_through_the_certificate_alone() -> None:
    vault = administrator()
    assert vault("DELETE", "/secrets/web-tls").status == vault("DELETE", "/keys/web-tls").status == 403
    assert vault("PUT", "/secrets/web-tls", {"value": "v"}).status == 403
    assert vault("PATCH", "/secrets/web-tls", {"tags": {}}).status == 403
    assert vault("POST", "/keys/web-tls/create", {"kty": "RSA"}).status == 403


def test_a_name_that_a_secret_has_is_taken() -> None:
    vault = administrator(secrets=(VaultSecret(),))
    assert code(vault("POST", "/certificates/db-pass/create", {"policy": {}})) == (409, "Conflict")
    assert code(vault("POST", "/certificates/etcd/create", {"policy": {}})) == (409, "Conflict")


def test_a_disabled_certificate_disables_its_secret() -> None:
    vault = administrator()
    changed = vault("PATCH", "/certificates/web-tls", {"attributes": {"enabled": False}})
    assert changed.body["attributes"]["enabled"] is False
    assert inner_code(vault("GET", "/secrets/web-tls")) == "SecretDisabled"
    assert vault("GET", "/certificates/web-tls").status == 200


def test_a_request_that_nobody_has_signed_leaves_a_disabled_version() -> None:
    vault = administrator(certificates=(Certificate(issuer="Unknown"),))
    body = vault("GET", "/certificates/web-tls").body
    assert "cer" not in body and body["attributes"]["enabled"] is False
    pending = vault("GET", "/certificates/web-tls/pending").body
    assert (pending["status"], "target" in pending) == ("inProgress", False)
    assert x509.load_der_x509_csr(base64.b64decode(pending["csr"])).is_signature_valid
    assert inner_code(vault("GET", "/secrets/web-tls")) == "SecretDisabled"


def test_creating_one_is_an_operation_that_self_signed_ones_complete() -> None:
    vault = administrator(certificates=())
    policy = {"issuer": {"name": "Self"}, "x509_props": {"subject": "CN=new.example", "validity_months": 6}}
    begun = vault("POST", "/certificates/new/create", {"policy": policy})
    assert (begun.status, begun.body["status"]) == (202, "inProgress")
    done = vault("GET", "/certificates/new/pending").body
    assert (done["status"], done["target"]) == ("completed", f"https://{VAULT}/certificates/new")
    assert vault("GET", "/secrets/new").body["contentType"] == "application/x-pkcs12"
    assert vault("GET", "/certificates/new/policy").body["x509_props"]["validity_months"] == 6


def test_a_certificate_that_cannot_be_is_refused() -> None:
    vault = administrator(certificates=())
    for policy in ({"key_props": {"kty": "oct"}}, {"x509_props": {"subject": "no name"}}):
        assert code(vault("POST", "/certificates/new/create", {"policy": policy})) == (400, "BadParameter")
    assert code(vault("POST", "/certificates/new_/create", {"policy": {}})) == (400, "BadParameter")
    assert code(vault("POST", "/certificates/new/import", {"value": "nothing"})) == (400, "BadParameter")


def test_what_was_exported_is_imported() -> None:
    names = ("pem", "pfx")
    kinds = ("application/x-pem-file", "application/x-pkcs12")
    made = tuple(Certificate(name, content_type=kind, months=6) for name, kind in zip(names, kinds, strict=True))
    vault = administrator(certificates=made)
    for name in names:
        value = vault("GET", f"/secrets/{name}").body["value"]
        answer = vault("POST", f"/certificates/{name}-again/import", {"value": value})
        assert (answer.status, answer.body["x5t"]) == (200, vault("GET", f"/certificates/{name}").body["x5t"])
        assert answer.body["policy"]["x509_props"] == {
            "subject": "CN=shop.example",
            "ekus": [],
            "key_usage": [],
            "validity_months": 6,
            "basic_constraints": {"ca": False},
        }


def test_key_and_secret_go_and_come_back_with_the_certificate() -> None:
    vault = administrator(purge_protection=False)
    paths = ("/certificates/web-tls", "/secrets/web-tls", "/keys/web-tls")
    gone = vault("DELETE", "/certificates/web-tls").body
    assert gone["recoveryId"] == f"https://{VAULT}/deletedcertificates/web-tls"
    assert [vault("GET", path).status for path in paths] == [404, 404, 404]
    assert code(vault("GET", "/certificates/web-tls")) == (404, "CertificateNotFound")
    assert vault("GET", "/deletedcertificates").body["value"][0]["recoveryId"] == gone["recoveryId"]
    assert vault("GET", "/deletedcertificates/web-tls").body == gone
    assert vault("POST", "/deletedcertificates/web-tls/recover").status == 200
    assert [vault("GET", path).status for path in paths] == [200, 200, 200]
    vault("DELETE", "/certificates/web-tls")
    assert vault("DELETE", "/deletedcertificates/web-tls").status == 204
    assert vault("PUT", "/secrets/web-tls", {"value": "v"}).status == 200


def test_a_certificate_user_reads_all_three_and_a_secrets_user_the_secret() -> None:
    vault = administrator()
    paths = ("/certificates/web-tls", "/secrets/web-tls", "/keys/web-tls")
    for role, expected in (
        ("Key Vault Certificate User", [200, 200, 200]),
        ("Key Vault Secrets User", [403, 200, 403]),
        ("Key Vault Certificates Officer", [200, 403, 403]),
        ("Key Vault Reader", [200, 403, 200]),
    ):
        grant(vault.world, role, role)
        assert [Vault(vault.world, role)("GET", path).status for path in paths] == expected, role
    refused = Vault(vault.world, "Key Vault Secrets User")("GET", "/certificates/web-tls")
    assert "Action: 'Microsoft.KeyVault/vaults/certificates/read'" in refused.body["error"]["message"]


def test_the_policy_for_certificates_is_one_of_its_own() -> None:
    policies = (Policy("ops", certificates=("get",)), Policy("shop-id", secrets=("get",)))
    world = small_world(vaults=(VaultData(rbac=False, policies=policies, certificates=ONE),))
    assert Vault(world)("GET", "/certificates/web-tls").status == 200
    assert Vault(world)("GET", "/secrets/web-tls").status == 403
    refused = Vault(world, "shop-id")("GET", "/certificates/web-tls")
    assert "does not have certificates get permission" in refused.body["error"]["message"]
    assert Vault(world)("GET", "/certificates").status == 403


def test_versions_are_listed_and_a_world_may_begin_with_disabled_and_deleted_ones() -> None:
    made = (Certificate(versions=2, enabled=False), Certificate("gone", deleted=True))
    vault = administrator(certificates=made)
    versions = vault("GET", "/certificates/web-tls/versions").body["value"]
    assert [one["attributes"]["enabled"] for one in versions] == [False, False]
    assert [one["id"].rpartition("/")[2] for one in vault("GET", "/certificates").body["value"]] == ["web-tls"]
    assert len(vault("GET", "/deletedsecrets").body["value"]) == 1


def test_az_creates_shows_lists_and_deletes_certificates(running: Running, az: StockAz, tmp_path: Path) -> None:
    emulation = running("public-rbac", vaults=(VaultData(certificates=ONE, purge_protection=False),))
    grant(emulation.world, "ops", ADMINISTRATOR)

    def run(verb: str, *arguments: str) -> Any:
        done = az(
            emulation,
            "keyvault",
            "certificate",
            verb,
            "--vault-name",
            "shop-kv",
            *arguments,
            "-o",
            "json",
            "--only-show-errors",
        )
        assert done.code == 0, done.output
        return done.json if done.output.strip() else None

    policy = tmp_path / "policy.json"
    wanted = {"issuerParameters": {"name": "Self"}, "x509CertificateProperties": {"subject": "CN=new.example"}}
    policy.write_text(json.dumps(wanted))
    assert run("create", "-n", "new", "-p", f"@{policy}")["status"] == "completed"
    assert [one["name"] for one in run("list")] == ["new", "web-tls"]
    assert run("show", "-n", "new")["sid"].startswith("https://shop-kv.vault")
    assert len(run("list-versions", "-n", "web-tls")) == 1
    run("delete", "-n", "new")
    assert [one["name"] for one in run("list-deleted")] == ["new"]
