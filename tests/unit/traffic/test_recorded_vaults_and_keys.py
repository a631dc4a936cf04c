"""Every recorded vault and key through our decoders."""

from __future__ import annotations

import copy

from azext_akskv.gateways.keys import parse_bundle, parse_item
from azext_akskv.model.vault import parse_vault
from tests.builders import NOW
from tests.recorded import COUNTS, VAULTS, bodies, key_answers, needs


@needs("vaults")
def test_recorded_vaults_are_read_as_they_are() -> None:
    found = bodies(VAULTS)
    assert len(found) == COUNTS["vaults"]
    for body in found:
        untouched, properties = copy.deepcopy(body), body["properties"]
        vault = parse_vault(body, NOW)
        assert vault.raw == untouched and str(vault.id).lower() == body["id"].lower()
        assert vault.host == f"{body['name']}.vault.azure.net"
        assert (vault.tenant, vault.location) == (properties["tenantId"], body["location"])
        policies = {policy["objectId"] for policy in properties["accessPolicies"]}
        assert {policy.object_id for policy in vault.policies} == policies
        assert all(vault.policy_of(principal.upper()) == vault.policy_of(principal) for principal in policies)
        connections = [one["id"] for one in properties.get("privateEndpointConnections") or []]
        assert [one.id for one in vault.connections] == connections
        assert (vault.rbac, vault.purge_protection) == (
            bool(properties.get("enableRbacAuthorization")),
            bool(properties.get("enablePurgeProtection")),
        )
        assert (vault.changed_at is None) == (
            "systemData" not in body or "1970" in body["systemData"]["lastModifiedAt"]
        )


@needs("keys")
def test_recorded_keys_are_read_as_they_are() -> None:
    found = key_answers()
    assert len(found) == COUNTS["keys"]
    for kind, body in found:
        version = parse_bundle(body) if kind == "bundle" else parse_item(body)
        key, attributes = body.get("key", body), body["attributes"]
        assert str(version.id) == key["kid"] and version.id.version
        assert version.enabled is attributes["enabled"] and version.tags == body.get("tags", {})
        assert (version.kind, set(version.operations)) == (key.get("kty", ""), set(key.get("key_ops", ())))
        assert (version.size_bits is None) == ("n" not in key) and version.size_bits in (None, 1024, 2048, 3072, 4096)
        assert version.created and int(version.created.timestamp()) == attributes["created"]
        assert (version.expires is None) == ("exp" not in attributes)
