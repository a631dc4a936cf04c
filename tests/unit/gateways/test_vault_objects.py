"""What lies in a vault: by its lists alone, page by page, and never by what answers with a value."""

from __future__ import annotations

import re
from contextlib import suppress
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azext_akskv.failures import Denied, GatewayError, Missing, Rejected, Throttled
from azext_akskv.gateways.vault_objects import ListedObjects
from azext_akskv.model.vault import Vault
from azext_akskv.model.vault_object import ObjectType
from tests.unit.gateways.conftest import ClientsOfService, Reply, Service, a_vault
from tests.unit.gateways.test_keys import asks_for_a_token

SECRET, KEY, CERT = ObjectType
V1, V2, V3 = "1" * 32, "2" * 32, "3" * 32
CREATED, NOT_BEFORE, EXPIRES = 1_790_000_000, 1_790_000_100, 1_800_000_000
NO_VALUE = re.compile(r"/(deleted)?(secrets|keys|certificates)|/(secrets|keys|certificates)/[0-9A-Za-z-]+/versions")
"""The lists; `/secrets/NAME` and `/secrets/NAME/VERSION` answer with the value."""
HOST = "kv1.vault.azure.net"


def refused(code: str, message: str = "no") -> Reply:
    return Reply(403, {"error": {"code": "Forbidden", "message": message, "innererror": {"code": code}}})


def an_item(name: str, version: str = "", of: ObjectType = SECRET, created: int = CREATED, **more: Any) -> Any:
    address = "/".join(filter(None, [f"https://{HOST}/{of.plural}/{name}", version]))
    attributes = {"enabled": True, "created": created, **more.pop("attributes", {})}
    return {"kid" if of is KEY else "id": address, "attributes": attributes, **more}


@pytest.fixture
def objects(clients: ClientsOfService) -> ListedObjects:
    return ListedObjects(clients)  # type: ignore[arg-type]  # a stand-in


@pytest.fixture
def vault(service: Service) -> Vault:
    return a_vault(service.host)


def asked_of_the_vault(service: Service) -> set[str]:
    return {each.path for each in service.requests if not each.path.startswith("/subscriptions")}


def test_a_list_comes_page_by_page_with_what_it_tells(service: Service, objects: ListedObjects, vault: Vault) -> None:
    full = an_item(
        "db",
        attributes={"enabled": False, "nbf": NOT_BEFORE, "exp": EXPIRES},
        contentType="application/x-pkcs12",
        managed=True,
        tags={"owner": "shop"},
    )
    following = f"{service.url}/secrets?api-version=7.5&$skiptoken=x&maxresults=25"
    first, second = {"value": [full], "nextLink": following}, {"value": [an_item("api")], "nextLink": None}
    asks_for_a_token(service, "/secrets", Reply(200, first), Reply(200, second))
    one, two = objects.all(vault, SECRET)
    assert (one.type, one.name, one.version, one.enabled) == (SECRET, "db", None, False)
    assert (one.content_type, one.managed) == ("application/x-pkcs12", True)
    times = (one.created, one.not_before, one.expires)
    assert [int(each.timestamp()) for each in times if each] == [CREATED, NOT_BEFORE, EXPIRES]
    assert (two.name, two.enabled, two.content_type, two.managed, two.expires) == ("api", True, "", False, None)
    assert service.requests[-2].query == {"maxresults": "25", "api-version": "7.5"}
    assert service.requests[-1].query == {"maxresults": "25", "api-version": "7.5", "$skiptoken": "x"}
    assert asked_of_the_vault(service) == {"/secrets"}


@pytest.mark.parametrize("of", ObjectType)
def test_versions_come_newest_first(service: Service, objects: ListedObjects, vault: Vault, of: ObjectType) -> None:
    items = [an_item("tls", v, of, CREATED + n) for n, v in [(1, V1), (3, V3), (2, V2)]]
    asks_for_a_token(service, f"/{of.plural}/tls/versions", Reply(200, {"value": items}))
    assert [each.version for each in objects.versions(vault, of, "tls")] == [V3, V2, V1]


@pytest.mark.parametrize("answer", [Reply(404, {"error": {"code": "SecretNotFound"}}), Reply(200, {"value": []})])
def test_what_is_not_there_has_no_versions(
    service: Service, objects: ListedObjects, vault: Vault, answer: Reply
) -> None:
    asks_for_a_token(service, "/secrets/gone/versions", answer)
    assert objects.versions(vault, SECRET, "gone") == ()


