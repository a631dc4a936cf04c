"""Checks behind the API server: it answers, every secret can be read, and none is left under another key."""

from __future__ import annotations

from collections.abc import Iterator

from azext_akskv.checks.declare import SECRETS, NotApplicable, check
from azext_akskv.checks.subjects import LOOKS, in_cluster, the_cluster
from azext_akskv.model.choice import changing_for_us, repairs_of
from azext_akskv.model.choice import rewrite_owed as owed
from azext_akskv.model.cluster import Cluster
from azext_akskv.model.finding import Problem, State
from azext_akskv.model.kube import KubeRight, key_id_hash
from azext_akskv.model.shell import shell
from azext_akskv.model.snapshot import Snapshot
from azext_akskv.model.tags import RUN_TAG

V1_LIMIT = 2000
"""The most secrets that AKS supports with KMS v1. [AKS docs]"""

FIRST_NAMED = 5

ADMISSION = (
    "validatingwebhookconfigurations,mutatingwebhookconfigurations,validatingadmissionpolicybindings",
    "--output",
    "name",
)


def needs_secrets(snapshot: Snapshot) -> None:
    the_cluster(snapshot)
    if snapshot.wanted.prepare_only:
        raise NotApplicable("--prepare-only does not touch the cluster")
    if repairs_of(snapshot):
        raise NotApplicable("the key in use is repaired first, and then everything is looked at again")
    if changing_for_us(snapshot):
        raise NotApplicable("an interrupted run of this command is already changing KMS, and the API servers restart")


def _needs_api_server(snapshot: Snapshot) -> None:
    """Another check says that it is away, and blocks."""
    needs_secrets(snapshot)
    if snapshot.api_server.value is not True:
        raise NotApplicable("the API server could not be asked")


@check("api-server-unreachable", SECRETS, State.ERROR, "the API server answers and is ready")
def api_server_unreachable(snapshot: Snapshot) -> Iterator[Problem]:
    needs_secrets(snapshot)
    cluster = the_cluster(snapshot)
    if not cluster.running:
        raise NotApplicable("the cluster is stopped")
    if snapshot.run_command_trouble or (snapshot.lacks_for_run_command and snapshot.lacks_for_run_command.value):
        raise NotApplicable("the way through run-command is closed, as another check says")
    if snapshot.api_server.get():
        return
    way = (
        "it is private: run this from inside its virtual network or from one that reaches it"
        if cluster.private
        else "an address that is not in its authorized IP ranges gets no answer either; after a change of KMS it may "
        "be restarting; and one that cannot use its key never gets ready"
    )
    yield Problem(
        f"the API server of {cluster.id.name} does not answer, or says that it is not ready",
        f"secrets can neither be checked nor rewritten without it; {way}",
        in_cluster(snapshot, "aks", "show", "--query", "apiServerAccessProfile"),
    )


@check("kubernetes-rights", SECRETS, State.ERROR, "the caller may rewrite secrets and note the key", may_accept=True)
def kubernetes_rights(snapshot: Snapshot) -> Iterator[Problem]:
    """A key that was changed by somebody who may not rewrite the secrets leaves a rewrite owed."""
    _needs_api_server(snapshot)
    if snapshot.missing_rights is None:
        raise NotApplicable("not asked, because something else is in the way, or nothing is to be rewritten")
    missing = snapshot.missing_rights.get()
    if missing:
        yield Problem(
            f"in the cluster you may not: {'; '.join(str(right) for right in missing)}",
            "the key would be changed and the secrets not rewritten. A cluster administrator has these rights "
            "(Azure Kubernetes Service RBAC Cluster Admin with Azure RBAC)",
            shell("kubectl", "auth", "can-i", missing[0].verb, _resource_of(missing[0]), *_where(missing[0])),
        )


def _resource_of(right: KubeRight) -> str:
    return f"{right.resource}.{right.group}" if right.group else right.resource


def _where(right: KubeRight) -> tuple[str, ...]:
    return ("--namespace", right.namespace) if right.namespace else ("--all-namespaces",)


@check("admission-refuses", SECRETS, State.ERROR, "admission lets secrets be rewritten", may_accept=True)
def admission_refuses(snapshot: Snapshot) -> Iterator[Problem]:
    """One secret of each namespace was asked about with a dry run, which webhooks and policies see too."""
    _needs_api_server(snapshot)
    if snapshot.rehearsal is None:
        raise NotApplicable("not asked, because something else is in the way, or no key is to be changed")
    refused = snapshot.rehearsal.get()
    own, platform = [each for each in refused if not each.platform], [each for each in refused if each.platform]
    if own:
        more = f" and in {len(own) - 1} more namespaces" if len(own) > 1 else ""
        yield Problem(
            f"admission refuses the rewrite of {own[0].secret}{more}: {own[0].reason}",
            "after the change of the key these secrets could not be rewritten, and stay under the key from before. "
            "Exempt yourself in that webhook or policy for the time of the change",
            shell("kubectl", "get", *ADMISSION),
        )
    if platform:
        named = ", ".join(sorted(each.secret.namespace for each in platform))
        yield Problem(
            f"the platform refuses changes of secrets in its own namespaces: {named}",
            "AKS keeps them to itself (AKS Automatic); they are reported apart, and the rewrite of all others goes on, "
            "but the rewrite as a whole cannot be proved",
            state=State.WARNING,
        )


