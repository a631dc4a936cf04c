"""Commands to paste: filled, quoted, and taken by their programs."""

from __future__ import annotations

import shlex

import pytest

from azext_akskv.model.finding import State
from azext_akskv.model.provider.catalogue import CATALOGUE
from azext_akskv.model.provider.cause import Cause
from azext_akskv.model.provider.findings import finding_of
from azext_akskv.model.provider.reading import read_texts
from azext_akskv.model.provider.remedy import Place, filled
from tests.remedies import refusal_of
from tests.unit.model.provider.texts import EVENT, mounted, refused

GUID = "a7734bd2-91e0-4c55-8f26-c0de11aa22bb"
VAULT_ID = "/subscriptions/s/resourcegroups/rg/providers/microsoft.keyvault/vaults/kv-shop"
IDENTITY_ID = "/subscriptions/s/resourcegroups/mc_rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-1"
FACTS = {
    **{"object_type": "cert", "object": "web-tls", "vault": "kv-shop", "vault_id": VAULT_ID, "object_id": GUID},
    **{
        "client_id": GUID,
        "identity_id": IDENTITY_ID,
        "node": "aks-np1-12345678-vmss00000a",
        "client_address": "1.2.3.4",
    },
    **{"spc": "kv-spc", "secret": "creds", "pod": "api-0", "namespace": "team-a", "host": "kv-shop.vault.azure.net"},
    **{"issuer": "https://issuer/", "subject": "system:serviceaccount:team-a:api", "credential": "c1"},
    **{"service_account": "system:serviceaccount:kube-system:driver", "driver_namespace": "kube-system"},
}


@pytest.mark.parametrize("cause", CATALOGUE.values(), ids=lambda cause: cause.slug)
def test_every_command_is_one_that_its_program_takes(cause: Cause) -> None:
    commands = filled((*cause.fix, *cause.see), FACTS, Place("rg", "aks1"))
    assert cause.fix
    for command in commands:
        assert not refusal_of(command), command
        assert shlex.split(command)[0] in ("az", "kubectl", "helm", "nc", "nslookup", "openssl")


@pytest.mark.parametrize("cause", CATALOGUE.values(), ids=lambda cause: cause.slug)
def test_what_nobody_knows_stays_a_placeholder_that_no_shell_opens(cause: Cause) -> None:
    for command in filled((*cause.fix, *cause.see), {}, Place()):
        words = shlex.split(command)
        assert not [word for word in words if "{" in word and "jsonpath" not in word and "--query" not in words], (
            command
        )
        assert shlex.join(words) == command


def test_what_follows_from_the_facts_is_filled_in() -> None:
    [command] = filled(CATALOGUE["identity_not_found"].fix, FACTS, Place())
    assert command == (
        f"az vmss identity assign -g '<NODE_RESOURCE_GROUP>' -n aks-np1-12345678-vmss --identities {IDENTITY_ID}"
    )
    [command] = filled(CATALOGUE["forbidden_rbac"].fix, FACTS, Place())
    assert "--role 'Key Vault Certificate User'" in command and f"--scope {VAULT_ID}" in command
    [command] = filled(CATALOGUE["object_disabled"].fix, FACTS, Place())
    assert command.startswith("az keyvault certificate set-attributes --vault-name kv-shop -n web-tls")


def test_a_word_from_the_text_stays_one_word() -> None:
    [command] = filled(CATALOGUE["spc_objects_yaml"].fix, {"spc": "a; rm -rf /", "namespace": "$(id)"}, Place())
    assert shlex.split(command) == ["kubectl", "edit", "secretproviderclass", "a; rm -rf /", "-n", "$(id)"]


def test_a_finding_tells_what_where_how_often_and_shows_the_line() -> None:
    text = f"  Warning  FailedMount  7s (x3 over 9m)  kubelet, node-1  {EVENT}{refused('ForbiddenByConnection')}\n"
    [one] = read_texts(text.splitlines(keepends=True), "describe.txt").diagnoses
    finding = finding_of(one, Place("rg", "aks1"))
    assert (finding.code, finding.category, finding.state) == ("forbidden-connection", "provider", State.ERROR)
    for words in ("cause 4 of the articles", "secret db-pass of kv-shop", "pod team-a/api-0", "node node-1", "3 times"):
        assert words in finding.text
    assert "describe.txt, line 1: " in finding.text and "ForbiddenByConnection" in finding.text
    assert finding.command == "az aks kv fix-privatelink -g rg -n aks1 --vault kv-shop"
    assert finding.url.endswith("private-link-diagnostics")


def test_what_is_healed_is_a_warning_that_says_so() -> None:
    error = 'E1122 09:14:05.713202       1 nodeserver.go:241] "x" err="objects is not set" pod="a/b"\n'
    [one] = read_texts([error, mounted("a/b", "09:20:00")]).diagnoses
    finding = finding_of(one, Place())
    assert finding.state is State.WARNING and "healed since" in finding.text


def test_the_articles_numbers_are_named_apart_where_they_differ() -> None:
    assert (
        CATALOGUE["kv_401"].numbers == "cause 8 of the article on the provider and cause 7 of the article on the add-on"
    )
    assert CATALOGUE["spc_not_found"].numbers == "cause 6 of the article on the add-on"
    assert CATALOGUE["forbidden_rbac"].numbers == ""


def test_each_article_has_each_of_its_causes_once() -> None:
    assert sorted(c.provider_number for c in CATALOGUE.values() if c.provider_number) == list(range(1, 10))
    assert sorted(c.addon_number for c in CATALOGUE.values() if c.addon_number) == list(range(1, 9))


def test_candidates_are_causes() -> None:
    assert {slug for cause in CATALOGUE.values() for slug in cause.candidates} <= set(CATALOGUE)
