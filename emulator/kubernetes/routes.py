"""The HTTP face of the API servers."""

from __future__ import annotations

import json
from abc import abstractmethod
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any

from emulator.core.http import Answer, Call, Dropped
from emulator.kubernetes import (
    account_tokens,
    authorization,
    discovery,
    garbage,
    health,
    metrics,
    objects,
    openapi,
    patches,
    pod_logs,
    protobuf,
    protobuf_bodies,
    rendering,
    reviews,
    statuses,
    watches,
)
from emulator.kubernetes.api_server import ApiServer
from emulator.kubernetes.authentication import MASTERS, User, authenticated
from emulator.kubernetes.face import ClusterFace
from emulator.kubernetes.kinds import NODES, PODS, SERVICE_ACCOUNTS, Target, target_of

_VERBS = {"POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}
_ACCESS = "SelfSubjectAccessReview"
_REVIEWS = {
    "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews": _ACCESS,
    "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews": "SelfSubjectRulesReview",
}
_OF_ANOTHER = "/apis/authorization.k8s.io/v1/subjectaccessreviews"
_BODIES = ["application/json", "application/json;charset=utf-8"]


def answer(call: Call) -> Answer | Awaitable[Answer]:
    """One request to an API server.

    Raises Refusal with a Status, and Dropped while the server is away or when there is none of that name.
    """
    server = call.world.kubernetes.at(call.host)
    if server is None or server.away or server.starting:
        raise Dropped
    server.request_came()
    user = authorization.acting(server, authenticated(server, call), call.headers.get("impersonate-user", ""))
    if isinstance(server, ApiServer):
        return _answer(server, user, call)
    assert isinstance(server, Forwarding)
    return _forwarded(server, user, call)


class Forwarding(ClusterFace):
    """What stands behind it answers itself, whatever it is asked as whomever."""

    @abstractmethod
    def forward(self, call: Call, user: User) -> Awaitable[Answer]:
        """Its answer. Raises Dropped when it does not give one."""


def _forwarded(server: Forwarding, user: User, call: Call) -> Answer | Awaitable[Answer]:
    """It knows nothing of Entra, of Azure's roles, nor of those that the world binds: who is no administrator is
    authorised here, answered about itself here, and asks as an administrator then."""
    if MASTERS not in user.groups:
        target = target_of(call.path)
        if target is not None:
            authorization.refuse_unless_allowed(server, user, _verb(call, target), target)
        elif call.method == "POST" and (path := call.path.rstrip("/")) in _REVIEWS:
            return _review(server, user, call, _REVIEWS[path])
        else:
            authorization.refuse_path_unless_allowed(server, user, call.path.rstrip("/") or "/")
    return server.forward(call, replace(user, groups=user.groups | {MASTERS}))


def _answer(server: ApiServer, user: User, call: Call) -> Answer:
    target = target_of(call.path)
    if target is None:
        return _other(server, user, call)
    if not server.serves(target.kind):
        raise statuses.no_such_resource()
    if target.kind is SERVICE_ACCOUNTS and target.subresource == "token" and target.name:
        return _token(server, user, call, target)
    logs = _is_log(target)
    verb = _verb(call, target)
    authorization.refuse_unless_allowed(server, user, verb, target)
    if target.kind is NODES:
        server.pods.show_nodes()
    if verb == "watch":
        return watches.watched(server, call, target)
    if logs and verb == "get":
        return pod_logs.log(server, call, target)
    handler = _HANDLERS.get((verb, target.name is not None))
    if handler is None or logs or (verb == "create" and target.kind.namespaced and not target.namespace):
        raise statuses.method_not_allowed()
    return handler(server, call, target)


def _is_log(target: Target) -> bool:
    """Raises Refusal: 404 for any other subresource, and for what is in a namespace and is asked for without."""
    logs = target.kind is PODS and target.subresource == "log"
    if (target.subresource and not logs) or (target.kind.namespaced and target.name and not target.namespace):
        raise statuses.no_such_resource()
    return logs


def _token(server: ApiServer, user: User, call: Call, target: Target) -> Answer:
    if call.method != "POST":
        raise statuses.method_not_allowed()
    authorization.refuse_unless_allowed(server, user, "create", target)
    return Answer(201, account_tokens.requested(server, target, _body(call)))


def _verb(call: Call, target: Target) -> str:
    if watches.is_watch(call):
        return "watch"
    return _VERBS.get(call.method, "get" if target.name else "list")


def _other(server: ApiServer, user: User, call: Call) -> Answer:
    """What is no stored resource: discovery, health, version, metrics, reviews."""
    path = call.path.rstrip("/") or "/"
    if call.method == "POST" and path in (*_REVIEWS, _OF_ANOTHER):
        return _of_another(server, user, call) if path == _OF_ANOTHER else _review(server, user, call, _REVIEWS[path])
    authorization.refuse_path_unless_allowed(server, user, path)
    if call.method != "GET":
        raise statuses.method_not_allowed()
    if path.split("/")[1] in ("livez", "readyz", "healthz"):
        return health.answer(server, path, call.query)
    if path == "/metrics":
        return Answer(200, metrics.text(server).encode(), {"Content-Type": "text/plain; version=0.0.4; charset=utf-8"})
    if path == "/openapi/v2":
        return Answer(200, openapi.V2_DOCUMENT, {"Content-Type": openapi.V2_PROTOBUF})
    document = _version(server) if path == "/version" else discovery.document(path, server.kinds)
    document = document or openapi.document(path, server.kinds)
    if document is None and path.startswith(("/api/", "/apis/")):
        raise statuses.no_such_resource()
    if document is None:
        return Answer(404, b"404 page not found\n", {"Content-Type": "text/plain; charset=utf-8"})
    return Answer(200, document)


def _version(server: ApiServer) -> dict[str, Any]:
    major, minor = server.kubernetes_version
    return {
        "major": str(major),
        "minor": str(minor),
        "gitVersion": server.git_version,
        "gitCommit": "0" * 40,
        "gitTreeState": "clean",
        "buildDate": "2025-01-01T00:00:00Z",
        "goVersion": "go1.22.8",
        "compiler": "gc",
        "platform": "linux/amd64",
    }


def _review(server: ClusterFace, user: User, call: Call, kind: str) -> Answer:
    """[SRC] Everybody may ask about themselves, and is answered with the question."""
    spec = _question(call, kind)
    status = reviews.access(server, user, spec) if kind == _ACCESS else reviews.rules(server, user, spec)
    return _reviewed(kind, spec, status)


def _of_another(server: ClusterFace, user: User, call: Call) -> Answer:
    authorization.refuse_review_unless_allowed(server, user)
    return _reviewed(reviews.OF_ANOTHER, *reviews.of_another(server, _body(call).get("spec") or {}))


def _reviewed(kind: str, spec: dict[str, Any], status: dict[str, Any]) -> Answer:
    document = {"kind": kind, "apiVersion": f"{reviews.GROUP}/v1", "metadata": {}, "spec": spec, "status": status}
    return Answer(201, document)


def _question(call: Call, kind: str) -> dict[str, Any]:
    """Raises Refusal: 400 or 415."""
    if kind == _ACCESS and call.headers.get("content-type", "") == protobuf.MEDIA_TYPE:
        try:
            return protobuf.access_review(call.body)
        except ValueError as error:
            raise statuses.bad_request(f"the object provided is unrecognized: {error}") from error
    spec: dict[str, Any] = _body(call).get("spec") or {}
    return spec


def _list(server: ApiServer, call: Call, target: Target) -> Answer:
    form = _form(call)
    page = server.registry.list(target, call.query)
    return rendering.answered(200, rendering.many(target.kind, page, form, call.world.clock.now()))


def _get(server: ApiServer, call: Call, target: Target) -> Answer:
    form = _form(call)
    found = server.registry.get(target)
    return rendering.answered(200, rendering.one(target.kind, found, form, call.world.clock.now()))


def _create(server: ApiServer, call: Call, target: Target) -> Answer:
    form = _form(call)
    dry_run = _dry_run(call)
    found = server.registry.create(target, _object(call, target), dry_run)
    if not dry_run:
        server.created(target.kind, found.content())
    return rendering.answered(201, rendering.one(target.kind, found, form, call.world.clock.now()))


def _update(server: ApiServer, call: Call, target: Target) -> Answer:
    body, form = _object(call, target), _form(call)
    found = server.registry.update(target, lambda old: body, _dry_run(call))
    return rendering.answered(200, rendering.one(target.kind, found, form, call.world.clock.now()))


def _patch(server: ApiServer, call: Call, target: Target) -> Answer:
    form = _form(call)
    found = server.registry.update(target, lambda old: patches.patched(old, call), _dry_run(call))
    return rendering.answered(200, rendering.one(target.kind, found, form, call.world.clock.now()))


def _delete(server: ApiServer, call: Call, target: Target) -> Answer:
    """[SEEN] Options in the body count for all of them, also for what they do not say."""
    options = _body(call) if call.body else None
    dry_run = _dry_run(call) if options is None else options.get("dryRun") == ["All"]
    gone = server.registry.delete(target, options, dry_run)
    if not dry_run and (options or {}).get("propagationPolicy") == "Orphan":
        garbage.release(server.registry, gone)
    server.pods.go_on()
    details = statuses.about(target.kind, target.name, uid=gone["metadata"]["uid"])
    body = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details}
    return Answer(200, body)


