"""State of an Arc-enabled cluster for tests: what ARM has of it, what its API server keeps, a controller that copies
at once. The ports in front of it are in tests/fake_secret_store.py."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any

from azext_akskv.model.ids import ResourceId
from azext_akskv.model.mounts.manifests.manifest import Kind, Ref
from azext_akskv.model.observed import Observed
from azext_akskv.model.secret_store.connected import connected_id
from azext_akskv.model.secret_store.seen import CERT_MANAGER, TRUST_MANAGER, ClusterIdentity, Program, SecretRow
from tests.builders import GROUP, LOCATION, NOW, SUBSCRIPTION, TENANT

Json = dict[str, Any]
EDGE = connected_id(SUBSCRIPTION, GROUP, "edge")
ISSUER = f"https://westeurope.oic.prod-arc.azure.com/{TENANT}/5c1d2a7e-0000-4000-8000-00000000e09e/"
IN_CLUSTER = "https://kubernetes.default.svc.cluster.local"
STORE_KINDS = frozenset(
    {
        "secretsyncs.secret-sync.x-k8s.io",
        "akvsyncs.secret-sync.x-k8s.io",
        "secretproviderclasses.secrets-store.csi.x-k8s.io",
    }
)
CERTIFICATE_KINDS = frozenset({"certificates.cert-manager.io", "bundles.trust.cert-manager.io"})
WHERE = "azure-secret-store"


def connected_json(**properties: Any) -> Json:
    """A cluster of K3s that is connected and has an issuer."""
    own = {
        "provisioningState": "Succeeded",
        "connectivityStatus": "Connected",
        "agentVersion": "1.27.3",
        "kubernetesVersion": "1.31.5",
        "distribution": "k3s",
        "oidcIssuerProfile": {"enabled": True, "issuerUrl": ISSUER},
        **properties,
    }
    return {"id": str(EDGE), "name": EDGE.name, "location": LOCATION, "properties": own}


def program(name: str, role: str = "", namespace: str = WHERE) -> Program:
    return Program(namespace, name, 1, 1, f"registry.test/{role or name}:v1", role)


CERTIFIERS = tuple(program(each, each, CERT_MANAGER) for each in (CERT_MANAGER, TRUST_MANAGER))


class Edge:
    """State. `identity`: which cluster the API server of the context says it is; None: no agents. `token_issuer`: whose
    tokens it gives. `objects` by kind, namespace and name; `rows` are the Secrets. `parts` are parts of what a look
    shows that a test puts in the place of what follows from the state. `refused_rights`: "verb resource".
    `ends_as`: the state in which the next installation ends. `sync_fails`: reason and message of the controller, by the
    SecretSync's name."""

    def __init__(self) -> None:
        self.connected: dict[ResourceId, Json] = {EDGE: connected_json()}
        self.extensions: dict[ResourceId, Json] = {}
        self.extension_ends_as = "Succeeded"
        self.identity: ClusterIdentity | None = ClusterIdentity(SUBSCRIPTION, GROUP, EDGE.name, TENANT, "1.27.3", "k3s")
        self.token_issuer = ISSUER
        self.phases: dict[str, str] = {"default": "Active", "shop": "Active"}
        self.definitions: frozenset[str] = CERTIFICATE_KINDS
        self.certificates: tuple[Program, ...] = CERTIFIERS
        self.objects: dict[Ref, Json] = {}
        self.rows: dict[tuple[str, str], SecretRow] = {}
        self.sync_fails: dict[str, tuple[str, str]] = {}
        self.parts: dict[str, Observed[Any]] = {}
        self.logged: Mapping[str, Sequence[str]] = {}
        self.refused_rights: set[str] = set()
        self.revision = 700

    def put(self, ref: Ref, body: Json) -> None:
        """As it is, in a new version; the same object where it was there."""
        self.revision += 1
        there = self.objects.get(ref)
        uid = there["metadata"]["uid"] if there else f"uid-{self.revision}"
        kept = copy.deepcopy(body)
        kept["metadata"] = {**kept["metadata"], "uid": uid, "resourceVersion": str(self.revision)}
        kept["metadata"].setdefault("creationTimestamp", f"{NOW:%Y-%m-%dT%H:%M:%SZ}")
        self.objects[ref] = kept

    def hold(self, namespace: str, name: str, *, labelled: bool = True, entries: int = 1) -> None:
        """Puts a Secret there, or another version of it."""
        self.revision += 1
        self.rows[namespace, name] = SecretRow(namespace, name, "Opaque", entries, labelled, str(self.revision))

    @property
    def runs(self) -> bool:
        """The controller."""
        states = [each["properties"]["provisioningState"] for each in self.extensions.values()]
        return "Succeeded" in states

    def copy_now(self, ref: Ref, moment: str) -> None:
        """What the controller does with a SecretSync that is new or is to be copied."""
        if not self.runs or ref.kind is not Kind.SYNC:
            return
        there = (ref.namespace, ref.name) in self.rows
        reason, message = self.sync_fails.get(ref.name, ("", ""))
        foreign = there and not self.rows[ref.namespace, ref.name].labelled
        if foreign and not reason:
            reason, message = "CreateFailedInvalidLabel", "the secret has no label of the controller"
        body = self.objects[ref]
        if not reason:
            self.hold(ref.namespace, ref.name, entries=len(body["spec"]["secretObject"]["data"]))
        good = "UpdateValueChangeOrForceUpdateSucceeded" if there else "CreateSucceeded"
        condition = {
            "type": "Update" if there and not foreign else "Create",
            "status": "False" if reason else "True",
            "reason": reason or good,
            "message": message,
            "lastTransitionTime": moment,
        }
        status = {**body.get("status", {}), "conditions": [condition]}
        self.put(ref, {**body, "status": status if reason else {**status, "lastSuccessfulSyncTime": moment}})
