"""What a text looks like when it is compared, and what of it may be shown."""

from __future__ import annotations

import pytest

from azext_akskv.model.provider.clean import HIDDEN, LONGEST_PROOF, bare, comparable, redacted, shown

JWT = "eyJhbGciOiJSUzI1NiIsImtpZCI6IjEifQ.eyJpc3MiOiJodHRwczovL2V4YW1wbGUifQ.c2lnbmF0dXJlLXNpZ25hdHVyZQ"


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ('InnerError={\\"code\\":\\"X\\"}', 'InnerError={"code":"X"}'),
        ('InnerError={\\\\\\"code\\\\\\":\\\\\\"X\\\\\\"}', 'InnerError={"code":"X"}'),
        ("a.\\\\r\\\\nb", "a.\nb"),
        ("a.\\r\\nb", "a.\nb"),
        ("C:\\\\k\\\\secrets-store-csi-providers\\\\new", "C:/k/secrets-store-csi-providers/new"),
        ("C:\\var\\lib\\kubelet\\pods\\n1", "C:/var/lib/kubelet/pods/n1"),
        ("resource=https%!A(MISSING)%!F(MISSING)vault", "resource=https:/vault"),
        ("resource=https%!!(MISSING)A(MISSING)%!!(MISSING)F(MISSING)vault", "resource=https:/vault"),
        ('volume "kv" : rpc error : code', 'volume "kv": rpc error: code'),
        ("« texte\u00a0»", '" texte "'),
        ("\u201cx\u201d\uff1a\u2018y\u2019", "\"x\":'y'"),
        ("keyv\u200bault", "keyvault"),
        ("\\u003cnil\\u003e \\u0026", "<nil> &"),
    ],
)
def test_it_is_as_it_was_before_it_was_printed(text: str, meant: str) -> None:
    assert comparable(text) == meant


def test_comparing_twice_changes_nothing_more() -> None:
    once = comparable('err="failed : \\"x\\"\\r\\nCaller%!A(MISSING)"')
    assert comparable(once) == once


@pytest.mark.parametrize("line", ["\x1b[31mE1122\x1b[0m\r\n", "\x1b[1;31;40mE1122\x1b[K\n", "\x1b]0;title\x07E1122\n"])
def test_what_steers_a_terminal_goes(line: str) -> None:
    assert bare(line) == "E1122"


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("could not find clientid in secrets(map[clientsecret:aBc~123 x:y])", "aBc~123"),
        ("could not find clientid in secrets(map[clientsecret:aBc~123", "aBc~123"),
        (f"token {JWT} refused", JWT.split(".")[1]),
        (f"token {JWT[:60]}", JWT[40:60]),
        ("Authorization: Bearer abcdefghijklmnopqrstuvwxyz", "abcdefghijklmnop"),
        ('"authorization":"Basic dXNlcjpwYXNzd29yZA=="', "dXNlcjpwYXNzd29yZA"),
        ("client_secret=s3cr3t~value&scope=x", "s3cr3t~value"),
        ('{"client_secret":"s3cr3t~value"}', "s3cr3t~value"),
        ("client_assertion=notajwt123", "notajwt123"),
        ("https://x.blob.core.windows.net/c?sv=1&sig=a%2Fbc%3D&se=2", "a%2Fbc%3D"),
        ("AccountKey=abc123==;EndpointSuffix=x", "abc123"),
        ("proxyconnect https://user:pass1234@proxy:3128", "pass1234"),
        ("-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBg\n-----END PRIVATE KEY-----", "MIIEvQ"),
        ("-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBg", "MIIEvQ"),
        ("value Q29udG9zbyBSZXRhaWwgU2VjcmV0IFZhbHVlIDEyMzQ1Njc4OTAxMjM0NTY3ODkw", "Q29udG9zbyBS"),
    ],
)
def test_what_opens_a_door_is_hidden(text: str, secret: str) -> None:
    assert secret in text
    assert secret not in redacted(text) and HIDDEN in redacted(text)


@pytest.mark.parametrize(
    "text",
    [
        "azure.BearerAuthorizer#WithAuthorization: Failed to refresh the Token for request to https://v.vault.azure.net/",
        "appid=5d9e7c10-8b42-4a6f-9c33-0f1a2b3c4d5e;oid=a7734bd2-91e0-4c55-8f26-c0de11aa22bb",
        "AADSTS7000215: Invalid client secret provided. Ensure the secret being sent is the client secret value",
        "/subscriptions/0c2f9e18-4d73-4b60-a1c9-5e6f70819a2b/resourcegroups/rg-kv/providers/microsoft.keyvault/vaults/v",
        "failed to get objectType:secret, objectName:db-password, objectVersion:: GET",
        "-" * 80,
        "Request is missing a Bearer or PoP token",
    ],
)
def test_what_opens_none_stays(text: str) -> None:
    assert redacted(text) == text


def test_a_proof_is_one_short_line_with_its_beginning_and_what_proves_it() -> None:
    text = "MountVolume.SetUp failed\n" + "-" * 80 + "\n" + "x " * 900 + '"code": "ForbiddenByRbac"\n}' + " y" * 500
    start = text.index("ForbiddenByRbac")
    proof = shown(text, start, start + 15)
    assert proof.startswith("MountVolume.SetUp failed") and "ForbiddenByRbac" in proof
    assert "\n" not in proof and "-----" not in proof and len(proof) <= LONGEST_PROOF + 8


def test_a_short_text_is_shown_whole() -> None:
    assert shown("a  b\n\tc", 0, 1) == "a b c"
