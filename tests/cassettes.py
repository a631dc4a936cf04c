"""The form of a cassette: Azure's hosts, readable bodies, no credentials, and as little as possible that changes from
one recording to the next."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml
from azure.cli.testsdk.scenario_tests import RecordingProcessor

REQUEST_HEADERS = ("accept", "content-type", "if-match", "if-none-match")
"""What a request says beside its body; it is compared in a replay."""
RESPONSE_HEADERS = ("azure-asyncoperation", "content-type", "date", "etag", "location", "www-authenticate")
"""What the extension and the SDKs read."""

AZURE = {
    "management.emulator.test": "management.azure.com",
    "vault.emulator.test": "vault.azure.net",
    "hcp.westeurope.emulator.test": "hcp.westeurope.azmk8s.io",
    "login.emulator.test": "login.microsoftonline.com",
}
HOLDER = re.compile(r'("holderIdentity": ?"[^" ]+) [^"]*"')
"""Who is at work: the run stays."""
ASSIGNMENT = re.compile(r"(/roleAssignments/)[0-9a-f-]{36}", re.IGNORECASE)
OF_NETWORK = re.compile(r"(/virtualNetwork(?:Link|Peering)s/[\w.-]*-)[0-9a-f]{6}\b")
"""A link, or a side of a peering, that we named after a network: the digest is of its whole id."""
LOOK = re.compile(r"(akskv(?:/|%2F)look(?:%3D|\": ?\"))[0-9a-f]{32}")
"""The mark of a look from a node, which no other look has."""
KEY = re.compile(r"https://[\w.-]+/keys/[\w-]+/[0-9a-f]{32}")
MAIL = re.compile(r"[\w.+-]+@[\w-]+(\.[\w-]+)+")
TOKEN = re.compile(r'("clusterToken": ?)"[^"]*"')
"""What opens the cluster to a command in its pod: the caller's own token."""
DIGEST = "akskv-ledger"
LONG = 300
METRIC = "apiserver_envelope_encryption_key_id_hash_total"
PROBE = "akskv "
"""What a pod that looks has written begins with it."""
CERTIFICATE = (
    "MIHpMIGcoAMCAQICAQEwBQYDK2VwMBMxETAPBgNVBAMMCHJlcGxhY2VkMCAXDTIwMDEwMTAwMDAwMFoYDzIxMjAwMTAxMDAwMDAwWjATMREwDwYD"
    "VQQDDAhyZXBsYWNlZDAqMAUGAytlcAMhAMIQhKubBMZj3yNgOM14SETxi/rARcF1qju4eqba452voxMwETAPBgNVHRMBAf8EBTADAQH/MAUGAytl"
    "cANBALYzfcJfm9YJY4S0x3o6A14TZp2zCbtehZKZWUcV0btRihXTKIMNhyzj+/Znyt06fvXR5X9oZ0XlHkMK7nlHzAU="
)
"""A CA whose private key nobody has: it stands for those of all clusters."""


