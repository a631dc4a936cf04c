"""What weighs more in one text, and what is no failure of ours."""

from __future__ import annotations

import pytest

from azext_akskv.model.provider.catalogue import CATALOGUE
from azext_akskv.model.provider.clean import comparable
from azext_akskv.model.provider.match import Confidence
from azext_akskv.model.provider.rules import classify, classify_prose
from tests.unit.model.provider.texts import ASKED, EVENT, TIMED_OUT, refused


def slug(text: str) -> str | None:
    match = classify(comparable(text))
    return match.slug if match else None


IDENTITY = '{"error":"invalid_request","error_description":"Identity not found"}'


@pytest.mark.parametrize(
    ("weightier", "text"),
    [
        ("forbidden_connection", EVENT + refused("ForbiddenByConnection") + "\nRESPONSE 401"),
        ("nmi_403", f"nmi response failed with status code: 403, response body: {IDENTITY}"),
        ("aad_issuer_mismatch", "reply status code was 401: AADSTS700211: No matching ClientAssertionCredential"),
        (
            "forbidden_policy",
            'StatusCode=403 -- Service returned an error. InnerError={"code":"AccessDenied"} keyvault',
        ),
        ("identity_not_found", f"ManagedIdentityCredential authentication failed. RESPONSE 400 {IDENTITY}"),
        ("dns_nxdomain", ASKED + "StatusCode=0 -- Original Error: dial tcp: lookup kv on 10.0.0.10:53: no such host"),
        (
            "dns_unreachable",
            ASKED + "dial tcp: lookup kv on 10.0.0.10:53: read udp 10.1.1.1:5->10.0.0.10:53: i/o timeout",
        ),
        ("tls_intercepted", ASKED + "StatusCode=0 -- x509: certificate signed by unknown authority"),
        (
            "imds_unreachable",
            ASKED + 'Get "http://169.254.169.254/metadata/identity/oauth2/token": context deadline exceeded',
        ),
        ("egress_blocked", EVENT + ASKED + TIMED_OUT),
        (
            "egress_blocked",
            EVENT + ASKED + "keyvault.BaseClient#GetSecret: StatusCode=0 -- x: context deadline exceeded",
        ),
        ("mount_timeout", 'MountVolume.SetUp failed for volume "kv" : rpc error: code = DeadlineExceeded desc = x'),
        (
            "provider_unreachable",
            EVENT.replace("Unknown desc = failed to mount objects", "Unavailable") + "azure.sock: no such file",
        ),
        ("crd_missing", 'failed to get secretproviderclass a/b, error: no matches for kind "SecretProviderClass"'),
        (
            "publish_secret_missing",
            "failed to build auth config for mode None: failed to get credentials, "
            "nodePublishSecretRef secret is not set",
        ),
    ],
)
def test_the_weightier_word_decides(weightier: str, text: str) -> None:
    assert slug(text) == weightier


@pytest.mark.parametrize(
    ("number", "meant"),
    [("70021", "aad_no_fic"), ("700211", "aad_issuer_mismatch"), ("700213", "aad_subject_mismatch"), ("1", None)],
)
def test_entras_numbers_are_taken_whole(number: str, meant: str | None) -> None:
    assert slug(f"AADSTS{number}: words") == meant


def test_a_number_that_ends_the_text_may_be_longer() -> None:
    match = classify("ClientAssertionCredential authentication failed. AADSTS70021")
    assert match and match.slug == "aad_other" and match.confidence is Confidence.POSSIBLE


def test_the_list_of_numbers_tells_what_the_cut_off_text_does_not() -> None:
    assert slug('ClientAssertionCredential failed "error_codes": [\n 700213\n ] AADSTS70021') == "aad_subject_mismatch"


def test_a_number_that_nobody_knows_is_said_to_be_one() -> None:
    assert slug("ClientSecretCredential authentication failed. AADSTS7000112: Application is disabled.") == "aad_other"


@pytest.mark.parametrize(
    "text",
    [
        'Failed to pull image "x": dial tcp: lookup mcr.microsoft.com on 10.0.0.10:53: no such host',
        "compute.VirtualMachineScaleSetsClient#Update: Failure sending request: StatusCode=0 -- Original Error: Code=x",
        "compute.DisksClient#Get: Failure responding to request: StatusCode=403 -- Original Error: x",
        'Get "https://10.0.0.1:443/api": x509: certificate signed by unknown authority',
        'MountVolume.MountDevice failed for volume "pvc-1" : rpc error: code = DeadlineExceeded desc = x',
        'SecretProviderClass.secrets-store.csi.x-k8s.io "kv" is invalid: spec.provider: Required value',
        'MountVolume.SetUp failed for volume "cfg" : configmap "cfg" not found',
        'Error from server (NotFound): secrets "x" not found',
    ],
)
def test_what_is_somebody_elses_is_not_taken_for_ours(text: str) -> None:
    assert slug(text) is None


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ('\uc694\uccad\uc740 "401" \uc624\ub958', "kv_401"),
        ("un code d\u2019erreur \u00ab 429 \u00bb.", "throttled"),
        ('rest_client_requests_total{code="429"} 3', None),
        ("the year 401 and the room 429", None),
    ],
)
def test_the_articles_own_numbers_count_in_sentences_alone(text: str, meant: str | None) -> None:
    match = classify_prose(comparable(text))
    assert (match.slug if match else None) == meant


def test_every_rule_names_a_cause_of_the_catalogue() -> None:
    from azext_akskv.model.provider import answers, rules

    tables = (answers.POD_IDENTITY, answers.INNER_CODES, answers.MESSAGES, rules.CONFIGURED, rules.CONNECTION)
    more = (rules.FRAME, rules.TIMEOUT, rules.NO_CAUSE, rules.METRICS, rules.PROSE)
    named = {rule.slug for table in (*tables, *more) for rule in table} | set(answers.ENTRA_NUMBERS.values())
    assert named <= set(CATALOGUE)


def test_a_rule_needs_only_words_that_its_pattern_has() -> None:
    """Else it could never fit, or not always when it should."""
    from azext_akskv.model.provider import answers, rules

    for table in (answers.POD_IDENTITY, answers.INNER_CODES, answers.MESSAGES, rules.CONFIGURED, rules.FRAME):
        for rule in table:
            assert rule.needs and all(rule.needs), rule.slug
