"""Results as runs leave them, for the renderers."""

from __future__ import annotations

from datetime import datetime, timezone

from azext_akskv.engine.result import Result, StepRecord, Trouble
from azext_akskv.engine.runner import INTERRUPTED
from azext_akskv.engine.step import Plan, Rewrite, Step
from azext_akskv.model.cluster import Experience
from azext_akskv.model.finding import Finding, State
from azext_akskv.model.ids import KeyId, cluster_id
from azext_akskv.model.kube import Refused, SecretRef, Tally
from azext_akskv.model.state import KeyState, KmsState, PreviousKey
from azext_akskv.model.vault import Openness

COMMAND = "az aks kv kms enable -g rg1 -n prod --vault kv1 --key kms"
KEY = KeyId("kv1.vault.azure.net", "kms", "91bc0000000000000000000000000000")

STEPS = (
    StepRecord("grant-crypto-user", "give prod-id the role Key Vault Crypto User", "already", 0.2, "since 2026-11-01"),
    StepRecord("turn-on-kms", "turn KMS on with version 91bc0000 of key kms", "done", 252.0),
    StepRecord("note-switch", "note the change in the cluster", "done", 1.0, "R0 is 48211"),
    StepRecord("rewrite-secrets", "rewrite every secret", "done", 11.3, "1,940 of 1,940"),
)
PLAN = Plan(
    "enable",
    tuple(
        Step(step.code, step.title, lambda _run: None, lambda _run: None, point_of_no_return=step.code == "turn-on-kms")
        for step in STEPS
    ),
    keep=(
        f"{KEY} must stay enabled and unexpired: without it the secrets cannot be read",
        "The vault is still open to public networks; close it now: az keyvault update --name kv1 --default-action Deny",
    ),
    notes=("From the moment that AKS accepts the change the cluster depends on the key.", "About 7 minutes."),
    question="Turn on KMS for prod?",
)
PROVED = Rewrite(Tally(total=1940, rewritten=1938, gone=1, current=1, conflicts_resolved=2), 11.34, True, "")

UNUSABLE = Finding(
    "key-unusable",
    "key",
    State.ERROR,
    "kms 91bc0000 cannot encrypt: its operations are decrypt, verify",
    "the API server encrypts every secret with this key",
    f"az keyvault key set-attributes --id {KEY} --ops encrypt decrypt",
    guards=True,
)
EXPIRING = Finding("key-expiring", "key", State.ERROR, "it expires on 2026-12-01", "", "", may_accept=True, guards=True)
UNREADABLE_FIREWALL = Finding(
    "firewall", "network", State.UNKNOWN, "cannot read the firewall of kv1: 403 on vaults/read", guards=True
)
NO_PURGE_PROTECTION = Finding(
    "purge-protection", "key", State.WARNING, "kv1 has no purge protection", "a purged key is lost", "az keyvault ..."
)
HEALTHY = Finding("cluster-settled", "cluster", State.OK, "no operation runs on the cluster")
NOT_APPLICABLE = Finding("private-link", "network", State.SKIPPED, "the vault is public")


def done() -> Result:
    return Result("enable", "20261122-144501-enable", "done", STEPS, (HEALTHY, NO_PURGE_PROTECTION), PLAN.keep, PROVED)


def refused() -> Result:
    trouble = Trouble("Not started: 1 error, 1 unknown.", ("Nothing was changed.",), UNUSABLE.command)
    return Result("enable", "", "refused", findings=(HEALTHY, UNUSABLE, UNREADABLE_FIREWALL), trouble=trouble)


def failed() -> Result:
    refusal = Refused(SecretRef("team-b", "db\x1b[31m"), "403 deny-secret-updates\u202e")
    platform = Refused(SecretRef("kube-system", "aks"), "denied by the platform", platform=True)
    tally = Tally(total=1940, rewritten=812, refused=(refusal, platform))
    rewrite = Rewrite(tally, 9.96, False, "2 secrets were refused")
    steps = (
        *STEPS[:3],
        StepRecord("rewrite-secrets", "rewrite every secret", "failed", 10.0, "2 secrets were refused"),
    )
    trouble = Trouble("2 secrets were refused", ("Every secret can be read: keep the key enabled.",))
    return Result("enable", "20261122-144501-enable", "failed", steps, (), PLAN.keep, rewrite, trouble)


def interrupted() -> Result:
    steps = (*STEPS[:1], StepRecord("turn-on-kms", STEPS[1].title, "failed", 0.0, INTERRUPTED))
    trouble = Trouble(f"Interrupted in the step: {STEPS[1].title}.", ("The API servers may already use the key.",))
    return Result("enable", "20261122-144501-enable", "failed", steps, trouble=trouble)


def waiting() -> Result:
    steps = (StepRecord("wait-for-identity", "wait until every component uses prod-id", "planned", 0.0, "since 14:45"),)
    trouble = Trouble("The control plane still uses its old identity.", ("KMS is still off.",), "run again after 8 h")
    return Result("enable", "20261122-144501-enable", "waiting", steps, trouble=trouble)


def nothing_left() -> Result:
    steps = tuple(StepRecord(step.code, step.title, "already") for step in STEPS)
    return Result("enable", "20261122-151501-enable", "done", steps, keep=PLAN.keep)


def state() -> KmsState:
    before = KeyId(KEY.host, KEY.name, "07aa0000000000000000000000000000")
    return KmsState(
        cluster=cluster_id("sub", "rg1", "prod"),
        kubernetes_version="1.30.4",
        experience=Experience.LEGACY_V2,
        key=KeyState(KEY, True, datetime(2027, 1, 31, 12, tzinfo=timezone.utc), KEY.version),
        previous_keys=(PreviousKey(before, may_retire=False, why="it was in use before"),),
        declared="Public",
        vault_openness=Openness.PUBLIC,
        rewrite_owed=False,
        findings=(HEALTHY, NO_PURGE_PROTECTION),
    )
