"""The commands of the tests, and what their results are asked for."""

from __future__ import annotations

from typing import Any

from tests.e2e.conftest import Ended

CLUSTER = ("-g", "shop-rg", "-n", "shop")
KEY = ("--vault", "shop-kv", "--key", "etcd")
JSON = ("-o", "json")
SHOW = ("aks", "kv", "kms", "show", *CLUSTER, *JSON)
ENABLE = ("aks", "kv", "kms", "enable", *CLUSTER, *KEY, *JSON, "--yes")
DISABLE = ("aks", "kv", "kms", "disable", *CLUSTER, *JSON, "--yes")
REENCRYPT = ("aks", "kv", "reencrypt", *CLUSTER, *JSON, "--yes")


def found(ended: Ended, *states: str) -> set[str]:
    """The codes of the findings in one of these states: those that nobody may overlook unless told."""
    return {each["code"] for each in ended.json["findings"] if each["state"] in (states or ("error", "unknown"))}


def finding(ended: Ended, code: str) -> dict[str, Any]:
    """The gravest finding of that code."""
    order = ("error", "unknown", "warning")
    named = [each for each in ended.json["findings"] if each["code"] == code and each["state"] in order]
    return min(named, key=lambda each: order.index(each["state"]))


def steps(ended: Ended) -> dict[str, str]:
    return {each["code"]: each["state"] for each in ended.json["steps"]}
