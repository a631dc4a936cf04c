"""Turns KMS on or off in the cluster's profile."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from azext_akskv.engine.step import Fact, Run, Seen, Step, given
from azext_akskv.failures import GatewayError, OperationFailed, Rejected
from azext_akskv.model.access import KEY_POLICY, USES_KEYS
from azext_akskv.model.choice import ENDED_BADLY, is_on_with
from azext_akskv.model.cluster import Cluster
from azext_akskv.model.ids import KeyId, ResourceId
from azext_akskv.model.key import why_unusable
from azext_akskv.model.ledger import ledger_of, with_change
from azext_akskv.model.vault import Openness
from azext_akskv.ports import KmsSetting
from azext_akskv.steps.settled import change, watch

NOT_GRANTED = "AzureKeyVaultKmsValidateIdentityPermissionCustomerError"
"""AKS could not encrypt and decrypt as the cluster's identity: also its answer while a grant is still spreading."""


@dataclass(frozen=True)
class KmsWanted:
    """What the profile shall say. `key` and `principal` may be found out by steps before."""

    key: Fact[KeyId] | KeyId
    network_access: str
    vault: ResourceId
    principal: Fact[str] | str


def turn_on_kms(wanted: KmsWanted, *, among_others: bool = False) -> Step:
    """`among_others`: see is_over."""
    title = f"turn on KMS with {_key_words(wanted)}, {wanted.network_access.lower()} access"
    return _key_in_force("turn-on-kms", title, wanted, among_others=among_others)


def put_key_in(wanted: KmsWanted) -> Step:
    """Sends mode and vault again, as the service wants it."""
    return _key_in_force("put-key-in", f"put in {_key_words(wanted)}, {wanted.network_access.lower()} access", wanted)


def _key_in_force(code: str, title: str, wanted: KmsWanted, *, among_others: bool = False) -> Step:
    def shown(run: Run, cluster: Cluster) -> bool:
        return is_on_with(cluster, given(run, wanted.key), wanted.network_access, wanted.vault)

    def look(run: Run) -> Seen | None:
        cluster = run.looking.clusters.get(run.target)
        if not (shown(run, cluster) and is_over(cluster, among_others)):
            return None
        return Seen(str(cluster.kms.key), {"key": str(cluster.kms.key), "network-access": wanted.network_access})

    def put(run: Run, cluster: Cluster) -> None:
        setting = KmsSetting(given(run, wanted.key), wanted.network_access, wanted.vault)
        tags = with_change(cluster, setting.key, run.id)
        run.ports.clusters.turn_on_kms(cluster, setting, tags, watch(run, code))

    def act(run: Run) -> None:
        if wanted.network_access == "Private":  # AKS cannot validate there: a refusal is never the grant's youth
            try:
                change(run, lambda cluster: shown(run, cluster), put)
            except OperationFailed as failure:
                raise _with_pending_endpoint(failure, run, wanted) from failure
        else:
            until_granted(run, wanted, lambda: change(run, lambda cluster: shown(run, cluster), put))

    return Step(
        code=code,
        title=title,
        look=look,
        act=act,
        point_of_no_return=True,
        left_behind="the API servers may already use the key: keep it, its vault and the grants as they are",
    )


def _key_words(wanted: KmsWanted) -> str:
    """The version by its first digits, as the portal and people tell versions apart."""
    if isinstance(wanted.key, Fact):
        return f"the new key of {wanted.vault.name}"
    return f"{wanted.key.name} {(wanted.key.version or '')[:8]} of {wanted.vault.name}"


def is_over(cluster: Cluster, among_others: bool) -> bool:
    """Whether the change of KMS that the profile shows has come to its end. `among_others`: other changes follow it in
    the same run, and when one of those failed, AKS calls the whole cluster Failed; that every secret was proved to be
    rewritten after this one tells that it had ended well."""
    era = ledger_of(cluster).present
    proved = era is not None and era.rewritten
    return cluster.settled or (among_others and proved and cluster.provisioning_state in ENDED_BADLY)


def turn_off_kms(*, among_others: bool = False) -> Step:
    def look(run: Run) -> Seen | None:
        cluster = run.looking.clusters.get(run.target)
        off = not cluster.kms.enabled and is_over(cluster, among_others)
        return Seen("KMS is off", {"key": "off"}) if off else None

    def put(run: Run, cluster: Cluster) -> None:
        run.ports.clusters.turn_off_kms(cluster, with_change(cluster, None, run.id), watch(run, "turn-off-kms"))

    return Step(
        code="turn-off-kms",
        title="turn off KMS",
        look=look,
        act=lambda run: change(run, lambda cluster: not cluster.kms.enabled, put),
        point_of_no_return=True,
        left_behind="the API servers still need the key: keep it, its vault and the grants as they are",
    )


def until_granted(run: Run, wanted: KmsWanted, send: Callable[[], None]) -> None:
    """Nobody can act as the cluster's identity, so AKS's own validation is the only test of a grant: it is tried again
    for as long as a grant may take, on exactly this refusal."""
    deadline = run.clock.monotonic() + run.waits.grant_limit
    while True:
        try:
            return send()
        except (Rejected, OperationFailed) as refusal:
            if refusal.code != NOT_GRANTED:
                raise
            if run.clock.monotonic() >= deadline:
                raise _with_causes(refusal, run, wanted) from refusal
        run.reporter.tick("AKS cannot use the key yet as the cluster's identity; a new grant takes some minutes")
        run.clock.sleep(run.waits.grant_retry)


def _with_pending_endpoint(failure: OperationFailed, run: Run, wanted: KmsWanted) -> OperationFailed:
    """AKS says no more than that it failed. An endpoint that nobody approved is the cause that can be seen. [TEST]"""
    try:
        waiting = [each for each in run.looking.vaults.get(wanted.vault).connections if each.status == "Pending"]
    except GatewayError:
        return failure
    if not waiting:
        return failure
    message = (
        f"{failure.message} The private endpoint {waiting[0].endpoint or waiting[0].id} waits for approval at "
        f"{wanted.vault.name}, so the API servers do not reach the key"
    )
    return OperationFailed(failure.doing, failure.code, message, failure.request_id)


def _with_causes(refusal: GatewayError, run: Run, wanted: KmsWanted) -> GatewayError:
    causes = "; ".join(_causes(run, wanted)) or (
        "vault, key and grant look right, so the grant has not reached Key Vault yet: Azure allows itself up to an hour"
    )
    message = f"{refusal.message} Tried for {run.waits.grant_limit / 60:.0f} min. What is left as the cause: {causes}"
    return type(refusal)(refusal.doing, refusal.code, message, refusal.request_id)


def _causes(run: Run, wanted: KmsWanted) -> Iterator[str]:
    """The same refusal stands for each of these; what a fresh look finds wrong is named. [AKS#3575, ISS]"""
    key, principal = given(run, wanted.key), given(run, wanted.principal)
    vault = run.looking.vaults.get(wanted.vault)
    if vault.openness is not Openness.PUBLIC:
        yield f"the firewall of {vault.id.name} lets only {vault.openness.value} callers in"
    for reason in why_unusable(run.looking.keys.get(vault, key.name, key.version), vault.seen_at):
        yield f"the key: {reason}"
    if vault.rbac and not any(grant.role in USES_KEYS for grant in run.looking.roles.of(vault.id, principal)):
        yield f"the identity has no role on {vault.id.name} that lets it use keys"
    if not vault.rbac and not vault.policy_of(principal) >= KEY_POLICY:
        yield f"no access policy of {vault.id.name} lets the identity encrypt and decrypt"
