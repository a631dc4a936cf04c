"""The checks of what SecretProviderClasses say."""

from __future__ import annotations

import dataclasses

import pytest

from azext_akskv.model.mounts.secret_class import Lint, SecretEntry, SecretObject, SecretProviderClass
from azext_akskv.model.mounts.secret_class import VaultObject as Asked
from azext_akskv.model.observed import Observed
from tests.builders import TENANT, a_cluster
from tests.class_views import a_class, a_view, looked_at, of_view, with_objects
from tests.unit.checks.verdicts import findings, problem, state

OURS = (
    *("class-parameters", "class-deprecated", "class-objects", "class-secret-objects", "class-vault", "class-tenant"),
    *("vault-object", "class-network", "class-identity", "class-grant"),
)


@pytest.mark.parametrize("code", OURS)
def test_all_is_well_and_what_could_not_be_looked_at_is_not(code: str) -> None:
    assert state(code, looked_at()) == "ok"
    assert state(code, looked_at(seen={"classes": ()})) == "skipped"
    foreign = dataclasses.replace(a_class(), provider="vault")
    assert state(code, looked_at(foreign)) == "skipped"
    [unseen] = findings(code, looked_at(seen={"classes": Observed.unknown("may not list classes")}))
    assert unseen.state.value == "unknown" and unseen.text == "may not list classes"


def test_class_parameters() -> None:
    said = {
        "no keyvaultName": a_class(keyvaultName=None),
        "no tenantID": a_class(tenantID=None),
        "no objects": a_class(objects=" "),
        "an address": a_class(keyvaultName="https://kv1.vault.azure.net/"),
        "no name of a vault": a_class(keyvaultName="kv_1"),
        'expected "true" or "false"': a_class(useVMManagedIdentity="yes"),
        "useVMManagedIdentity and useAzureTokenProxy": a_class(useVMManagedIdentity="true", useAzureTokenProxy="1"),
        "no cloud": a_class(cloudName="AzurePublic"),
        "the cluster is in AzurePublicCloud": a_class(cloudName="azurechinacloud"),
        "which is written keyvaultName": a_class(keyvaultName=None, keyVaultName="kv1"),
        "which is written tenantID": a_class(tenantID=None, TenantID=TENANT),
    }
    for told, one in said.items():
        found = problem("class-parameters", looked_at(one))
        assert found.blocks and told in found.text and "shop/spc-db" in found.text, found
    good = a_class(cloudName="AzureCloud", usePodIdentity="f", useVMManagedIdentity=" True ")
    assert state("class-parameters", looked_at(good)) == "ok"


def test_class_parameters_gives_values_that_are_known() -> None:
    tenant = problem("class-parameters", looked_at(a_class(tenantID=None)))
    assert f'"tenantID": "{TENANT}"' in tenant.command and "kubectl patch" in tenant.command
    unseen = looked_at(a_class(tenantID=None), vaults={"kv1": Observed.unknown("no right")})
    assert problem("class-parameters", unseen).command.startswith("kubectl edit")
    address = problem("class-parameters", looked_at(a_class(keyvaultName="kv1.vault.azure.net")))
    assert '"keyvaultName": "kv1"' in address.command
    both = problem("class-parameters", looked_at(a_class(usePodIdentity="true", useVMManagedIdentity="true")))
    assert both.command.endswith('\'{"spec": {"parameters": {"usePodIdentity": "false"}}}\'')
    proxy = problem("class-parameters", looked_at(a_class(useAzureTokenProxy="true", useVMManagedIdentity="true")))
    assert "kubectl edit" in proxy.command
    case = problem("class-parameters", looked_at(a_class(keyvaultName=None, keyVaultName="kv1")))
    assert '"keyvaultName": "kv1", "keyVaultName": null' in case.command


def test_class_parameters_knows_the_clusters_cloud() -> None:
    there = dataclasses.replace(a_cluster(), location="usgovvirginia")
    found = problem("class-parameters", of_view(a_view(), cluster=there))
    assert "cloudName is not set" in found.text and '"cloudName": "AzureUSGovernmentCloud"' in found.command
    own = a_view(a_class(cloudName="Mine", cloudEnvFileName="/etc/kubernetes/mine.json"))
    assert state("class-parameters", of_view(own, cluster=there)) == "ok"


def test_class_deprecated() -> None:
    found = problem("class-deprecated", looked_at(a_class(tenantID=None, tenantId=TENANT)))
    assert not found.blocks and f'"tenantID": "{TENANT}", "tenantId": null' in found.command
    assert state("class-deprecated", looked_at(a_class(tenantId=TENANT))) == "ok"
    assert "usePodIdentity" in problem("class-deprecated", looked_at(a_class(usePodIdentity="true"))).text
    assert state("class-deprecated", looked_at(a_class(usePodIdentity="false", useVMManagedIdentity="true"))) == "ok"


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (Asked(0, "", "secret", alias="a"), "no objectName"),
        (Asked(0, "a"), "no objectType; expected secret, key or cert"),
        (Asked(0, "a", "certificate"), "expected cert"),
        (Asked(0, "a", "Secret"), "expected secret"),
        (Asked(0, "a", "secret", format="der"), "expected pem or pfx"),
        (Asked(0, "a", "cert", format="PFX"), "for objectType secret alone"),
        (Asked(0, "a", "secret", encoding="utf8"), "expected utf-8, hex or base64"),
        (Asked(0, "a", "key", encoding="hex"), "for objectType secret alone"),
        (Asked(0, "a", "secret", permission="0888"), "expected an octal number"),
        (Asked(0, "a", "secret", alias="../a"), "outside the mount"),
        (Asked(0, "a", "secret", alias="/a"), "outside the mount"),
    ],
)
def test_class_objects(asked: Asked, told: str) -> None:
    found = problem("class-objects", looked_at(with_objects(a_class(), asked)))
    assert found.blocks and told in found.text and "objects.array[0]" in found.text and "kubectl edit" in found.command