class AsRecorded(RecordingProcessor):
    """What is recorded: without logins and credentials, with Azure's hosts, and with other words for those that
    `disguise` names, such as the subscription's id."""

    def __init__(self, disguise: dict[str, str]) -> None:
        self._disguise = disguise
        self._key_hashes: dict[str, str] = {}
        self._digests: dict[str, str] = {}

    def process_request(self, request: Any) -> Any:
        if "/msi/token" in request.uri or "/oauth2/" in request.uri:
            return None
        if request.body:
            text = TOKEN.sub(r'\1"opens-nothing"', request.body.decode())
            self._learn_digests(text, urlsplit(request.uri).path)
            request.body = self._disguised(text)
        request.uri = self._disguised(request.uri)
        request.headers = {name.lower(): value for name, value in request.headers.items()}
        request.headers = {name: request.headers[name] for name in REQUEST_HEADERS if name in request.headers}
        return request

    def process_response(self, response: Any) -> Any:
        text = response["body"]["string"] or ""
        text = text.decode() if isinstance(text, bytes) else text
        self._key_hashes |= {key_hash(key): key_hash(self._disguised(key)) for key in KEY.findall(text)}
        self._learn_digests(text)
        text = self._disguised(text)
        headers = {name.lower(): value for name, value in response["headers"].items()}
        kept = {name: headers[name] for name in RESPONSE_HEADERS if name in headers}
        response["headers"] = {name: [self._disguised(value) for value in values] for name, values in kept.items()}
        if text.startswith("{"):
            text = json.dumps(self._disarmed(json.loads(text)))
        else:
            text = "".join(line for line in text.splitlines(keepends=True) if line.startswith((METRIC, PROBE)))
        response["body"]["string"] = stable(MAIL.sub("someone@example.com", text))
        return response

    def _learn_digests(self, text: str, path: str = "") -> None:
        """The digest in a cluster's tags is over names that are disguised: with those it is another one. [ADR 13]"""
        body = json.loads(text) if DIGEST in text else {}
        for cluster in body.get("value") or [body]:
            tags = cluster.get("tags") or {}
            if DIGEST in tags:
                eras = [tags[name] for name in sorted(tags, reverse=True) if name.startswith("akskv-kms-")]
                words = self._disguised("\n".join([str(cluster.get("id") or path).lower(), *eras]))
                self._digests[tags[DIGEST]] = hashlib.sha256(words.encode()).hexdigest()[:16]

    def _disguised(self, text: str) -> str:
        for real, shown in (AZURE | self._disguise | self._key_hashes | self._digests).items():
            text = text.replace(real, shown)
        return text

    def _disarmed(self, answer: Any) -> Any:
        """A kubeconfig keeps its server, and how to log in with Entra ID; a key keeps its size alone; a token of an
        account keeps what it says, without a signature."""
        if answer.get("kind") == "TokenRequest":
            answer["status"]["token"] = unsigned(answer["status"]["token"], self._disguised)
        for each in answer.get("kubeconfigs") or ():
            config = self._disguised(base64.b64decode(each["value"]).decode())
            each["value"] = base64.b64encode(harmless(config).encode()).decode()
        for key in (answer.get("properties"), answer.get("key")):
            if key and "n" in key:
                key["n"] = "w" * len(key["n"])
        return answer


def unsigned(token: str, disguised: Callable[[str], str]) -> str:
    """Opens nothing. A blank before the claims keeps it from looking like one that does."""
    part = token.split(".")[1]
    claims = disguised(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)).decode())
    parts = (base64.urlsafe_b64encode(f" {each}".encode()).decode().rstrip("=") for each in ('{"alg": "none"}', claims))
    return ".".join([*parts, "opens-nothing"])


def key_hash(key: str) -> str:
    """As an API server's metrics name a key."""
    return hashlib.sha256(hashlib.sha256(key.encode()).hexdigest().encode()).hexdigest()


def harmless(kubeconfig: str) -> str:
    config = yaml.safe_load(kubeconfig)
    for cluster in config["clusters"]:
        pem = f"-----BEGIN CERTIFICATE-----\n{CERTIFICATE}\n-----END CERTIFICATE-----\n"
        cluster["cluster"]["certificate-authority-data"] = base64.b64encode(pem.encode()).decode()
    for user in config["users"]:
        login = user["user"]
        user["user"] = {"exec": login["exec"]} if "exec" in login else {"token": "opens-nothing"}
    return json.dumps(config)


class AsSent(RecordingProcessor):
    """What is compared: a request without who sends it, and without the names of role assignments, which grow from the
    subscription's id."""

    def process_request(self, request: Any) -> Any:
        request.uri = stable(request.uri)
        if request.body:
            request.body = stable(request.body.decode())
        return request


