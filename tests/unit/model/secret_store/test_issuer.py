"""What a token claims, without the token, against a federated credential."""

from __future__ import annotations

import base64
import json
import traceback
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azext_akskv.model.federation import AUDIENCE, FederatedCredential
from azext_akskv.model.ids import BadInput
from azext_akskv.model.secret_store.issuer import (
    IN_CLUSTER,
    NOT_A_TOKEN,
    Claims,
    claims_of,
    issuer_difference,
    mismatches,
    token_command,
)
from tests.unit.model.secret_store.builders import ISSUER, NOW
from tests.unit.properties.json_of_any_shape import ANY_JSON, spoiled

SUBJECT = "system:serviceaccount:shop:my-service-account"
CREDENTIAL = FederatedCredential("fic", ISSUER, SUBJECT)
BODY = {
    "iss": ISSUER,
    "sub": SUBJECT,
    "aud": [AUDIENCE],
    "exp": 1795870800,
    "iat": 1795867200.5,
    "kubernetes.io": {"namespace": "shop"},
}
GOOD = Claims(ISSUER, SUBJECT, (AUDIENCE,), NOW + timedelta(hours=1))


def coded(part: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")


def a_token(body: Any, signature: str = "c2lnbmF0dXJlLXRoYXQtaXMtbG9uZw", head: Any = None) -> str:
    return f"{coded({'alg': 'RS256', 'kid': 'k'} if head is None else head)}.{coded(body)}.{signature}"


def test_claims_are_told_and_the_token_is_not() -> None:
    token = a_token(BODY)
    claims = claims_of(f"\n{token}\n")
    assert (claims.issuer, claims.subject, claims.audiences) == (ISSUER, SUBJECT, (AUDIENCE,))
    assert claims.expires and claims.expires.timestamp() == 1795870800
    assert claims.issued and claims.issued.timestamp() == 1795867200
    assert not any(part in repr(claims) for part in token.split("."))


def test_an_audience_may_be_alone_and_a_signature_lack() -> None:
    assert claims_of(a_token({**BODY, "aud": "a"}, signature="")).audiences == ("a",)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        "a.b.c",
        "..",
        a_token(BODY).rpartition(".")[0],
        a_token([1]),
        a_token({"iss": ISSUER}),
        a_token({**BODY, "aud": 3}),
        a_token({**BODY, "exp": "soon"}),
        a_token(BODY, head={"typ": "JWT"}),
        a_token(BODY, head=["alg"]),
        a_token({**BODY, "sub": a_token(BODY)}, signature=a_token(BODY).split(".")[2]),
        f"{a_token(BODY)}{'x' * 30_000}",
        f"é.{coded(BODY)}.x",
    ],
)
def test_what_is_none_is_refused_without_its_text(text: str) -> None:
    if text == a_token({**BODY, "exp": "soon"}):
        assert claims_of(text).expires is None  # a time that cannot be read is none
        return
    with pytest.raises(BadInput) as caught:
        claims_of(text)
    assert str(caught.value) == NOT_A_TOKEN
    assert caught.value.__cause__ is caught.value.__context__ is None
    told = "".join(traceback.format_exception_only(caught.value))
    assert not any(part in told for part in text.split(".") if len(part) > 8)


@pytest.mark.parametrize("expires", [1e300, -1e300, True, 10**14])
def test_times_that_are_none_do_no_harm(expires: Any) -> None:
    with suppress(BadInput):
        assert claims_of(a_token({**BODY, "exp": expires})).expires is None


@given(st.data())
def test_any_text_gives_claims_or_bad_input_and_never_the_token(data: st.DataObject) -> None:
    body = data.draw(spoiled(BODY))
    parts = data.draw(st.permutations(a_token(body).split(".")) | st.just(a_token(body).split(".")))
    token = ".".join(parts)
    try:
        told = repr(claims_of(token))
    except BadInput as error:
        told = str(error)
    assert not any(len(part) > 20 and part in told for part in parts)


@given(st.text(max_size=200) | ANY_JSON.map(json.dumps) | st.binary(max_size=60).map(lambda raw: coded(list(raw))))
def test_noise_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match=NOT_A_TOKEN):
        claims_of(text)


def test_a_token_that_fits_has_no_mismatch() -> None:
    assert mismatches(GOOD, CREDENTIAL, NOW) == ()


@pytest.mark.parametrize(
    ("claims", "claim", "words"),
    [
        (Claims(ISSUER.rstrip("/"), SUBJECT, (AUDIENCE,)), "issuer", "the token's lacks the slash at the end"),
        (Claims(ISSUER.upper(), SUBJECT, (AUDIENCE,)), "issuer", "they differ in letter case"),
        (Claims(IN_CLUSTER[0], SUBJECT, (AUDIENCE,)), "issuer", "the API server still issues as"),
        (Claims(ISSUER.replace("2222", "3333"), SUBJECT, (AUDIENCE,)), "issuer", "they differ from character 76 on"),
        (Claims(f"{ISSUER}x", SUBJECT, (AUDIENCE,)), "issuer", f"they differ from character {len(ISSUER) + 1} on"),
        (
            Claims(ISSUER, SUBJECT.replace(":shop:", ":bank:"), (AUDIENCE,)),
            "subject",
            "namespace is 'bank' in the token",
        ),
        (Claims(ISSUER, f"{SUBJECT}2", (AUDIENCE,)), "subject", "service account is 'my-service-account2'"),
        (Claims(ISSUER, SUBJECT.replace("shop", "Shop"), (AUDIENCE,)), "subject", "they differ in letter case"),
        (Claims(ISSUER, "app", (AUDIENCE,)), "subject", "they differ from character 1 on"),
        (Claims(ISSUER, SUBJECT, ("https://kubernetes.default.svc",)), "audience", "the credential takes 'api://Azure"),
        (Claims(ISSUER, SUBJECT), "audience", "the token is for nobody"),
        (Claims(ISSUER, SUBJECT, (AUDIENCE,), NOW), "time", "expired at 2026-11-28T12:00:00Z"),
    ],
)
def test_what_differs_is_told_in_words(claims: Claims, claim: str, words: str) -> None:
    [found] = mismatches(claims, CREDENTIAL, NOW)
    assert found.claim == claim and words in found.text


def test_a_credential_without_the_slash_is_told_too() -> None:
    assert "the credential's lacks the slash at the end" in issuer_difference(ISSUER, ISSUER.rstrip("/"))
    assert issuer_difference(ISSUER, "") == "the credential has no issuer"
    assert "blanks" in issuer_difference(f"{ISSUER} ", ISSUER)


def test_an_expression_is_not_followed() -> None:
    by_expression = FederatedCredential("fic", ISSUER, "", expression="claims['sub'] matches 'x'")
    [found] = mismatches(GOOD, by_expression, NOW)
    assert "an expression" in found.text


@given(st.text(max_size=12), st.text(max_size=12))
def test_only_what_is_equal_to_the_letter_differs_in_nothing(one: str, other: str) -> None:
    assert bool(issuer_difference(one, other)) is (one != other)
    claims, credential = Claims(ISSUER, one, (AUDIENCE,)), FederatedCredential("fic", ISSUER, other)
    assert bool(mismatches(claims, credential, NOW)) is (one != other)


def test_the_command_that_makes_one_names_the_namespace() -> None:
    assert token_command("shop", "a b", AUDIENCE) == (
        "kubectl create token 'a b' -n shop --audience api://AzureADTokenExchange"
    )
