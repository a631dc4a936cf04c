"""Checks of the pods' volumes: what they name, and whether it is there."""

from __future__ import annotations

from collections.abc import Iterator

from azext_akskv.checks.declare import PROVIDER, NotApplicable, check
from azext_akskv.checks.provider_remedies import describe, kubectl
from azext_akskv.checks.provider_subjects import does, each_of, pods, the_consumers, the_rotation, the_view
from azext_akskv.checks.subjects import in_cluster
from azext_akskv.model.finding import Problem, State
from azext_akskv.model.ids import in_short
from azext_akskv.model.mounts.behind import ProviderView, vault_of
from azext_akskv.model.mounts.consumer import Consumer
from azext_akskv.model.mounts.secret_class import SecretProviderClass, VaultObject
from azext_akskv.model.mounts.worker import Mode, Worker, worker_of
from azext_akskv.model.snapshot import Snapshot

OPTIONS = {"--secrets": "secret", "--keys": "key", "--certificates": "cert"}
"""Of `secrets-provider generate`, by the type of what they name."""


@check("class-missing", PROVIDER, State.ERROR, "the SecretProviderClasses that pods name are in their namespaces")
def class_missing(snapshot: Snapshot) -> Iterator[Problem]:
    view = the_view(snapshot)
    if view.seen.kind_known.known and not view.seen.kind_known.get():
        raise NotApplicable("Kubernetes does not know SecretProviderClasses")
    named: dict[tuple[str, str], list[Consumer]] = {}
    for pod in the_consumers(view):
        for volume in pod.volumes:
            named.setdefault((pod.namespace, volume.class_name), []).append(pod)
    yield from each_of(named.items(), lambda each: _class_of(snapshot, view, each[0], each[1]))


def _class_of(
    snapshot: Snapshot, view: ProviderView, named: tuple[str, str], users: list[Consumer]
) -> Iterator[Problem]:
    namespace, name = named
    if not name:
        yield Problem(
            f"a volume of {pods(users)} names no SecretProviderClass",
            "the driver refuses it: volumeAttributes.secretProviderClass must say which",
            kubectl("explain", "pod.spec.volumes.csi.volumeAttributes"),
        )
        return
    if view.seen.class_of(users[0], name):
        return
    elsewhere = [each for each in view.seen.classes.get() if each.name == name]
    places = ", ".join(sorted(each.namespace for each in elsewhere))
    there = f"; one of that name is in {places}" if elsewhere else ""
    yield Problem(
        f"there is no SecretProviderClass {name} in {namespace}, which {pods(users)} {does('mount', users)}{there}",
        "the driver looks for it in the pod's own namespace alone (cause 6 of the document on the add-on)",
        _same_in(snapshot, view, elsewhere[0], namespace)
        if elsewhere
        else kubectl("get", "secretproviderclasses", "--all-namespaces"),
    )


def _same_in(snapshot: Snapshot, view: ProviderView, one: SecretProviderClass, namespace: str) -> str:
    """What makes a class anew in another namespace, where it says no more than our command can; else what shows it."""
    addon, worker = view.behind.addon.identity, worker_of(one)
    asked = {option: [_as_asked(each) for each in one.objects if each.type == of] for option, of in OPTIONS.items()}
    plain = all(not (each.format or each.encoding or each.permission or each.history) for each in one.objects)
    whole = sum(map(len, asked.values())) == len(one.objects) > 0 and not one.lints and not one.secret_objects
    own = addon is not None and worker == Worker(Mode.NODE, addon.client_id.lower())
    if not (plain and whole and own and vault_of(one)):
        return kubectl("get", "secretproviderclass", one.name, "--output", "yaml", namespace=one.namespace)
    options = [word for option, names in asked.items() if names for word in (option, *names)]
    words = ("aks", "kv", "secrets-provider", "generate", "--vault", vault_of(one), *options)
    more = ("--namespace", namespace, "--class-name", one.name, "--workload", "none", "--apply")
    return in_cluster(snapshot, *words, *more)


def _as_asked(each: VaultObject) -> str:
    return f"{each.name}{f'/{each.version}' if each.version else ''}{f'={each.alias}' if each.alias else ''}"


@check("volume-writable", PROVIDER, State.ERROR, "the pods' volumes of the driver are read-only")
def volume_writable(snapshot: Snapshot) -> Iterator[Problem]:
    wrong: dict[tuple[str, str, str], list[Consumer]] = {}
    for pod in the_consumers(the_view(snapshot)):
        for volume in pod.volumes:
            if not volume.read_only:
                wrong.setdefault((pod.namespace, pod.owner or pod.name, volume.name), []).append(pod)
    for (_, _, name), users in wrong.items():
        yield Problem(
            f"the volume {name} of {pods(users)} is not read-only",
            "the driver mounts no other: set csi.readOnly: true, in what makes the pod",
            kubectl("get", "pod", users[0].name, "--output", "yaml", namespace=users[0].namespace),
        )


@check("publish-secret-missing", PROVIDER, State.ERROR, "the Secrets with which volumes sign in are there")
def publish_secret_missing(snapshot: Snapshot) -> Iterator[Problem]:
    view = the_view(snapshot)
    named: dict[tuple[str, str], list[Consumer]] = {}
    for pod in the_consumers(view):
        for volume in pod.volumes:
            if volume.publish_secret:
                named.setdefault((pod.namespace, volume.publish_secret), []).append(pod)
    if not named:
        raise NotApplicable("no volume names a Secret to sign in with")
    yield from each_of(named.items(), lambda each: _publish_secret(view, each[0], each[1]))


def _publish_secret(view: ProviderView, named: tuple[str, str], users: list[Consumer]) -> Iterator[Problem]:
    namespace, name = named
    found = next((each for each in view.seen.secrets_of(namespace).get() if each.name == name), None)
    if found is None:
        create = ("create", "secret", "generic", name, "--from-literal", "clientid=<CLIENT-ID>")
        yield Problem(
            f"there is no Secret {name} in {namespace}, the nodePublishSecretRef of {pods(users)}",
            "the provider signs in with its clientid and clientsecret, and the kubelet mounts nothing without it",
            kubectl(*create, "--from-file", "clientsecret=<FILE>", namespace=namespace),
        )
    elif found.used is False and the_rotation(view).on:
        yield Problem(
            f"the Secret {name} in {namespace} lacks the label secrets-store.csi.k8s.io/used=true",
            f"the rotation does not see it, and what {pods(users)} mounted grows old",
            kubectl("label", "secret", name, "secrets-store.csi.k8s.io/used=true", namespace=namespace),
            State.WARNING,
        )


@check("pod-not-scheduled", PROVIDER, State.WARNING, "every pod that mounts has a node")
def pod_not_scheduled(snapshot: Snapshot) -> Iterator[Problem]:
    waiting: dict[tuple[str, str, str], list[Consumer]] = {}
    for pod in the_consumers(the_view(snapshot)):
        if not pod.node:
            waiting.setdefault((pod.namespace, pod.owner or pod.name, pod.unscheduled), []).append(pod)
    for (_, _, told), found in waiting.items():
        yield Problem(
            f"no node has taken {pods(found)}{f': {in_short(told)}' if told else ''}",
            "nothing was asked of driver and provider yet: this is the scheduler's to solve",
            describe(found[0]),
        )