def test_a_404_that_is_not_the_vaults_says_nothing(service: Service, objects: ListedObjects, vault: Vault) -> None:
    asks_for_a_token(service, "/secrets/db/versions", Reply(404, "<html>not here</html>"))
    with pytest.raises(Missing):
        objects.versions(vault, SECRET, "db")


@pytest.mark.parametrize("of", ObjectType)
def test_deleted_ones_are_told_by_name(service: Service, objects: ListedObjects, vault: Vault, of: ObjectType) -> None:
    deleted = {**an_item("Old", of=of), "recoveryId": f"https://{HOST}/deleted{of.plural}/Old", "deletedDate": CREATED}
    asks_for_a_token(service, f"/deleted{of.plural}", Reply(200, {"value": [deleted]}))
    assert objects.deleted(vault, of) == {"old"}


@pytest.mark.parametrize("name", ["db/1234", "../keys", "db?x=", "a_b", "a.b", "", "a b", "db%2F1", "ä", "x" * 128])
def test_a_name_that_none_can_have_is_not_asked_for(
    service: Service, objects: ListedObjects, vault: Vault, name: str
) -> None:
    with pytest.raises(Rejected) as caught:
        objects.versions(vault, SECRET, name)
    assert caught.value.code == "BadParameter" and not service.requests


REFUSALS = ["ForbiddenByConnection", "ForbiddenByFirewall", "ForbiddenByRbac", "ForbiddenByPolicy", "AccessDenied"]


@pytest.mark.parametrize("code", REFUSALS)
def test_where_the_vault_refuses_us_arm_lists_secrets_without_values(
    service: Service, objects: ListedObjects, vault: Vault, code: str
) -> None:
    asks_for_a_token(service, "/secrets", refused(code))
    attributes = {"enabled": False, "created": CREATED, "exp": EXPIRES}
    properties = {"contentType": "text/plain", "attributes": attributes, "secretUri": f"https://{HOST}/secrets/db"}
    following = f"{service.url}{vault.id}/secrets?api-version=2023-07-01&%24skiptoken=x"
    pages = [
        Reply(200, {"value": [{"name": "db", "properties": properties}], "nextLink": following}),
        Reply(200, {"value": [{"name": "kv1/api", "properties": {"attributes": {"enabled": True}}}]}),
    ]
    service.answers("GET", f"{vault.id}/secrets", *pages)
    one, two = objects.all(vault, SECRET)
    assert (one.name, one.enabled, one.content_type, one.managed) == ("db", False, "text/plain", False)
    assert one.expires and int(one.expires.timestamp()) == EXPIRES and (two.name, two.enabled) == ("api", True)


def test_arm_knows_the_versions_of_keys(service: Service, objects: ListedObjects, vault: Vault) -> None:
    asks_for_a_token(service, "/keys/tls/versions", refused("ForbiddenByConnection"))
    items = [
        {"name": v, "properties": {"attributes": {"enabled": v == V2, "created": CREATED + n}}}
        for n, v in enumerate([V1, V2])
    ]
    service.answers("GET", f"{vault.id}/keys/tls/versions", Reply(200, {"value": items}))
    found = objects.versions(vault, KEY, "tls")
    assert [(each.name, each.version, each.enabled) for each in found] == [("tls", V2, True), ("tls", V1, False)]


def test_a_key_that_neither_knows_is_not_there(service: Service, objects: ListedObjects, vault: Vault) -> None:
    asks_for_a_token(service, "/keys/tls/versions", refused("ForbiddenByConnection"))
    service.answers("GET", f"{vault.id}/keys/tls/versions", Reply(404, {"error": {"code": "KeyNotFound"}}))
    assert objects.versions(vault, KEY, "tls") == ()


def test_refused_by_both_tells_both(service: Service, objects: ListedObjects, vault: Vault) -> None:
    asks_for_a_token(service, "/secrets", refused("ForbiddenByConnection", "Public network access is disabled."))
    no_right = {"error": {"code": "AuthorizationFailed", "message": "no read on vaults/secrets."}}
    service.answers("GET", f"{vault.id}/secrets", Reply(403, no_right))
    with pytest.raises(Denied, match=r"disabled\. And ARM: \(AuthorizationFailed\) no read") as caught:
        objects.all(vault, SECRET)
    assert caught.value.code == "ForbiddenByConnection"


