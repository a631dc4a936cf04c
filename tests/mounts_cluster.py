"""A scripted API server that has objects, pages, selectors and rights; kubectl finds its way in it, too."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from tests.mount_builders import (
    SYNCED,
    a_class,
    a_csi_driver,
    a_csi_node,
    a_driver_pod,
    a_node,
    a_pod,
    a_provider_pod,
    a_status,
    an_account,
    an_event,
)
from tests.unit.gateways.conftest import Reply, Request
from tests.unit.gateways.kube.kube_service import a_status as a_failure

Json = dict[str, Any]
STORE = "secrets-store.csi.x-k8s.io"
KINDS = {
    ("", "v1", "nodes"): ("Node", False),
    ("", "v1", "pods"): ("Pod", True),
    ("", "v1", "events"): ("Event", True),
    ("", "v1", "secrets"): ("Secret", True),
    ("", "v1", "serviceaccounts"): ("ServiceAccount", True),
    ("storage.k8s.io", "v1", "csinodes"): ("CSINode", False),
    ("storage.k8s.io", "v1", "csidrivers"): ("CSIDriver", False),
    (STORE, "v1", "secretproviderclasses"): ("SecretProviderClass", True),
    (STORE, "v1", "secretproviderclasspodstatuses"): ("SecretProviderClassPodStatus", True),
}
PATH = re.compile(r"/apis?/?(?P<group>[\w.-]*?)/(?P<version>v\w+)(?:/namespaces/(?P<namespace>[\w-]+))?/(?P<kind>\w+)")
LOG = re.compile(r"/api/v1/namespaces/(?P<namespace>[\w-]+)/pods/(?P<pod>[\w.-]+)/log")
REVIEWS = "/apis/authorization.k8s.io/v1/subjectaccessreviews"
PLANTED = "planted"


def a_secret(name: str, namespace: str = "team-a", kind: str = "Opaque", **labels: str) -> Json:
    values = {"kubectl.kubernetes.io/last-applied-configuration": PLANTED}
    metadata = {"name": name, "namespace": namespace, "labels": labels, "annotations": values}
    return {"metadata": metadata, "type": kind, "data": {"password": PLANTED}}


@dataclass
class MountsCluster:
    """`refused`: "verb resource namespace" for which the caller has no right, the namespace empty for lists of all.
    `logs`: by namespace, pod, container and previous. `may`: who may create secrets where. `page`: the most items that
    an answer has; 0: as many as asked for."""

    objects: dict[str, list[Json]] = field(default_factory=dict)
    refused: set[str] = field(default_factory=set)
    logs: dict[tuple[str, str, str, bool], str] = field(default_factory=dict)
    may: set[tuple[str, str]] = field(default_factory=set)
    page: int = 0
    without_classes: bool = False
    requests: list[Request] = field(default_factory=list)

    def reply_to(self, request: Request) -> Reply:
        self.requests.append(request)
        if request.path == REVIEWS:
            return self._review(request)
        if log := LOG.fullmatch(request.path):
            return self._log(request, log)
        found = PATH.fullmatch(request.path)
        if found is None:
            return self._discovery(request)
        kind = (found["group"], found["version"], found["kind"])
        if kind not in KINDS or (self.without_classes and STORE in kind):
            return Reply(404, a_failure(404, "NotFound", "the server could not find the requested resource"))
        if (refusal := self._refusal("list", found["kind"], found["group"], found["namespace"] or "")) is not None:
            return refusal
        return self._list(request, kind, found["namespace"] or "")

    def _refusal(self, verb: str, plural: str, group: str, namespace: str) -> Reply | None:
        if f"{verb} {plural} {namespace}".rstrip() not in self.refused:
            return None
        told = f'User "u" cannot {verb} resource "{plural}" in API group "{group}" at the cluster scope'
        return Reply(403, a_failure(403, "Forbidden", f"{plural} is forbidden: {told}"))

    def _list(self, request: Request, kind: tuple[str, str, str], namespace: str) -> Reply:
        every = self.objects.get(kind[2], [])
        chosen = [each for each in every if namespace in ("", each["metadata"].get("namespace"))]
        chosen = [each for each in chosen if selected(each, request.query)]
        start, most = int(request.query.get("continue") or 0), int(request.query.get("limit") or 0)
        most = min(most or len(chosen), self.page or len(chosen))
        rest = chosen[start : start + most]
        metadata = {"resourceVersion": "7", **({"continue": str(start + most)} if start + most < len(chosen) else {})}
        if "as=Table" in request.headers["accept"]:
            return Reply(200, a_table(rest, metadata, request.query.get("includeObject", "Metadata")))
        assert kind[2] != "secrets", "secrets are never asked for as they are"
        version = f"{kind[0]}/{kind[1]}".lstrip("/")
        named = KINDS[kind][0]
        items = [{"kind": named, "apiVersion": version, **each} if STORE in kind else each for each in rest]
        return Reply(200, {"kind": f"{named}List", "apiVersion": version, "metadata": metadata, "items": items})

    def _log(self, request: Request, found: re.Match[str]) -> Reply:
        query = request.query
        if (refusal := self._refusal("get", "pods/log", "", found["namespace"])) is not None:
            return refusal
        previous = query.get("previous") == "true"
        text = self.logs.get((found["namespace"], found["pod"], query["container"], previous))
        if text is None:
            return Reply(400, a_failure(400, "BadRequest", "previous terminated container not found"))
        lines = text.splitlines(keepends=True)
        lines = lines[max(0, len(lines) - int(query["tailLines"])) :] if "tailLines" in query else lines
        return Reply(200, "".join(lines)[: int(query.get("limitBytes") or len(text))])

    def _review(self, request: Request) -> Reply:
        if (refusal := self._refusal("create", "subjectaccessreviews", "authorization.k8s.io", "")) is not None:
            return refusal
        spec = request.body["spec"]
        attributes = spec["resourceAttributes"]
        assert (attributes["verb"], attributes["resource"], attributes["group"]) == ("create", "secrets", "")
        allowed = (spec["user"], attributes["namespace"]) in self.may
        return Reply(201, {**request.body, "status": {"allowed": allowed}})

    def _discovery(self, request: Request) -> Reply:
        """Which kinds there are, as kubectl asks before everything else."""
        versions = sorted(
            {(group, version) for group, version, _ in KINDS if not (self.without_classes and group == STORE)}
        )
        if request.path == "/api":
            return Reply(200, {"kind": "APIVersions", "versions": ["v1"]})
        if request.path == "/apis":
            groups = [
                {
                    "name": group,
                    "versions": [each := {"groupVersion": f"{group}/{version}", "version": version}],
                    "preferredVersion": each,
                }
                for group, version in versions
                if group
            ]
            return Reply(200, {"kind": "APIGroupList", "apiVersion": "v1", "groups": groups})
        asked = tuple(request.path.removeprefix("/apis/").removeprefix("/api/").split("/"))
        if (("", *asked)[-2:]) not in versions:
            return Reply(404, a_failure(404, "NotFound", "the server could not find the requested resource"))
        wanted = ("", *asked)[-2:]
        resources = [
            {"name": plural, "singularName": "", "namespaced": namespaced, "kind": kind, "verbs": ["get", "list"]}
            for (group, version, plural), (kind, namespaced) in KINDS.items()
            if (group, version) == wanted
        ]
        group_version = "/".join(each for each in wanted if each)
        return Reply(200, {"kind": "APIResourceList", "groupVersion": group_version, "resources": resources})


def selected(item: Json, query: dict[str, str]) -> bool:
    tags = item["metadata"].get("labels") or {}
    if wanted := query.get("labelSelector"):
        if inside := re.fullmatch(r"(\S+) in \((.*)\)", wanted):
            return tags.get(inside[1]) in inside[2].split(",")
        name, _, value = wanted.partition("=")
        return bool(tags.get(name) == value)
    for field_name, _, value in (each.partition("=") for each in (query.get("fieldSelector") or "").split(",") if each):
        found: Any = item
        for part in field_name.split("."):
            found = found.get(part)
        if found != value:
            return False
    return True


def a_table(items: list[Json], metadata: Json, include: str) -> Json:
    rows = []
    for each in items:
        about = {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": each["metadata"]}
        cells = [each["metadata"]["name"], each["type"], len(each["data"]), "5d"]
        rows.append({"cells": cells, "object": None if include == "None" else about})
    columns = [{"name": name, "type": "string"} for name in ("Name", "Type", "Data", "Age")]
    head = {"kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": metadata}
    return {**head, "columnDefinitions": columns, "rows": rows}


def a_mounts_cluster() -> MountsCluster:
    """An add-on on two nodes, a class with a Secret to be made, two pods of it, of which one has mounted."""
    nodes = ["aks-pool1-0", "aks-pool1-1"]
    managed = {f"{'secrets-store.csi.k8s.io'}/managed": "true"}
    other = a_pod("idle-0", "team-b", volumes=[{"name": "x", "emptyDir": {}}])
    return MountsCluster(
        objects={
            "nodes": [a_node(each, taints=[{"key": "a", "effect": "NoSchedule"}]) for each in nodes],
            "csinodes": [a_csi_node(each) for each in nodes],
            "csidrivers": [a_csi_driver(), {"metadata": {"name": "disk.csi.azure.com"}, "spec": {}}],
            "pods": [
                *(make(each) for each in nodes for make in (a_driver_pod, a_provider_pod)),
                *(a_pod(), a_pod("web-1"), other),
            ],
            "secretproviderclasses": [a_class(secretObjects=SYNCED), a_class("spare", "team-c")],
            "secretproviderclasspodstatuses": [a_status("web-1")],
            "events": [
                an_event(),
                an_event("Created container", type="Normal"),
                an_event("Back-off restarting failed container", reason="BackOff"),
            ],
            "secrets": [
                a_secret("db", **managed),
                a_secret("sp", **{"secrets-store.csi.k8s.io/used": "true"}),
                a_secret("sh.helm.release.v1.x.v1", "team-c", "helm.sh/release.v1"),
                a_secret("elsewhere", "team-b"),
            ],
            "serviceaccounts": [an_account("default", client_id=""), an_account()],
        },
        may={("system:serviceaccount:kube-system:aks-secrets-store-csi-driver", "team-a")},
    )
