"""What templates must say after a change, each in its own language."""

from __future__ import annotations

import json

import pytest

from azext_akskv.model.cluster import KmsProfile
from azext_akskv.report.template import sentence, snippets
from tests.builders import KEY, VAULT, a_cluster, cluster_json

PUBLIC, PRIVATE, OFF = KmsProfile(True, KEY, "Public"), KmsProfile(True, KEY, "Private", VAULT), KmsProfile(False, KEY)


@pytest.mark.parametrize("profile", [PUBLIC, PRIVATE, OFF])
def test_the_arm_snippet_makes_the_same_profile(profile: KmsProfile) -> None:
    properties = json.loads("{" + "\n".join(snippets(profile)["ARM"]) + "}")
    kms = a_cluster(cluster_json(), **properties).kms
    assert kms == (profile if profile.enabled else KmsProfile(False))


def test_terraform_names_the_key_and_the_mode_and_leaves_our_tags_alone() -> None:
    text = "\n".join(snippets(PRIVATE)["Terraform"])
    assert f'key_vault_key_id         = "{KEY}"' in text and 'network_access = "Private"' in text
    assert str(VAULT) not in text  # the provider finds it by the key
    assert 'tags["akskv-run"]' in text and text.count("{") == text.count("}")
    assert "no key_management_service block" in snippets(OFF)["Terraform"][0]


def test_bicep_has_quotes_of_its_own() -> None:
    assert snippets(PUBLIC)["Bicep"] == [
        "securityProfile: {",
        "  azureKeyVaultKms: {",
        "    enabled: true",
        f"    keyId: '{KEY}'",
        "    keyVaultNetworkAccess: 'Public'",
        "  }",
        "}",
    ]


def test_one_sentence_names_the_value_that_every_template_must_hold() -> None:
    assert str(KEY) in sentence(PUBLIC) and "KMS is off" in sentence(OFF)