_HANDLERS: Mapping[tuple[str, bool], Callable[[ApiServer, Call, Target], Answer]] = {
    ("list", False): _list,
    ("get", True): _get,
    ("create", False): _create,
    ("update", True): _update,
    ("patch", True): _patch,
    ("delete", True): _delete,
}


def _form(call: Call) -> rendering.Form:
    return rendering.form_of(call.headers.get("accept", ""), call.query.get("includeobject", ""))


def _object(call: Call, target: Target) -> Any:
    """The object in the body of a create or an update.

    Raises Refusal: 400 or 415.
    """
    body = _body(call)
    if call.query.get("fieldvalidation") == "Strict":
        objects.refuse_unknown_fields(target.kind, body)
    return body


def _body(call: Call) -> Any:
    """The JSON object in the body.

    Raises Refusal: 400 or 415.
    """
    kind = call.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in ("", "application/json", protobuf.MEDIA_TYPE):
        raise statuses.unsupported_media_type(_BODIES)
    try:
        body = protobuf_bodies.content(call.body) if kind == protobuf.MEDIA_TYPE else json.loads(call.body)
    except ValueError as error:
        raise statuses.bad_request(f"the object provided is unrecognized: {error}") from error
    if not isinstance(body, dict):
        raise statuses.bad_request("the object provided is unrecognized: it is not an object")
    return body


def _dry_run(call: Call) -> bool:
    asked = call.query.get("dryrun", "")
    if asked not in ("", "All"):
        raise statuses.unknown_dry_run(f"{_VERBS[call.method].capitalize()}Options", asked)
    return asked == "All"
