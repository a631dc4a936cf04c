"""Checks of the Secrets that the driver makes of what it mounts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from azext_akskv.checks.declare import PROVIDER, NotApplicable, check
from azext_akskv.checks.provider_remedies import DRIVER_IN_CHART, charted, describe, kubectl, with_chart
from azext_akskv.checks.provider_subjects import does, each_of, listed, lives, pods, the_classes, the_view
from azext_akskv.checks.subjects import in_cluster
from azext_akskv.model.finding import Problem, State
from azext_akskv.model.mounts.behind import ProviderView
from azext_akskv.model.mounts.consumer import Consumer
from azext_akskv.model.mounts.secret_class import SecretProviderClass
from azext_akskv.model.mounts.synced import AccountRef
from azext_akskv.model.observed import NotObserved
from azext_akskv.model.snapshot import Snapshot

SYNC = f"{DRIVER_IN_CHART}.syncSecret.enabled=true"


def makers(view: ProviderView) -> dict[tuple[str, str], list[SecretProviderClass]]:
    """By namespace and name of the Secret: the classes of which the driver makes it. Raises NotObserved, and
    NotApplicable where there are none."""
    found: dict[tuple[str, str], list[SecretProviderClass]] = {}
    for one in the_classes(view):
        for each in one.secret_objects:
            if each.secret:
                found.setdefault((one.namespace, each.secret), []).append(one)
    if not found:
        raise NotApplicable("no Secret is to be made of what is mounted")
    return found


@check("sync-right", PROVIDER, State.ERROR, "the driver may make the Secrets that the classes want")
def sync_right(snapshot: Snapshot) -> Iterator[Problem]:
    view = the_view(snapshot)
    wanting = {namespace for namespace, _ in makers(view)}
    rights = {place: right for place, right in view.seen.sync_rights.items() if place[1] in wanting}
    if not rights and not view.seen.installed.pods.get():
        raise NotApplicable("there is no pod of the driver")
    accounts = dict.fromkeys(account for account, _ in rights)
    yield from each_of(accounts, lambda account: _right(snapshot, view, account))
    if unasked := wanting - {namespace for _, namespace in rights}:
        told = f"whether the driver may create Secrets in {listed(sorted(unasked))} was not asked"
        yield Problem(told, state=State.UNKNOWN)


def _right(snapshot: Snapshot, view: ProviderView, account: AccountRef) -> Iterator[Problem]:
    wanting = dict.fromkeys(namespace for namespace, _ in makers(view))
    asked = {each: view.seen.sync_rights.get((account, each)) for each in wanting}
    refused = [each for each, right in asked.items() if right is not None and right.value is False and right.known]
    if refused:
        yield Problem(
            f"the driver's account {account} may not create Secrets in {listed(refused)}",
            "volumes are mounted, and pods that need the Secrets do not start (cause 7 of the document on the "
            "provider); the charts leave that role out unless syncSecret.enabled is true",
            _allow(snapshot, view, account, refused[0]),
        )
    for right in asked.values():
        if right is not None:
            right.get()


def _allow(snapshot: Snapshot, view: ProviderView, account: AccountRef, namespace: str) -> str:
    if found := charted(view):
        return with_chart(found, SYNC)
    if view.behind.addon.enabled:
        return in_cluster(snapshot, "aks", "update")
    return kubectl("auth", "can-i", "create", "secrets", "--as", account.user, namespace=namespace)


@check("synced-secret-missing", PROVIDER, State.ERROR, "the Secrets that pods need of the classes are there")
def synced_secret_missing(snapshot: Snapshot) -> Iterator[Problem]:
    view = the_view(snapshot)
    made = makers(view)
    needing: dict[tuple[str, str], list[Consumer]] = {}
    keys: dict[tuple[str, str, str], list[Consumer]] = {}
    for pod in view.seen.consumers.get():
        for use in pod.secrets:
            place = (pod.namespace, use.secret)
            if place not in made or use.optional or not lives(pod):
                continue
            needing.setdefault(place, []).append(pod)
            if use.key:
                keys.setdefault((*place, use.key), []).append(pod)
    if not needing:
        raise NotApplicable("no pod needs a Secret that a class makes")
    yield from each_of(needing, lambda place: _secret(view, place, made[place], needing[place]))
    for wanted, users in keys.items():
        yield from _key(made[wanted[:2]], wanted, users)


def _secret(
    view: ProviderView, place: tuple[str, str], classes: list[SecretProviderClass], users: list[Consumer]
) -> Iterator[Problem]:
    namespace, name = place
    if any(each.name == name for each in view.seen.secrets_of(namespace).get()):
        return
    reason = _reason(view, classes, users)
    yield Problem(
        f"there is no Secret {name} in {namespace}, which {pods(users)} {does('need', users)}: {reason}",
        f"the driver makes it of {listed(classes)} while a pod has the volume mounted, and the container waits for it",
        describe(users[0]),
    )


def _reason(view: ProviderView, classes: Sequence[SecretProviderClass], users: Sequence[Consumer]) -> str:
    """As far as it is known. Raises NotObserved."""
    mounting = [(one, each) for one in classes for each in view.users(one) if lives(each)]
    if not mounting:
        named = listed(each.name for each in classes)
        return f"no pod mounts {named}: a volume must be in the pod too, and mounted in a container"
    if not view.seen.mounted.known:
        return "whether the volume is mounted could not be looked at"
    if not any(view.seen.mounted_by(each, one.name) for one, each in mounting):
        return f"{pods([each for _, each in mounting])} did not mount it yet; other findings say why"
    rights = [right for (_, where), right in view.seen.sync_rights.items() if where == users[0].namespace]
    if any(right.value is False for right in rights if right.known):
        return "the driver may not create Secrets there (sync-right)"
    return "it is mounted, and the driver's log says why there is no copy"


def _key(
    classes: Sequence[SecretProviderClass], wanted: tuple[str, str, str], users: Sequence[Consumer]
) -> Iterator[Problem]:
    namespace, name, key = wanted
    made = [entry.key for one in classes for each in one.secret_objects if each.secret == name for entry in each.data]
    if key not in made:
        yield Problem(
            f"{pods(users)} {does('need', users)} {key} of the Secret {name}, and {listed(classes)} "
            f"{does('put', classes)} in {listed(made) or 'nothing'}",
            "secretObjects[].data[].key names the entries of the Secret; a container waits for one that is not there",
            kubectl("edit", "secretproviderclass", classes[0].name, namespace=namespace),
        )


@check("synced-secret-foreign", PROVIDER, State.WARNING, "the Secrets that the classes want are the driver's own")
def synced_secret_foreign(snapshot: Snapshot) -> Iterator[Problem]:
    view = the_view(snapshot)
    made = makers(view)
    yield from each_of(made, lambda place: _foreign(view, place, made[place]))


def _foreign(view: ProviderView, place: tuple[str, str], classes: Sequence[SecretProviderClass]) -> Iterator[Problem]:
    namespace, name = place
    found = next((each for each in view.seen.secrets_of(namespace).get() if each.name == name), None)
    if found is None or found.managed:
        return
    if found.managed is None:
        raise NotObserved(f"whether the driver made the Secrets in {namespace} could not be asked")
    yield Problem(
        f"the Secret {name} in {namespace} lacks the driver's label, and {listed(classes)} "
        f"{does('want', classes)} to make one of that name",
        "somebody else made it: the driver leaves it as it is, so that pods get another value than the vault's, and no "
        "rotation",
        kubectl("get", "secret", name, "--show-labels", namespace=namespace),
    )
