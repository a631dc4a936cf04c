"""What the API server of K3s has to be told, added to what it is told already."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from azext_akskv.model.ids import BadInput
from azext_akskv.model.secret_store.apiserver import (
    Merged,
    commands,
    config_lines,
    entries,
    issuers_set,
    merged,
    unit_arguments,
    unit_commands,
    values_of,
)
from tests.unit.model.secret_store.builders import ISSUER, NOW

OURS = (
    f"service-account-issuer-={ISSUER}",
    "service-account-max-token-expiration=24h",
    "enable-admission-plugins+=OwnerReferencesPermissionEnforcement",
)
KEY = "kube-apiserver-arg"


def test_the_issuer_keeps_its_slash() -> None:
    assert entries(ISSUER) == OURS and ISSUER.endswith("/")
    assert entries(ISSUER, hardened=False) == OURS[:2]


def test_the_forms_of_the_documents() -> None:
    assert config_lines(ISSUER) == ("kube-apiserver-arg:", *(f"  - '{each}'" for each in OURS))
    assert unit_arguments(ISSUER)[0] == f'--kube-apiserver-arg="--service-account-issuer-={ISSUER}"'
    assert commands(NOW)[-1] == unit_commands(NOW)[-1] == "sudo systemctl restart k3s"
    assert unit_commands(NOW)[-2] == "sudo systemctl daemon-reload"
    assert "cp -a /etc/rancher/k3s/config.yaml /etc/rancher/k3s/config.yaml.20261128T120000Z" in commands(NOW)[0]


@pytest.mark.parametrize(
    "issuer", ["", "http://a/", "https://a b/", "https://a/'x", 'https://a/"', "https://a/\n", "a"]
)
def test_what_is_no_issuer_is_refused(issuer: str) -> None:
    with pytest.raises(BadInput):
        entries(issuer)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "write-kubeconfig-mode: '644'\n",
        "---\ntls-san:\n  - a\n",
        "# mine\nkube-apiserver-arg:\n  - audit-log-maxage=30\nwrite-kubeconfig-mode: '644'\n",
        'kube-apiserver-arg:\n- "audit-log-maxage=30" # kept\n\n# and this\n- v=2\ntls-san: [a, b]\n',
        "kube-apiserver-arg:\nnode-label: [a=b]\n",
        "'kube-apiserver-arg': # none\n",
        "kube-apiserver-arg+:\n  - v=2",
        "disable: traefik",
    ],
)
def test_everything_stays_and_ours_is_added(text: str) -> None:
    found = merged(text, ISSUER)
    before, after = yaml.safe_load(text) or {}, yaml.safe_load(found.text)
    name = next((each for each in after if each.startswith(KEY)), KEY)
    assert after.pop(name) == [*(before.pop(name, None) or []), *OURS]
    assert after == before
    assert found.added == OURS
    assert set(text.split("\n")) <= set(found.text.split("\n"))
    assert merged(found.text, ISSUER).text == found.text and merged(found.text, ISSUER).added == ()


def test_another_issuer_stays_behind_ours_and_plugins_stay() -> None:
    """Else the tokens of running pods would be refused, and what K3s or its owner has turned on would be off."""
    text = (
        "kube-apiserver-arg:\n  - service-account-issuer=https://old\n  - 'enable-admission-plugins=EventRateLimit'\n"
        "  - --service-account-max-token-expiration=48h\n"
    )
    found = merged(text, ISSUER)
    assert found.text.startswith(text) and found.added == (OURS[0], OURS[2])
    there = yaml.safe_load(found.text)[KEY]
    assert values_of("service-account-issuer", there) == (ISSUER, "https://old")
    assert values_of("enable-admission-plugins", there) == ("EventRateLimit", "OwnerReferencesPermissionEnforcement")


@pytest.mark.parametrize(
    ("there", "values"),
    [
        (["a=1"], ("1",)),
        (["a=1", "a=2"], ("1", "2")),
        (["a=1", "a-=2", "a+=3"], ("2", "1", "3")),
        (["--a=1", "b=2", "ab=3", "a"], ("1", "")),
        ([], ()),
    ],
)
def test_values_come_in_the_order_of_k3s(there: list[str], values: tuple[str, ...]) -> None:
    assert values_of("a", there) == values


@pytest.mark.parametrize(
    "form", ["service-account-issuer={}", "--service-account-issuer={}", "service-account-issuer-={}"]
)
def test_what_is_there_in_another_form_is_there(form: str) -> None:
    text = (
        f"kube-apiserver-arg:\n- {form.format(ISSUER)}\n- service-account-max-token-expiration=1h\n"
        "- enable-admission-plugins=NodeRestriction,OwnerReferencesPermissionEnforcement\n"
    )
    assert merged(text, ISSUER) == Merged(text)


def test_an_issuer_without_its_slash_is_another() -> None:
    text = "\n".join(config_lines(ISSUER.rstrip("/")))
    assert merged(text, ISSUER).added == OURS[:1]


def test_without_the_plugin_nothing_is_said_of_plugins() -> None:
    assert merged("", ISSUER, hardened=False).text == "\n".join(config_lines(ISSUER)[:3]) + "\n"


@pytest.mark.parametrize(
    "text",
    [
        "kube-apiserver-arg: [v=2]\n",
        "kube-apiserver-arg: v=2\n",
        "kube-apiserver-arg:\n  - v=2\nkube-apiserver-arg:\n  - v=3\n",
        "kube-apiserver-arg:\n  - |\n    v=2\n",
        "kube-apiserver-arg:\n  a: b\n",
        "kube-apiserver-arg:\n  - v=2\n    - w=3\n",
        "{kube-apiserver-arg: [v=2]}",
        "a: b\n---\nc: d\n",
        "a: b\r\n",
        f"kube-apiserver-arg:\n- service-account-issuer=https://a\n- service-account-issuer={ISSUER}\n",
    ],
)
def test_what_is_better_changed_by_hand_is_left_alone(text: str) -> None:
    with pytest.raises(BadInput, match="by hand"):
        merged(text, ISSUER)


def test_issuers_in_both_places_are_found() -> None:
    unit = (
        f'ExecStart=/usr/local/bin/k3s \\\n server \\\n --kube-apiserver-arg="--service-account-issuer={ISSUER}" \\\n'
    )
    assert issuers_set(unit) == (ISSUER,)
    assert issuers_set(f"# service-account-issuer=https://no\n- 'service-account-issuer=https://a'\n{unit}") == (
        "https://a",
        ISSUER,
    )
    assert issuers_set("service-account-issuer-x=1") == issuers_set("") == ()


NAMES = st.sampled_from(["v=2", "'audit-log-maxage=30'", '"a=b" # c', "service-account-issuer=https://x", "-x"])
LINES = st.lists(
    st.sampled_from(["a: b", "kube-apiserver-arg:", "# c", "", "tls-san:", "  - d"]) | NAMES.map("  - {}".format),
    max_size=9,
)


@given(LINES.map("\n".join))
def test_a_file_is_added_to_without_a_loss_or_refused(text: str) -> None:
    before = loaded(text)
    try:
        found = merged(text, ISSUER)
    except BadInput:
        return
    after = loaded(found.text)
    assert set(text.split("\n")) <= set(found.text.split("\n"))
    if not isinstance(before, dict | None) or not isinstance(after, dict):
        return  # it was no configuration before
    added = after.pop(KEY)
    assert set(OURS) <= set(added) and after == {name: value for name, value in (before or {}).items() if name != KEY}
    assert added[: len(added) - len(OURS)] == ((before or {}).get(KEY) or [])


def loaded(text: str) -> Any:
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError:
        return "no YAML"