@check("secret-unreadable", SECRETS, State.ERROR, "the API server can read every secret")
def secret_unreadable(snapshot: Snapshot) -> Iterator[Problem]:
    """After any change of KMS the API servers restart, and one such value keeps them from getting ready. [seen]"""
    _needs_api_server(snapshot)
    unreadable = snapshot.secrets.get().unreadable
    if not unreadable:
        return
    named = ", ".join(str(each) for each in unreadable[:FIRST_NAMED])
    more = f" and {len(unreadable) - FIRST_NAMED} more" if len(unreadable) > FIRST_NAMED else ""
    yield Problem(
        f"the API server cannot decrypt {named}{more}",
        "it was stored under a key that is gone or disabled. Every change of KMS restarts the API servers, and with "
        "this value in etcd they would not start again. Restore the key, or have Azure support remove the value",
        in_cluster(snapshot, "aks", "kv", "kms", "show"),
    )


@check("other-operator", SECRETS, State.ERROR, "no run on another machine is at work on the cluster")
def other_operator(snapshot: Snapshot) -> Iterator[Problem]:
    """Runs of this machine are told apart by its journal, whose lock a change holds while it looks."""
    if snapshot.wanted.flow == "list":
        raise NotApplicable("the API server is not asked")
    _needs_api_server(snapshot)
    holder = snapshot.holder.get()
    if holder is None or holder.lapsed or holder.run in snapshot.own_runs:
        return
    left = max(1, round(holder.lasts - holder.silent))
    yield Problem(
        f"somebody else is changing {snapshot.target.name}: {holder}",
        "two changes at a time can leave secrets under a key that nobody expects. Wait for its end; if that run is "
        f"dead, this passes in {left} s, and then its first command goes on where it stopped, on any machine",
        in_cluster(snapshot, "aks", "kv", "kms", "show"),
        State.WARNING if snapshot.wanted.flow in LOOKS else None,
    )


@check("key-note", SECRETS, State.ERROR, "the cluster's note of its last key change can be read")
def key_note(snapshot: Snapshot) -> Iterator[Problem]:
    """Nothing in it can be wrong; but whoever may not read it cannot write it either, after the key was changed."""
    _needs_api_server(snapshot)
    snapshot.switch.get()
    yield from ()


@check("rewrite-owed", SECRETS, State.ERROR, "every secret is known to be stored under the present key")
def rewrite_owed(snapshot: Snapshot) -> Iterator[Problem]:
    by_tags_alone = snapshot.wanted.flow == "list"
    if not by_tags_alone:
        _needs_api_server(snapshot)
    cluster, known = the_cluster(snapshot), owed(snapshot)
    command = in_cluster(snapshot, "aks", "kv", "reencrypt")
    if snapshot.wanted.flow == "reencrypt" or known is False:
        return
    if not (snapshot.switch.known or by_tags_alone):
        raise NotApplicable("the note of the key change could not be read")
    if known is None and by_tags_alone:
        raise NotApplicable("the cluster's tags do not tell, as another check says")
    if known:
        yield Problem(
            "the key was changed, and it is not proved that every secret was rewritten since",
            "secrets that are still under the key from before become unreadable when it goes, and with the change "
            "after this one at the latest",
            command,
        )
        return
    yield Problem(
        f"nothing tells whether every secret of {cluster.id.name} was rewritten since its key was changed",
        f"{_why_no_note(snapshot, cluster)}, so no note says since when the present key is in force",
        command,
        State.WARNING,
    )


def _why_no_note(snapshot: Snapshot, cluster: Cluster) -> str:
    if snapshot.switch.value is not None:
        return "the key was changed after the last run that finished"
    if RUN_TAG in cluster.tags:
        return f"the run {cluster.tags[RUN_TAG]} changed it and was stopped early, or its note was deleted"
    return "KMS was changed by other means"


@check("v1-secret-limit", SECRETS, State.ERROR, "there are fewer secrets than KMS v1 can hold")
def v1_secret_limit(snapshot: Snapshot) -> Iterator[Problem]:
    _needs_api_server(snapshot)
    cluster, wanted = the_cluster(snapshot), snapshot.wanted
    if not cluster.kms_v1:
        raise NotApplicable("KMS v2 has no such limit")
    if not cluster.kms.enabled and wanted.flow != "enable":
        raise NotApplicable("KMS is off")
    count = snapshot.secrets.get().count
    if count > V1_LIMIT:
        yield Problem(
            f"{cluster.id.name} has {count:,} secrets; KMS v1 holds {V1_LIMIT:,}",
            "with KMS v1 every secret is a call to Key Vault, and beyond that number AKS does not support it: upgrade "
            "to Kubernetes 1.27 or later first",
            in_cluster(snapshot, "aks", "get-upgrades", "--output", "table"),
            None if wanted.flow == "enable" and not cluster.kms.enabled else State.WARNING,
        )


@check("key-evidence", SECRETS, State.WARNING, "every API server says that it writes with the present key alone")
def key_evidence(snapshot: Snapshot) -> Iterator[Problem]:
    """KMS v2 names the key in the API server's metrics, since its last start. [k8s.io/apiserver]"""
    if not snapshot.wanted.evidence:
        raise NotApplicable("not asked for: --evidence")
    _needs_api_server(snapshot)
    cluster, seen = the_cluster(snapshot), snapshot.evidence.get()
    if not cluster.kms.enabled or cluster.kms_v1:
        raise NotApplicable("only KMS v2 names its key in the metrics")
    if seen is None:
        raise NotApplicable("this Kubernetes version has no such metrics")
    metrics = shell("kubectl", "get", "--raw", "/metrics")
    silent = seen.servers - seen.writing.keys()
    if silent:
        yield Problem(
            f"{len(silent)} of {len(seen.servers)} API servers did not say which key they write with",
            "each question reaches one of them; ask again, or later",
            metrics,
        )
    others = [server for server, keys in seen.writing.items() if keys - {key_id_hash(cluster.key_in_force)}]
    if others:
        yield Problem(
            f"{len(others)} of {len(seen.servers)} API servers wrote with another key since they started",
            "an API server that has not changed over yet stores secrets under the key from before",
            metrics,
        )
