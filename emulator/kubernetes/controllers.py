"""What keeps as many pods as it was asked for: DaemonSets and Deployments, the latter over ReplicaSets. [SRC]

[OWN] A changed template replaces all pods at once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from emulator.core.http import Refusal
from emulator.kubernetes.kinds import DAEMON_SETS, DEPLOYMENTS, PODS, REPLICA_SETS, Kind, Target
from emulator.kubernetes.scheduling import untolerated

if TYPE_CHECKING:
    from emulator.kubernetes.api_server import ApiServer

Object = dict[str, Any]
_HASH = "pod-template-hash"
_GENERATION = "controller-revision-hash"
_OF_THE_NODE: tuple[Object, ...] = tuple(
    {"key": f"node.kubernetes.io/{name}", "operator": "Exists"}
    for name in ("not-ready", "unreachable", "disk-pressure", "memory-pressure", "unschedulable")
)


class Controllers:
    """`ApiServer.controllers`."""

    def __init__(self, server: ApiServer) -> None:
        self._server = server
        self._seen: tuple[int, tuple[str, ...]] = (0, ())
        self._daemons = self._ever = False

    def go_on(self) -> None:
        """Makes and takes away pods where something has changed: an object, or the nodes."""
        revision = self._server.registry.storage.revision
        nodes = self._nodes() if self._daemons else ()
        if (revision, nodes) == self._seen:
            return
        daemons, deployments = self._all(DAEMON_SETS), self._all(DEPLOYMENTS)
        for one in daemons:
            self._keep_daemons(one)
        for one in deployments:
            self._keep_deployment(one)
        if self._ever or daemons or deployments:
            self._clean()
            self._ever = True
        self._daemons = bool(daemons)
        self._seen = self._server.registry.storage.revision, self._nodes() if daemons else ()

    def _nodes(self) -> tuple[str, ...]:
        return tuple(node.name for node in self._server.world.nodes_of(self._server.cluster_id))

    def _all(self, kind: Kind) -> list[Object]:
        storage = self._server.registry.storage
        found = storage.range(kind.prefix(None), "", storage.revision)
        return [self._server.registry.content(kind, key, entry) for key, entry in found]

    def _keep_daemons(self, owner: Object) -> None:
        template = owner["spec"]["template"]
        revision = _digest(template)
        wanted = [node for node in self._server.node_objects() if _takes(node, template["spec"])]
        names = {node["metadata"]["name"] for node in wanted}
        living: dict[str, Object] = {}
        for pod in self._of(owner):
            node = pod["spec"].get("nodeName", "")
            if node not in names or node in living or pod["metadata"]["labels"].get(_GENERATION) != revision:
                self._remove(PODS, pod)
            else:
                living[node] = pod
        for name in sorted(names - living.keys()):
            tolerations = [*(template["spec"].get("tolerations") or []), *_OF_THE_NODE]
            fixed = {"nodeName": name, "tolerations": tolerations}
            self._create(DAEMON_SETS, owner, {_GENERATION: revision}, fixed)
        ready = sum(1 for pod in living.values() if _is_ready(pod))
        counts = ("desiredNumberScheduled", "currentNumberScheduled", "updatedNumberScheduled")
        status = {**dict.fromkeys(counts, len(wanted)), "numberReady": ready, "numberAvailable": ready}
        self._tell(DAEMON_SETS, owner, {**status, "numberMisscheduled": 0})

    def _keep_deployment(self, owner: Object) -> None:
        template, count = owner["spec"]["template"], int(owner["spec"].get("replicas", 1))
        digest = _digest(template)
        sets = self._owned(REPLICA_SETS, owner)
        current = next((one for one in sets if one["metadata"]["labels"].get(_HASH) == digest), None)
        for old in sets:
            if old is not current:
                self._remove(REPLICA_SETS, old)
        if current is None:
            current = self._replica_set(owner, digest, count)
        pods = self._of(current)
        for pod in pods[count:]:
            self._remove(PODS, pod)
        for _ in range(count - len(pods)):
            self._create(REPLICA_SETS, current, {_HASH: digest}, {})
        ready = sum(1 for pod in pods[:count] if _is_ready(pod))
        status = {"replicas": count, "readyReplicas": ready, "availableReplicas": ready}
        self._tell(REPLICA_SETS, {**current, "spec": {**current["spec"], "replicas": count}}, status)
        self._tell(DEPLOYMENTS, owner, {**status, "updatedReplicas": count, "unavailableReplicas": count - ready})

    def _replica_set(self, owner: Object, digest: str, count: int) -> Object:
        metadata = owner["metadata"]
        labels = {**(owner["spec"]["template"]["metadata"].get("labels") or {}), _HASH: digest}
        made = {"name": f"{metadata['name']}-{digest}", "namespace": metadata["namespace"], "labels": labels}
        spec = {"replicas": count, "selector": {"matchLabels": labels}, "template": owner["spec"]["template"]}
        body = {"metadata": {**made, "ownerReferences": [_reference(DEPLOYMENTS, owner)]}, "spec": spec}
        return self._server.registry.create(Target(REPLICA_SETS, made["namespace"], None), body).content()

    def _create(self, kind: Kind, owner: Object, labels: Mapping[str, str], fixed: Object) -> None:
        """[SRC] Where admission refuses the pod, there is none, and it is tried again."""
        template, namespace = owner["spec"]["template"], owner["metadata"]["namespace"]
        given = template.get("metadata") or {}
        metadata = {**given, "labels": {**(given.get("labels") or {}), **labels}}
        metadata |= {"generateName": f"{owner['metadata']['name']}-", "ownerReferences": [_reference(kind, owner)]}
        body = {"metadata": metadata, "spec": {**template["spec"], **fixed}}
        try:
            made = self._server.registry.create(Target(PODS, namespace, None), body)
        except Refusal:
            return
        self._server.created(PODS, made.content())

    def _owned(self, kind: Kind, owner: Object) -> list[Object]:
        uid = owner["metadata"]["uid"]
        return [one for one in self._all(kind) if uid in _owners(one)]

    def _of(self, owner: Object) -> list[Object]:
        return self._owned(PODS, owner)

    def _clean(self) -> None:
        """[SRC] What a gone owner has left goes as well."""
        uids = {one["metadata"]["uid"] for kind in (DEPLOYMENTS, DAEMON_SETS) for one in self._all(kind)}
        for one in self._all(REPLICA_SETS):
            if uids.isdisjoint(_owners(one)) and _owners(one):
                self._remove(REPLICA_SETS, one)
        uids |= {one["metadata"]["uid"] for one in self._all(REPLICA_SETS)}
        for pod in self._all(PODS):
            kinds = {one["kind"] for one in pod["metadata"].get("ownerReferences") or []}
            if kinds & {"DaemonSet", "ReplicaSet"} and uids.isdisjoint(_owners(pod)):
                self._remove(PODS, pod)

    def _remove(self, kind: Kind, content: Object) -> None:
        metadata = content["metadata"]
        self._server.registry.storage.delete(kind.key(metadata["namespace"], metadata["name"]))

    def _tell(self, kind: Kind, content: Object, status: Object) -> None:
        before = content.get("status")
        if before != status:
            self._server.registry.restore(kind, {**content, "status": status})


def _owners(content: Object) -> set[str]:
    return {str(one.get("uid")) for one in content["metadata"].get("ownerReferences") or []}


def _reference(kind: Kind, owner: Object) -> Object:
    named = {"apiVersion": kind.api_version, "kind": kind.kind, "name": owner["metadata"]["name"]}
    return {**named, "uid": owner["metadata"]["uid"], "controller": True, "blockOwnerDeletion": True}


def _digest(template: Object) -> str:
    return hashlib.sha256(json.dumps(template, sort_keys=True).encode()).hexdigest()[:10]


def _is_ready(pod: Object) -> bool:
    containers = (pod.get("status") or {}).get("containerStatuses") or []
    return bool(containers) and all(one.get("ready") for one in containers)


def _takes(node: Object, spec: Object) -> bool:
    """[SRC] The labels that the selector names, the affinity to labels, and the taints."""
    labels = node["metadata"]["labels"]
    if not (spec.get("nodeSelector") or {}).items() <= labels.items():
        return False
    if untolerated(node, [*(spec.get("tolerations") or []), *_OF_THE_NODE]) is not None:
        return False
    required = ((spec.get("affinity") or {}).get("nodeAffinity") or {}).get(
        "requiredDuringSchedulingIgnoredDuringExecution"
    )
    terms = (required or {}).get("nodeSelectorTerms") or []
    return not terms or any(all(_fits(labels, one) for one in _expressions(term)) for term in terms)


def _expressions(term: Object) -> Iterator[Object]:
    yield from term.get("matchExpressions") or []


def _fits(labels: Mapping[str, str], expression: Object) -> bool:
    """[OWN] The operators that a list of values goes with, and the two that ask for the label alone."""
    value, operator = labels.get(expression["key"]), str(expression["operator"])
    if operator in ("In", "NotIn"):
        return (value in (expression.get("values") or ())) is (operator == "In")
    return (value is not None) is (operator == "Exists")