def test_class_objects_in_order() -> None:
    good = Asked(0, "a", "secret", "dir/a", format="PFX", encoding="Base64", permission="0400", history=3)
    assert state("class-objects", looked_at(with_objects(a_class(), good, Asked(1, "a", "key")))) == "ok"


def test_class_objects_of_yaml() -> None:
    broken = dataclasses.replace(a_class(), objects=(), lints=(Lint("objects", "line 3: a tab"),))
    found = problem("class-objects", looked_at(broken))
    assert found.blocks and "objects: line 3: a tab" in found.text
    strange = Lint("objects.array[0]", "'objectname' is passed over; it is written objectName", mild=True)
    assert not problem("class-objects", looked_at(dataclasses.replace(a_class(), lints=(strange,)))).blocks
    assert "the array is empty" in problem("class-objects", looked_at(with_objects(a_class()))).text


def test_class_objects_with_one_file() -> None:
    twice = with_objects(a_class(), Asked(0, "tls", "secret"), Asked(1, "tls", "cert"), Asked(2, "b", "key", "c"))
    found = problem("class-objects", looked_at(twice))
    assert "2 objects go to the file 'tls': objects.array[0] 'tls', objects.array[1] 'tls'" in found.text
    with_history = with_objects(a_class(), Asked(0, "a", "secret", history=2), Asked(1, "b", "secret", "a/1"))
    assert "the file 'a/1'" in problem("class-objects", looked_at(with_history)).text


def made(
    *data: tuple[str, str], kind: str = "Opaque", name: str = "db", objects: tuple[Asked, ...] = ()
) -> SecretProviderClass:
    entries = tuple(SecretEntry(*each) for each in data)
    one = dataclasses.replace(a_class(), secret_objects=(SecretObject(name, kind, entries),))
    return with_objects(one, *objects) if objects else one


def test_class_secret_objects() -> None:
    assert state("class-secret-objects", looked_at(made(("db-pass", "password")))) == "ok"
    aliased = (Asked(0, "db-pass", "secret", "pw"),)
    found = problem("class-secret-objects", looked_at(made(("db-pass", "password"), objects=aliased)))
    assert found.blocks and "objectName is 'db-pass'" in found.text and "its file is 'pw'" in found.text
    assert "--type json" in found.command and '"path": "/spec/secretObjects/0/data/0/objectName"' in found.command
    assert '{"op": "test"' in found.command and '"value": "pw"}]' in found.command
    history = (Asked(0, "db-pass", "secret", history=2),)
    assert "'db-pass/0'" in problem("class-secret-objects", looked_at(made(("db-pass", "p"), objects=history))).text
    assert state("class-secret-objects", looked_at(made(("db-pass/1", "p"), objects=history))) == "ok"
    assert "the files are 'db-pass'" in problem("class-secret-objects", looked_at(made(("other", "p")))).text
    twice = made(("db-pass", "p"), ("db-pass", "p"))
    assert "the key 'p' comes 2 times" in problem("class-secret-objects", looked_at(twice)).text
    assert "no key" in problem("class-secret-objects", looked_at(made(("db-pass", "")))).text
    empty = problem("class-secret-objects", looked_at(made(kind="", name="")))
    assert "no secretName, no type, no data" in empty.text


def test_class_secret_objects_for_tls() -> None:
    web = (Asked(0, "web", "secret"), Asked(1, "web", "cert", "leaf"))
    good = made(("web", "tls.key"), ("web", "tls.crt"), kind="kubernetes.io/tls", objects=web)
    assert state("class-secret-objects", looked_at(good)) == "ok"
    half = made(("web", "tls.crt"), kind="kubernetes.io/tls", objects=web)
    assert "no tls.key" in problem("class-secret-objects", looked_at(half)).text
    more = made(("web", "tls.key"), ("web", "tls.crt"), ("web", "ca"), kind="kubernetes.io/tls", objects=web)
    assert "which has no 'ca'" in problem("class-secret-objects", looked_at(more)).text
    leaf = made(("leaf", "tls.key"), ("web", "tls.crt"), kind="kubernetes.io/tls", objects=web)
    assert "fetched as cert" in problem("class-secret-objects", looked_at(leaf)).text


def test_class_secret_objects_of_a_class_that_cannot_be_read() -> None:
    lint = (Lint("objects.array[1]", "line 2: a tab"),)
    broken = dataclasses.replace(made(("other", "p")), lints=lint)
    assert state("class-secret-objects", looked_at(broken)) == "unknown"