def stable(text: str) -> str:
    text = HOLDER.sub(r'\1 somebody"', text)
    text = OF_NETWORK.sub(r"\g<1>000000", text)
    text = LOOK.sub(r"\g<1>" + "0" * 32, text)
    return ASSIGNMENT.sub(r"\g<1>00000000-0000-0000-0000-000000000000", text)


def same(sent: Any, stored: Any) -> None:
    """A matcher of vcrpy: raises AssertionError, which says what differs, unless a replay sends what was recorded."""
    for what, now, then in (
        ("method", sent.method, stored.method),
        ("address", sent.uri, stored.uri),
        ("headers", telling(sent.headers), telling(stored.headers)),
        ("body", json_of(sent.body), json_of(stored.body)),
    ):
        if now != then:
            raise AssertionError(f"{what} sent: {now}; recorded: {then}")


def telling(headers: Mapping[str, Any]) -> dict[str, str]:
    told = {name.lower(): value for name, value in headers.items()}
    return {name: str(told[name]) for name in REQUEST_HEADERS if name in told}


def json_of(body: Any) -> Any:
    return json.loads(body) if body else None


class ReadableYaml:
    """vcrpy's serializer for cassettes whose JSON bodies are YAML as well, so that a difference can be read. `about`
    gives what the first lines say."""

    def __init__(self, about: Callable[[], Mapping[str, str]]) -> None:
        self._about = about

    def serialize(self, cassette: Any) -> str:
        head = "".join(f"# {name}: {value}\n" for name, value in self._about().items())
        told = [
            {
                "request": unfolded(each["request"], each["request"]["body"]),
                "response": unfolded(each["response"], each["response"]["body"]["string"]),
            }
            for each in cassette["interactions"]
        ]
        known: dict[str, Any] = {}
        for message in (part for each in told for part in each.values() if "json" in part):
            message["json"] = said_once(message["json"], known)
        return head + yaml.dump(told, Dumper=yaml.CSafeDumper, sort_keys=False, width=1000)

    def deserialize(self, text: str) -> Any:
        told = [
            {part: folded(each[part]) for part in ("request", "response")}
            for each in yaml.load(text, Loader=yaml.CSafeLoader)
        ]
        for each in told:
            each["response"]["body"] = {"string": each["response"]["body"]}
        return {"interactions": told}


def unfolded(message: Mapping[str, Any], body: bytes | str | None) -> dict[str, Any]:
    """As it stands in the cassette: one value for each header, and JSON as such."""
    text = body.decode() if isinstance(body, bytes) else body or ""
    rest = {name: value for name, value in message.items() if name not in ("body", "headers")}
    headers = {name: values[0] for name, values in message["headers"].items()}
    return {**rest, "headers": headers, **({"json": json.loads(text)} if text.startswith("{") else {"text": text})}


def folded(message: Mapping[str, Any]) -> dict[str, Any]:
    """As vcrpy knows it, but for the body of a response, which it wants one level deeper."""
    rest = {name: value for name, value in message.items() if name not in ("json", "text", "headers")}
    headers = {name: [value] for name, value in message["headers"].items()}
    return {**rest, "headers": headers, "body": json.dumps(message["json"]) if "json" in message else message["text"]}


def said_once(value: Any, known: dict[str, Any]) -> Any:
    """Long parts that come again become the same object, for which YAML writes an alias."""
    if isinstance(value, dict):
        value = {name: said_once(each, known) for name, each in value.items()}
    elif isinstance(value, list):
        value = [said_once(each, known) for each in value]
    else:
        return value
    text = json.dumps(value)
    return known.setdefault(text, value) if len(text) > LONG else value


def about(path: Path) -> dict[str, str]:
    """What the first lines of a cassette say: where it was recorded, and with which names."""
    with path.open(encoding="utf-8") as file:
        pairs = (line[1:].partition(":") for line in iter(file.readline, "") if line.startswith("#"))
        return {name.strip(): value.strip() for name, _, value in pairs}
