"""What the check of a class's identity says of workload identity: cluster, identity, pods, federated credential."""

from __future__ import annotations

import re
from collections.abc import Iterator

from azext_akskv.checks.provider_classes import edit, patch, unknown
from azext_akskv.checks.subjects import in_cluster
from azext_akskv.model.access import Identity
from azext_akskv.model.federation import AUDIENCE, MOST, FederatedCredential, subject_of, with_client_id
from azext_akskv.model.finding import Problem, State
from azext_akskv.model.ids import in_short
from azext_akskv.model.mounts.behind import ProviderView
from azext_akskv.model.mounts.consumer import USE, Consumer
from azext_akskv.model.mounts.secret_class import SecretProviderClass
from azext_akskv.model.mounts.synced import CLIENT_ID
from azext_akskv.model.mounts.worker import Mode, worker_of
from azext_akskv.model.observed import NotObserved, Observed
from azext_akskv.model.shell import shell
from azext_akskv.model.snapshot import Snapshot

NO_TOKEN = "Entra gives no token for the pod's"
_UNFIT = re.compile(r"[^A-Za-z0-9_-]+")


def federation_of(snapshot: Snapshot, view: ProviderView, one: SecretProviderClass) -> Iterator[Problem]:
    """Raises NotObserved; what was found before is yielded first."""
    worker, said = worker_of(one), one.parameter("clientID")
    if not said:
        yield Problem(f"{one} has no clientID", "the provider refuses an identity binding without one", edit(one))
        return
    workload = worker is not None and worker.mode is Mode.WORKLOAD
    if workload:
        yield from _of_cluster(snapshot, view, one)
        yield from _of_pods(view, one)
    identities = view.behind.identities.get()
    identity = with_client_id(identities, said)
    if identity is None:
        yield _unseen(one, said, identities)
    elif workload and view.behind.issuer.enabled:
        yield from _federated(view, one, identity)


def _of_cluster(snapshot: Snapshot, view: ProviderView, one: SecretProviderClass) -> Iterator[Problem]:
    behind = view.behind
    command = in_cluster(snapshot, "aks", "update", "--enable-oidc-issuer", "--enable-workload-identity")
    if not behind.issuer.enabled:
        yield Problem(
            f"{one} reads with workload identity, and the cluster has no OIDC issuer",
            "without one Entra cannot tell whether a pod's token is genuine",
            command,
        )
    elif not behind.workload_identity:
        yield Problem(
            f"{one} reads with workload identity, which is not on in the cluster",
            "the provider gets its tokens without it; what else in the pods signs in does not",
            command,
            State.WARNING,
        )


def _unseen(one: SecretProviderClass, said: str, identities: tuple[Identity, ...]) -> Problem:
    meant = next(
        (each for each in identities if said.lower() in (each.principal_id.lower(), str(each.id).lower())), None
    )
    if meant is None:
        return Problem(
            f"{one}: no identity of the client id {in_short(said, 60)} is in a subscription that is signed in to",
            "an application's federated credentials, or those of an identity elsewhere, are not looked at. If there is "
            "none at all, Entra answers AADSTS700016",
            shell("az", "ad", "app", "federated-credential", "list", "--id", said),
            State.UNKNOWN,
        )
    return Problem(
        f"clientID of {one} is {in_short(said, 200)}: that is {meant.id.name}, and not its client id",
        f"its client id is {meant.client_id}; Entra knows no application by the other (AADSTS700016)",
        patch(one, {"clientID": meant.client_id}),
    )


def _federated(view: ProviderView, one: SecretProviderClass, identity: Identity) -> Iterator[Problem]:
    unasked: Observed[tuple[FederatedCredential, ...]] = Observed.unknown(
        f"the federated credentials of {identity.id.name} were not looked at"
    )
    credentials = view.behind.federated.get(identity.client_id.lower(), unasked).get()
    issuer, users = view.behind.issuer.url, view.users(one)
    subjects = dict.fromkeys(subject_of(each.namespace, each.service_account) for each in users)
    for subject in subjects:
        if any(each.takes(issuer, subject) for each in credentials):
            continue
        if any(each.expression for each in credentials):
            yield unknown(
                one, f"whether {identity.id.name} takes tokens of {subject}: claims are matched by expression"
            )
            continue
        yield _refused(identity, credentials, issuer, subject)
    if not users and not credentials:
        yield Problem(
            f"{identity.id.name}, as which {one} reads, has no federated credential",
            "no pod mounts the class just now; one that does gets no token (AADSTS70025)",
            shell("az", "identity", "federated-credential", "list", *_place(identity)),
            State.WARNING,
        )


