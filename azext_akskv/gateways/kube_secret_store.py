"""Fills ports.SecretStore by the API server that the user's kubeconfig names."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from urllib.parse import quote

from azext_akskv.failures import GatewayError, Missing, Rejected
from azext_akskv.gateways.class_objects import read_objects
from azext_akskv.gateways.kube import TABLE, WITHOUT_OBJECTS, check_table, following, row_names, understanding
from azext_akskv.gateways.kube_manifests import make, may_we, merge, path_of
from azext_akskv.gateways.kube_manifests import seen as as_seen
from azext_akskv.gateways.kube_mounts import AT_ONCE, KubeMounts, is_hopeless
from azext_akskv.gateways.kube_server import Request
from azext_akskv.gateways.mount_lists import DRIVER, Wanted, why_not
from azext_akskv.gateways.mount_pages import Ask, answer_of, side_by_side
from azext_akskv.gateways.store_lists import LISTS, TROUBLES, home_of, seen_of
from azext_akskv.gateways.store_secrets import delete_secret, options, row_of, rows_of
from azext_akskv.model.ids import ResourceId
from azext_akskv.model.kube import KubeRight
from azext_akskv.model.members import Json, child, children, text
from azext_akskv.model.mounts.manifests.manifest import SYNC_GROUP as GROUP
from azext_akskv.model.mounts.manifests.manifest import Kind, Manifest, Ref
from azext_akskv.model.mounts.secret_class import GROUP as CLASS_GROUP
from azext_akskv.model.mounts.secret_class import ObjectList, written_objects
from azext_akskv.model.mounts.seen import LogSource, PodLog
from azext_akskv.model.observed import Observed
from azext_akskv.model.secret_store.issuer import Claims, claims_of
from azext_akskv.model.secret_store.seen import (
    AGENTS,
    CONFIGURATION,
    ClusterIdentity,
    SecretRow,
    StoreSeen,
    parse_identity,
)
from azext_akskv.model.secret_store.standing import Standing, standing_of

OTHER_CLUSTER = "OtherCluster"
GROUP_VERSIONS = (
    f"{GROUP}/v1alpha1",
    f"{CLASS_GROUP}/v1",
    "cert-manager.io/v1",
    "trust.cert-manager.io/v1alpha1",
)
"""Of the kinds that matter, where their definitions may not be listed."""
DEFINITIONS = Wanted("the definitions of kinds", "apis/apiextensions.k8s.io/v1", "customresourcedefinitions")
SHORTEST = 600
"""Seconds: no token may live shorter. [SRC]"""


class KubeSecretStore:
    """`cluster` is the one that the command is about. `ask` and `lines` are those of KubeSecrets, `workers`: so many
    requests may be under way at once."""

    def __init__(
        self, cluster: ResourceId, ask: Ask, lines: Callable[[Request], Iterable[str]], workers: int = AT_ONCE
    ) -> None:
        self._cluster = cluster
        self._ask = ask
        self._logs = KubeMounts(ask, lines, workers)
        self._workers = min(workers, AT_ONCE)

    def whose(self) -> ClusterIdentity | None:
        doing = "ask the API server which cluster it is"
        path = f"/api/v1/namespaces/{AGENTS}/configmaps/{CONFIGURATION}"
        try:
            reply = self._ask(Request(doing, "GET", path))
        except Missing:
            return None
        with understanding(doing):
            return parse_identity(reply.json)

    def version(self) -> str:
        doing = "ask for the version of Kubernetes"
        reply = self._ask(Request(doing, "GET", "/version"))
        with understanding(doing):
            return text(reply.json, "gitVersion")

    def look(self, namespace: str | None = None) -> StoreSeen:
        driver = answer_of(self._ask, DRIVER, None)
        if is_hopeless(driver):
            raise driver
        calls = [partial(answer_of, self._ask, wanted, namespace) for wanted in LISTS.values()]
        found = dict(zip(LISTS, side_by_side(calls, self._workers), strict=True))
        troubles = answer_of(self._ask, TROUBLES, home_of(found["controllers"]))
        part = seen_of(namespace, {**found, "driver": driver, "troubles": troubles}, self._definitions())
        spaces = sorted({each.namespace for each in part.syncs.value or ()} | ({namespace} if namespace else set()))
        rows = side_by_side([partial(rows_of, self._ask, each) for each in spaces], self._workers)
        return replace(part, secrets=dict(zip(spaces, rows, strict=True)))

    def logs(self, sources: Sequence[LogSource], since_seconds: int) -> Iterator[PodLog]:
        return self._logs.logs(sources, since_seconds)

    def claims(self, namespace: str, account: str, audience: str) -> Claims:
        doing = f"ask for a token of the service account {namespace}/{account}"
        path = f"{Ref(Kind.ACCOUNT, quote(namespace, safe=''), account).path}/{quote(account, safe='')}/token"
        body = {
            "apiVersion": "authentication.k8s.io/v1",
            "kind": "TokenRequest",
            "spec": {"audiences": [audience], "expirationSeconds": SHORTEST},
        }
        with understanding(doing):
            return claims_of(text(child(self._ask(Request(doing, "POST", path, body=body)).json, "status"), "token"))

    def may(self, rights: Sequence[KubeRight]) -> Mapping[KubeRight, Observed[bool]]:
        answers = side_by_side([partial(may_we, self._ask, each) for each in rights], self._workers)
        return dict(zip(rights, answers, strict=True))

    def standing(self, refs: Sequence[Ref]) -> Mapping[Ref, Observed[Standing | None]]:
        answers = side_by_side([partial(self._standing, each) for each in refs], self._workers)
        return dict(zip(refs, answers, strict=True))

    def secret(self, namespace: str, name: str) -> SecretRow | None:
        return row_of(self._ask, namespace, name)

    def create(self, manifest: Manifest) -> None:
        self._refuse_other_cluster()
        make(self._ask, manifest.ref, manifest.body)

    def change(self, ref: Ref, patch: Json) -> None:
        self._refuse_other_cluster()
        merge(self._ask, ref, patch)

    def force(self, sync: Ref, value: str) -> None:
        self._refuse_other_cluster()
        merge(self._ask, sync, {"spec": {"forceSynchronization": value}})

    def delete(self, seen: Standing, keep_dependents: bool = False) -> None:
        self._refuse_other_cluster()
        body = options({"uid": seen.uid}, "Orphan" if keep_dependents else "Background")
        with suppress(Missing):
            self._ask(Request(f"delete the {seen.ref}", "DELETE", path_of(seen.ref), body=body))

    def delete_secret(self, seen: SecretRow) -> None:
        self._refuse_other_cluster()
        delete_secret(self._ask, seen)

    def _refuse_other_cluster(self) -> None:
        """Before each write: a connection may have been made anew, from a kubeconfig that has changed."""
        found = self.whose()
        if found and found.is_of(self._cluster):
            return
        told = f"it says that it is {found.id}" if found else "Arc's agents are not in it"
        raise Rejected(
            "write to the cluster",
            OTHER_CLUSTER,
            f"the API server of this kubeconfig context is not that of {self._cluster}: {told}; nothing was written",
        )

    def _standing(self, ref: Ref) -> Observed[Standing | None]:
        def read() -> Standing | None:
            doing = f"look at the {ref}"
            try:
                raw = self._ask(Request(doing, "GET", path_of(ref))).json
            except Missing:
                return None
            with understanding(doing):
                objects = read_objects(written_objects(raw)) if ref.kind is Kind.CLASS else ObjectList()
                return standing_of(ref, raw, objects)

        return as_seen(f"the {ref}", read)

    def _definitions(self) -> Observed[frozenset[str]]:
        """Their names, by rows: their schemas are long. Who may not list them finds the kinds by discovery."""
        groups = tuple(each.partition("/")[0] for each in GROUP_VERSIONS)
        try:
            names = self._defined() if self._may_list() else self._discovered()
        except GatewayError as error:
            return Observed.unknown(why_not(DEFINITIONS, error))
        return Observed(frozenset(each for each in names if each.partition(".")[2] in groups))

    def _may_list(self) -> bool:
        return may_we(self._ask, KubeRight("list", DEFINITIONS.plural, "apiextensions.k8s.io")).value is True

    def _defined(self) -> list[str]:
        names, after = list[str](), ""
        while True:
            query = {**WITHOUT_OBJECTS, "limit": "500", **({"continue": after} if after else {})}
            reply = self._ask(Request(DEFINITIONS.doing, "GET", DEFINITIONS.path(None), query, accept=TABLE))
            check_table(DEFINITIONS.doing, reply)
            names += row_names(reply)
            after = following(reply) or ""
            if not after:
                return names

    def _discovered(self) -> list[str]:
        names = []
        for each in GROUP_VERSIONS:
            doing = f"ask which kinds {each} has"
            try:
                reply = self._ask(Request(doing, "GET", f"/apis/{each}"))
            except Missing:
                continue
            with understanding(doing):
                plurals = [text(one, "name") for one in children(reply.json, "resources")]
            names += [f"{plural}.{each.partition('/')[0]}" for plural in plurals if "/" not in plural]
        return names
