"""Lists in pages: which objects a LIST is about, as of which revision, and the token that goes on behind it."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass

from emulator.kubernetes import statuses
from emulator.kubernetes.selectors import Test, selector
from emulator.kubernetes.storage import Storage


@dataclass(frozen=True)
class ListRequest:
    """`start` is the whole key in etcd to begin with; `limit` 0 means all. `from_cache`: the watch cache answers,
    with what it holds decrypted."""

    prefix: str
    start: str
    revision: int
    limit: int
    from_cache: bool
    test: Test | None


def list_request(query: Mapping[str, str], prefix: str, storage: Storage) -> ListRequest:
    """What the query (its names in lower case) asks of the objects under a prefix.

    Raises Refusal: 400 for what cannot be understood, 410 when the revision is compacted.
    """
    limit = number(query, "limit")
    test = selector(query)
    if query.get("continue"):
        if query.get("resourceversion", "") not in ("", "0"):
            text = "specifying resource version is not allowed when using continue"
            raise statuses.bad_request(f"invalid continue token: {text}")
        revision, start = _continued(query["continue"], prefix, storage)
        return ListRequest(prefix, start, revision, limit, False, test)
    asked, match = number(query, "resourceversion"), query.get("resourceversionmatch", "")
    if match == "Exact":
        if asked < storage.compacted:
            raise statuses.too_old(asked, storage.compacted)
        return ListRequest(prefix, prefix, asked, limit, False, test)
    if asked > storage.revision:
        text = f"Timeout: Too large resource version: {asked}, current: {storage.revision}"
        causes = [{"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}]
        raise statuses.failure(504, "Timeout", text, {"causes": causes, "retryAfterSeconds": 1})
    # [SRC] A resourceVersion lets the watch cache answer, and that one knows no limit.
    from_cache = query.get("resourceversion", "") != ""
    return ListRequest(prefix, prefix, storage.revision, 0 if from_cache else limit, from_cache, test)


def continue_token(request: ListRequest, last_key: str) -> str:
    """Goes on behind `last_key` at the same revision."""
    return _token(request.revision, last_key.removeprefix(request.prefix) + "\0")


def _token(revision: int, start: str) -> str:
    content = json.dumps({"v": "meta.k8s.io/v1", "rv": revision, "start": start}, separators=(",", ":"))
    return base64.urlsafe_b64encode(content.encode()).rstrip(b"=").decode()


def _continued(token: str, prefix: str, storage: Storage) -> tuple[int, str]:
    """The revision and the whole key behind a token; revision -1 in it means the newest."""
    try:
        content = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
        revision, start = int(content["rv"]), str(content["start"])
    except (ValueError, KeyError, TypeError) as error:
        raise statuses.bad_request(f"continue key is not valid: {error}") from error
    if content.get("v") != "meta.k8s.io/v1" or revision == 0 or not start or ".." in start.split("/"):
        raise statuses.bad_request("continue key is not valid: incorrect encoded start resourceVersion or key")
    if revision == -1:
        return storage.revision, prefix + start
    if revision < storage.compacted:
        raise statuses.expired_continue(_token(-1, start))
    return revision, prefix + start


def number(query: Mapping[str, str], name: str) -> int:
    """A whole number of a query, 0 where it is not asked. Raises Refusal: 400."""
    text = query.get(name, "")
    if text and not text.isdigit():
        raise statuses.bad_request(f"strconv.ParseInt: parsing {json.dumps(text)}: invalid syntax")
    return int(text or 0)
