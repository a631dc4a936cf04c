"""What the API server of K3s has to be told, added to what it is told already."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from azext_akskv.model.ids import BadInput
from azext_akskv.model.secret_store.apiserver import (
    commands,
    config_lines,
    entries,
    issuers_set,
    merged,
    unit_arguments,
    unit_commands,
)
from tests.unit.model.secret_store.builders import ISSUER, NOW

OURS = (
    f"service-account-issuer={ISSUER}",
    "service-account-max-token-expiration=24h",
    "enable-admission-plugins=NodeRestriction,OwnerReferencesPermissionEnforcement",
)
KEY = "kube-apiserver-arg"


def test_the_issuer_keeps_its_slash() -> None:
    assert entries(ISSUER) == OURS and ISSUER.endswith("/")
    assert entries(ISSUER, hardened=False) == OURS[:2]


def test_the_forms_of_the_documents() -> None:
    assert config_lines(ISSUER) == ("kube-apiserver-arg:", *(f"  - '{each}'" for each in OURS))
    assert unit_arguments(ISSUER)[0] == f'--kube-apiserver-arg="--service-account-issuer={ISSUER}"'
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
    assert (found.added, found.replaced) == (OURS, ())
    assert set(text.split("\n")) <= set(found.text.split("\n"))
    assert merged(found.text, ISSUER).text == found.text and merged(found.text, ISSUER).added == ()


def test_another_issuer_is_replaced_and_told_and_plugins_are_added_to() -> None:
    text = (
        "kube-apiserver-arg:\n  - service-account-issuer=https://old\n  - 'enable-admission-plugins=EventRateLimit'\n"
        "  - --service-account-max-token-expiration=48h\n"
    )
    found = merged(text, ISSUER)
    assert yaml.safe_load(found.text)[KEY] == [
        f"service-account-issuer={ISSUER}",
        "enable-admission-plugins=EventRateLimit,OwnerReferencesPermissionEnforcement",
        "--service-account-max-token-expiration=48h",
    ]
    assert found.added == ()
    assert found.replaced == ("service-account-issuer=https://old", "enable-admission-plugins=EventRateLimit")
    assert "EventRateLimit'" in merged(text, ISSUER, hardened=False).text


def test_an_issuer_without_its_slash_is_another() -> None:
    text = "\n".join(config_lines(ISSUER.rstrip("/")))
    assert merged(text, ISSUER).replaced == (f"service-account-issuer={ISSUER.rstrip('/')}",)


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
        "kube-apiserver-arg:\n- service-account-issuer=https://a\n- service-account-issuer=https://b\n",
        "kube-apiserver-arg:\n- enable-admission-plugins=it's\n",
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
    if not isinstance(before, dict | None) or not isinstance(after, dict):
        return  # it was no configuration before
    added = after.pop(KEY)
    assert set(OURS) <= set(added) and after == {name: value for name, value in (before or {}).items() if name != KEY}
    assert {each for each in (before or {}).get(KEY) or () if "issuer" not in each} <= set(added)


def loaded(text: str) -> Any:
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError:
        return "no YAML"