@pytest.mark.parametrize("what", ["certificates", "versions of a secret", "deleted secrets"])
def test_what_arm_does_not_know_stays_unknown(
    service: Service, objects: ListedObjects, vault: Vault, what: str
) -> None:
    asks: Any = {
        "certificates": ("/certificates", lambda: objects.all(vault, CERT)),
        "versions of a secret": ("/secrets/db/versions", lambda: objects.versions(vault, SECRET, "db")),
        "deleted secrets": ("/deletedsecrets", lambda: objects.deleted(vault, SECRET)),
    }
    path, ask = asks[what]
    asks_for_a_token(service, path, refused("ForbiddenByFirewall", "Client address is not authorized"))
    with pytest.raises(Denied, match="not authorized"):
        ask()
    assert asked_of_the_vault(service) == {path} == {each.path for each in service.requests}


def test_a_vault_that_is_busy_is_not_gone_around(service: Service, objects: ListedObjects, vault: Vault) -> None:
    asks_for_a_token(service, "/secrets", Reply(429, {"error": {"code": "Throttled", "message": "slow down"}}))
    with pytest.raises(Throttled):
        objects.all(vault, SECRET)


LURES = [
    "{url}/secrets/db?x=1",
    "{url}/secrets/db/" + V1,
    "{url}/keys?x=1",
    "{url}/secrets%2Fdb",
    "//{host}/secrets/db",
]


@pytest.mark.parametrize("link", [*LURES, "https://kv2.vault.azure.net/secrets?x=1", "/secrets/db", "http://["])
def test_a_next_page_is_one_of_the_same_list_at_the_same_vault(
    service: Service, objects: ListedObjects, vault: Vault, link: str
) -> None:
    led = link.format(url=service.url, host=service.host)
    asks_for_a_token(service, "/secrets", Reply(200, {"value": [an_item("db")], "nextLink": led}))
    with pytest.raises(GatewayError):
        objects.all(vault, SECRET)
    assert asked_of_the_vault(service) == {"/secrets"} and len(service.requests) == 2  # the first without a token


def test_a_list_without_an_end_is_left(service: Service, objects: ListedObjects, vault: Vault) -> None:
    same = f"{service.url}/secrets?api-version=7.5&$skiptoken=x"
    asks_for_a_token(service, "/secrets", Reply(200, {"value": [an_item("db")], "nextLink": same}))
    with pytest.raises(Rejected, match="in a circle"):
        objects.all(vault, SECRET)


ANYTHING = st.one_of(
    st.none(),
    st.text(max_size=20),
    st.builds(
        "{}{}/{}{}".format,
        st.sampled_from(
            ["", f"https://{HOST}", f"https://{HOST}:443", f"https://{HOST}@evil.test", "https://evil.test"]
        ),
        st.sampled_from(["", "/", "/.", "/.."]),
        st.sampled_from(
            ["secrets", "secrets/db", "secrets/db/versions", "secrets/db/versions/../1", "SECRETS", "keys"]
        ),
        st.sampled_from(["", "?a=1", "/", "#/secrets/db", "?#", "%2Fdb", "\\db", "/db?b=2"]),
    ),
)


@given(links=st.lists(ANYTHING, max_size=4), name=st.one_of(st.just("db"), st.text(max_size=12)))
def test_whatever_a_vault_and_a_class_say_no_value_is_asked_for(links: list[str | None], name: str) -> None:
    asked: list[str] = []
    pages = [{"value": [], "nextLink": link} for link in links]

    def send(request: Any) -> Any:
        asked.append(request.url)
        page = pages.pop(0) if pages else {"value": []}
        return SimpleNamespace(json=lambda: page, raise_for_status=lambda: None)

    clients: Any = SimpleNamespace(vault_keys=lambda _vault: SimpleNamespace(send_request=send))
    objects, vault = ListedObjects(clients), a_vault(HOST)
    for ask in (
        lambda: objects.all(vault, SECRET),
        lambda: objects.versions(vault, SECRET, name),
        lambda: objects.deleted(vault, SECRET),
    ):
        with suppress(GatewayError):
            ask()
    assert asked
    for each in asked:
        url = urlsplit(each)
        assert not url.scheme and not url.netloc and NO_VALUE.fullmatch(f"/{url.path}"), each
        assert "maxresults=25" in url.query or len(asked) > 1


@pytest.mark.parametrize("body", ["a page of a proxy", {"value": [{"id": "https://kv1/secrets"}]}, {"value": 1}, []])
def test_an_answer_that_is_no_list_is_told_as_such(
    service: Service, objects: ListedObjects, vault: Vault, body: Any
) -> None:
    asks_for_a_token(service, "/secrets", Reply(200, body))
    with pytest.raises(Rejected) as caught:
        objects.all(vault, SECRET)
    assert caught.value.code == "UnreadableAnswer"