def _refused(identity: Identity, credentials: tuple[FederatedCredential, ...], issuer: str, subject: str) -> Problem:
    near = next((each for each in credentials if each.subject.lower() == subject.lower()), None)
    wanted = ("--issuer", issuer, "--subject", subject, "--audiences", AUDIENCE)
    if near is not None:
        return Problem(
            f"the federated credential {near.name} of {identity.id.name} differs from the tokens of {subject} in "
            f"{'; '.join(_differences(near, issuer, subject))}",
            "issuer, subject and audience must be equal to the letter (AADSTS700211, 700213 and 700212). A change is "
            "known to Entra after some minutes",
            shell("az", "identity", "federated-credential", "update", *_place(identity), "--name", near.name, *wanted),
        )
    full = len(credentials) >= MOST
    name = _UNFIT.sub("-", subject.removeprefix("system:serviceaccount:"))[:120]
    return Problem(
        f"{identity.id.name} has no federated credential for {subject} "
        f"({len(credentials) or 'no'} other{'s' * (len(credentials) != 1)})",
        f"{NO_TOKEN} service account (AADSTS70021, 700213 or 70025)"
        + (f"; it has {MOST} already, which is all that it may have" if full else ""),
        shell("az", "identity", "federated-credential", "list", *_place(identity))
        if full
        else shell("az", "identity", "federated-credential", "create", *_place(identity), "--name", name, *wanted),
    )


def _differences(near: FederatedCredential, issuer: str, subject: str) -> Iterator[str]:
    if near.issuer != issuer:
        slash = " (the slash at its end)" if near.issuer.rstrip("/") == issuer.rstrip("/") else ""
        yield f"the issuer{slash}: {in_short(near.issuer)}, and the cluster's is {issuer}"
    if near.subject != subject:
        yield f"the subject (upper and lower case): {in_short(near.subject)}"
    if AUDIENCE not in near.audiences:
        yield f"the audience: {', '.join(map(in_short, near.audiences)) or 'none'}, and {AUDIENCE} is asked for"


def _place(identity: Identity) -> tuple[str, ...]:
    own = identity.id
    return ("--subscription", own.subscription, "--resource-group", own.group, "--identity-name", own.name)


def _of_pods(view: ProviderView, one: SecretProviderClass) -> Iterator[Problem]:
    """[D] The provider itself needs neither label nor annotation: the documents ask for both, and other programs in
    the pod do need them."""
    if not view.seen.consumers.known:
        return  # it is said further on
    users = view.users(one)
    unmarked = [each for each in users if (each.use_workload_identity or "").lower() != "true"]
    if unmarked:
        first = unmarked[0]
        more = f" and {len(unmarked) - 1} more" if len(unmarked) > 1 else ""
        yield Problem(
            f"{first}{more}, which mount{'' if more else 's'} {one}, without the label {USE}: true",
            "programs in the pod get no token of their own without it; it belongs into the template of the pods",
            shell("kubectl", "get", "pod", first.name, "--namespace", first.namespace, "--show-labels"),
            State.WARNING,
        )
    accounts = {(each.namespace, each.service_account): each for each in users}
    for user in accounts.values():
        yield from _of_account(view, one, user)


def _of_account(view: ProviderView, one: SecretProviderClass, user: Consumer) -> Iterator[Problem]:
    where, said = f"{user.namespace}/{user.service_account}", one.parameter("clientID")
    try:
        account = view.seen.account(user)
    except NotObserved as gap:
        yield unknown(one, f"the service account {where}: {gap}")
        return
    if account is None or account.client_id.lower() == said.lower():
        return
    told = f"names {in_short(account.client_id, 60)}" if account.client_id else "has no such annotation"
    yield Problem(
        f"{one} reads as {said}, and its pods' service account {where} {told} ({CLIENT_ID})",
        "the class decides for the provider, the annotation for programs in the pod",
        shell(
            *("kubectl", "annotate", "serviceaccount", user.service_account, "--namespace", user.namespace),
            *(f"{CLIENT_ID}={said}", "--overwrite"),
        ),
        State.WARNING,
    )
