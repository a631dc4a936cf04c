"""What a recorded scenario needs beyond azure-cli-testsdk 0.3.0: az 2.91's credentials, one host for emulator and
Azure, bodies that are compared, and no secret in a cassette."""

from __future__ import annotations

import base64
import json
import os
import re
import urllib.request
from typing import Any

import yaml
from azure.cli.testsdk import ScenarioTest
from azure.cli.testsdk import base as testsdk
from azure.cli.testsdk.scenario_tests import RecordingProcessor, mock_in_unit_test

AZURE_HOSTS = (
    ("management.emulator.test", "management.azure.com"),
    (".vault.emulator.test", ".vault.azure.net"),
    (".hcp.westeurope.emulator.test", ".hcp.westeurope.azmk8s.io"),
    ("login.emulator.test", "login.microsoftonline.com"),
)
RUN_ID = re.compile(r"\d{8}-\d{6}-[a-z]+")
LEAVES_OUT = ("x-ms-correlation", "set-cookie", "x-ms-client", "user-agent", "parametersetname", "commandname")


class AsRecorded(RecordingProcessor):
    """Makes an emulator's traffic look like Azure's, and takes out of either what nobody may see."""

    def process_request(self, request: Any) -> Any:
        if "/msi/token" in request.uri or "/oauth2/" in request.uri:
            return None
        request.uri = as_azure(request.uri)
        if request.body:
            request.body = as_azure(request.body.decode()).encode()
        request.headers = {k: v for k, v in request.headers.items() if not k.lower().startswith(LEAVES_OUT)}
        return request

    def process_response(self, response: Any) -> Any:
        text = response["body"]["string"] or ""
        text = as_azure(text.decode() if isinstance(text, bytes) else text)
        response["body"]["string"] = without_credentials(text)
        headers = response["headers"].items()
        response["headers"] = {
            name: [as_azure(value) for value in values]
            for name, values in headers
            if not name.startswith((*LEAVES_OUT, "content-length"))
        }
        return response


def as_azure(text: str) -> str:
    for emulated, real in AZURE_HOSTS:
        text = text.replace(emulated, real)
    return text


def without_credentials(text: str) -> str:
    """A kubeconfig keeps its server and its CA; who logs in with it becomes a token that opens nothing."""
    if '"kubeconfigs"' not in text:
        return text
    answer = json.loads(text)
    for each in answer["kubeconfigs"]:
        config = yaml.safe_load(base64.b64decode(each["value"]))
        config["users"] = [{"name": user["name"], "user": {"token": "replaced"}} for user in config["users"]]
        config["clusters"][0]["cluster"]["server"] = as_azure(config["clusters"][0]["cluster"]["server"])
        each["value"] = base64.b64encode(json.dumps(config).encode()).decode()
    return json.dumps(answer)


def same_json(one: Any, other: Any) -> None:
    """A replay proves what is sent; only the id of the run, which holds the time, may differ."""
    assert comparable(one.body) == comparable(other.body)


def comparable(body: Any) -> Any:
    text = body.decode() if isinstance(body, bytes) else body
    return json.loads(RUN_ID.sub("run", text)) if text else None


class MarkedYaml:
    """Cassettes in YAML whose first line says where they come from."""

    @staticmethod
    def serialize(cassette: Any) -> str:
        source = "emulator" if "EMULATOR_CONTROL" in os.environ else "azure"
        return f"# recorded-from: {source}\n{yaml.dump(cassette, Dumper=yaml.CSafeDumper, width=4096)}"

    @staticmethod
    def deserialize(text: str) -> Any:
        return yaml.load(text, Loader=yaml.CSafeLoader)


def patch_credential(test: Any) -> None:
    """A login that needs no network; az 2.91 asks it by `acquire_token`, which testsdk 0.3.0 does not know."""

    class Credential:
        def acquire_token(self, scopes: Any, **_: Any) -> dict[str, Any]:
            return {"access_token": "replayed", "token_type": "Bearer", "expires_in": 3600}

    target = "azure.cli.core.auth.identity.Identity.get_user_credential"
    mock_in_unit_test(test, target, lambda *_, **__: Credential())


def patch_delay(test: Any) -> None:
    """testsdk 0.3.0 patches msrestazure here, which az 2.91 no longer ships."""
    mock_in_unit_test(test, "azure.core.polling.base_polling.LROBasePolling._delay", lambda *_: None)


class KmsScenario(ScenarioTest):
    """One user story against one cluster. Replayed from its cassette, or recorded with AZURE_TEST_RUN_LIVE=True: from
    the emulator when EMULATOR_CONTROL is set (`make record`), else from the subscription that az is logged in to, with
    AKSKV_GROUP, AKSKV_CLUSTER, AKSKV_VAULT and AKSKV_KEY (`make record-live`)."""

    world = "public-rbac"

    def __init__(self, method_name: str) -> None:
        testsdk.patch_long_run_operation_delay = patch_delay
        testsdk.patch_retrieve_token_for_user = patch_credential
        super().__init__(method_name, recording_processors=[AsRecorded()])
        self.vcr.register_matcher("json", same_json)
        self.vcr.register_serializer("marked", MarkedYaml)
        self.vcr.serializer = "marked"
        self.vcr.match_on = (*self.vcr.match_on, "json")

    def setUp(self) -> None:
        os.environ["AZURE_AKSKV_CONNECTIONS"] = "1"  # vcrpy loses requests that come from several threads
        control = os.environ.get("EMULATOR_CONTROL")
        if self.in_recording and control:
            body = json.dumps({"world": self.world, "secrets": 6}).encode()
            urllib.request.urlopen(urllib.request.Request(f"{control}/reset", body, method="POST")).close()
        super().setUp()
        for name, emulated in (("group", "shop-rg"), ("cluster", "shop"), ("vault", "shop-kv"), ("key", "etcd")):
            self.kwargs[name] = os.environ.get(f"AKSKV_{name.upper()}", emulated) if self.in_recording else emulated
