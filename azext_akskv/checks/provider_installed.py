"""Checks of what is installed of driver and provider in the cluster as a whole."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from azext_akskv.checks.declare import PROVIDER, NotApplicable, check
from azext_akskv.checks.provider_remedies import DRIVER_IN_CHART, PLURAL, enable_addon, kubectl, restore
from azext_akskv.checks.provider_subjects import does, each_of, listed, lives, the_installation, the_view
from azext_akskv.model.finding import Problem, State
from azext_akskv.model.mounts.behind import ProviderView
from azext_akskv.model.mounts.installed import DRIVER_NAME, Layout, Role, SystemPod, layout_of
from azext_akskv.model.mounts.worker import Mode, worker_of
from azext_akskv.model.shell import shell
from azext_akskv.model.snapshot import Snapshot

AUDIENCES: Mapping[Mode, str] = {
    Mode.WORKLOAD: "api://AzureADTokenExchange",
    Mode.BINDING: "api://AKSIdentityBinding",
}
"""Of the tokens that the kubelet hands to the driver for these. [D][SRC]"""


@check("provider-not-installed", PROVIDER, State.ERROR, "driver and provider are installed")
def provider_not_installed(snapshot: Snapshot) -> Iterator[Problem]:
    snapshot.cluster.get()
    view = the_view(snapshot)
    addon = view.behind.addon
    if addon.enabled or view.seen.installed.pods.get():
        return
    users = _users(view)
    if not users:
        raise NotApplicable("nothing uses the secrets provider")
    yield Problem(
        f"the add-on is {'off' if addon.present else 'not there'}, there is no pod of driver or provider, and {users}",
        "nothing mounts what a SecretProviderClass names (cause 5 of both documents)",
        enable_addon(snapshot),
    )


def _users(view: ProviderView) -> str:
    """What needs driver and provider; empty: nothing. Raises NotObserved where neither was seen to be."""
    found = [str(each) for each in view.seen.consumers.value or () if each.volumes and lives(each)]
    if found:
        return f"the volumes of {listed(found)} need them"
    if view.seen.classes.known and (classes := view.classes()):
        return f"there are SecretProviderClasses: {listed(classes)}"
    view.seen.consumers.get()
    view.seen.classes.get()
    return ""


@check("provider-installed-twice", PROVIDER, State.ERROR, "driver and provider are installed once")
def provider_installed_twice(snapshot: Snapshot) -> Iterator[Problem]:
    view = the_view(snapshot)
    the_installation(view)
    nodes: dict[tuple[Role, frozenset[tuple[str, str]]], dict[str, tuple[SystemPod, ...]]] = {}
    for (node, role), found in view.seen.installed.rivals().items():
        nodes.setdefault((role, frozenset((each.namespace, each.set_name) for each in found)), {})[node] = found
    for (role, sets), rivals in nodes.items():
        one_node = next(iter(rivals.values()), ())
        names = " and ".join("/".join(each) for each in sorted(sets))
        yield Problem(
            f"several DaemonSets bring the {role.value} to {listed(rivals)}: {names}",
            f"they take the same {'name at the kubelet' if role is Role.DRIVER else 'socket'} from each other: which "
            "one answers is chance. Keep one: `helm uninstall` the chart, or `az aks disable-addons` the add-on",
            _look_at_rivals(view, one_node),
        )


def _look_at_rivals(view: ProviderView, rivals: tuple[SystemPod, ...]) -> str:
    everywhere = view.seen.installed.pods.get()
    charts = [each for each in rivals if layout_of(each, everywhere) is Layout.CHART]
    if charts:
        return shell("helm", "list", "--namespace", charts[0].namespace)
    return kubectl("get", "daemonsets", namespace=rivals[0].namespace)


@check("csi-driver-object", PROVIDER, State.ERROR, "the CSIDriver object is as driver and provider need it")
def csi_driver_object(snapshot: Snapshot) -> Iterator[Problem]:
    view = the_view(snapshot)
    the_installation(view)
    driver = view.seen.installed.driver.get()
    if driver is None:
        yield Problem(
            f"there is no CSIDriver object {DRIVER_NAME}",
            "the kubelet then tells the driver neither the pod nor its tokens",
            restore(snapshot, view),
        )
        return
    if not driver.pod_info_on_mount:
        yield Problem(
            f"the CSIDriver object {DRIVER_NAME} has no podInfoOnMount: true",
            "the provider is not told whose volume it is; the object is of another or an old installation",
            restore(snapshot, view),
        )
    yield from each_of(AUDIENCES, lambda mode: _tokens(snapshot, view, mode, driver.audiences))


def _tokens(snapshot: Snapshot, view: ProviderView, mode: Mode, audiences: tuple[str, ...]) -> Iterator[Problem]:
    needing = [each for each in view.classes() if (worker := worker_of(each)) and worker.mode is mode]
    if needing and AUDIENCES[mode] not in audiences:
        all_of_them = json.dumps([{"audience": each} for each in (*audiences, AUDIENCES[mode])])
        yield Problem(
            f"the CSIDriver object asks for no token for {AUDIENCES[mode]}, which {listed(needing)} "
            f"{does('need', needing)} for {mode.value}",
            "without it the provider cannot sign in as the pod; the object is of another or an old installation",
            restore(snapshot, view, f"{DRIVER_IN_CHART}.tokenRequests={all_of_them}"),
        )


@check("crd-missing", PROVIDER, State.ERROR, "Kubernetes knows SecretProviderClasses")
def crd_missing(snapshot: Snapshot) -> Iterator[Problem]:
    view = the_view(snapshot)
    the_installation(view)
    if not view.seen.kind_known.get():
        yield Problem(
            f"the API server does not know the kind: {PLURAL} is not there",
            "no SecretProviderClass can be made or read, and the driver does not start; somebody deleted the "
            "CustomResourceDefinition, and with it every class",
            restore(snapshot, view),
        )
