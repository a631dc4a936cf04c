"""The environment in which stock az works against an emulation: a private configuration, logged in, and variables."""

from __future__ import annotations

import configparser
import json
import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

from emulator.core.tls import azure_authority
from emulator.emulation import Emulation
from emulator.entra.metadata import ARM, CLOUD, GRAPH, LOGIN, VAULT_SUFFIX
from emulator.entra.sign_in import REFRESH_TOKEN, USERNAME
from emulator.worlds.spec import CALLER, SUBSCRIPTION, SUBSCRIPTION_NAME, TENANT

EXTENSIONS = Path(__file__).resolve().parent.parent / ".venv" / "extensions"
WAIT_FACTOR = "0.02"
_MISLEADING = (
    "CURL_CA_BUNDLE",
    "ALL_PROXY",
    "MSI_ENDPOINT",
    "MSI_SECRET",
    "IMDS_ENDPOINT",
    "IDENTITY_SERVER_THUMBPRINT",
    "AZURE_POD_IDENTITY_AUTHORITY_HOST",
    "ARM_CLOUD_METADATA_URL",
    "KUBECONFIG",
)
"""Variables that would lead az, or its login, elsewhere."""
_MANAGED_IDENTITY = MappingProxyType(
    {"name": "systemAssignedIdentity", "type": "servicePrincipal", "assignedIdentityInfo": "MSI"}
)
_AZ = "04b07795-8ddb-461a-bbee-02f9e1bf7b46"
"""az as an application that people sign in to, the same everywhere. [CLI]"""


def write_files(folder: Path, subscriptions: Sequence[str] = (SUBSCRIPTION,)) -> None:
    """Writes into a private folder what az reads: `ca.pem`, and `azure`, its configuration, as `az cloud register`,
    `az cloud set` and `az login --identity` leave it. [CLI] Three processes of az would take 1.5 s for the same."""
    (folder / "ca.pem").write_bytes(azure_authority().pem)
    azure = folder / "azure"
    azure.mkdir(mode=0o700)
    cloud = {
        "endpoint_active_directory": LOGIN,
        "endpoint_active_directory_resource_id": ARM,
        "endpoint_management": ARM,
        "endpoint_microsoft_graph_resource_id": f"{GRAPH}/",
        "endpoint_resource_manager": ARM,
        "suffix_keyvault_dns": f".{VAULT_SUFFIX}",
        "profile": "latest",
    }
    _write_ini(azure / "clouds.config", CLOUD, cloud)
    _write_ini(azure / "config", "cloud", {"name": CLOUD})
    write_profile(folder, subscriptions)
    (azure / "versionCheck.json").write_text(json.dumps({"versions": _az_versions()}))


def log_in_person(emulation: Emulation, folder: Path) -> None:
    """Makes the login that write_files has written a person's, as `az login --username` leaves it. [CLI]"""
    azure = folder / "azure"
    _write_ini(azure / "config", "cloud", {"name": CLOUD}, core={"instance_discovery": "false"})
    write_profile(folder, (SUBSCRIPTION,), {"name": USERNAME, "type": "user"})
    oid = emulation.world.ids.principal(CALLER)
    home, environment = f"{oid}.{TENANT}", urlsplit(LOGIN).netloc
    account = {"local_account_id": oid, "username": USERNAME, "authority_type": "MSSTS", "realm": TENANT}
    refresh = {"credential_type": "RefreshToken", "secret": REFRESH_TOKEN, "client_id": _AZ, "target": ""}
    whose = {"home_account_id": home, "environment": environment}
    cache = {
        "Account": {f"{home}-{environment}-{TENANT}": {**whose, **account}},
        "RefreshToken": {f"{home}-{environment}-refreshtoken-{_AZ}--": {**whose, **refresh}},
    }
    with open(azure / "msal_token_cache.json", "w", opener=_private) as file:
        json.dump(cache, file)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def write_profile(folder: Path, subscriptions: Sequence[str], user: Mapping[str, str] = _MANAGED_IDENTITY) -> None:
    """The subscriptions that the login has found, the first one the default."""
    known = [{**_subscription(each), "user": dict(user)} for each in subscriptions]
    (folder / "azure" / "azureProfile.json").write_text(json.dumps({"subscriptions": known}))


def _subscription(subscription: str) -> dict[str, Any]:
    own = subscription == SUBSCRIPTION
    return {
        "id": subscription,
        "name": SUBSCRIPTION_NAME if own else f"{SUBSCRIPTION_NAME} 2",
        "state": "Enabled",
        "isDefault": own,
        "tenantId": TENANT,
        "environmentName": CLOUD,
        "homeTenantId": TENANT,
        "managedByTenants": [],
    }


def _az_versions() -> dict[str, Any]:
    """An az that finds no versions in its configuration asks the internet for the newest. [CLI]"""
    try:
        return {"core": {"local": version("azure-cli-core")}}
    except PackageNotFoundError:
        return {}


def _write_ini(path: Path, section: str, values: Mapping[str, str], **more: Mapping[str, str]) -> None:
    parser = configparser.ConfigParser()
    parser.read_dict({section: values, **more})
    with path.open("w") as file:
        parser.write(file)


def variables(emulation: Emulation, folder: Path) -> dict[str, str]:
    """The variables that point a program at the emulation; `folder` is where write_files has written."""
    spec = emulation.world.spec
    vault = spec.vaults[0] if spec.vaults else None
    return {
        **_proxy_variables(emulation.proxy_url),
        "REQUESTS_CA_BUNDLE": str(folder / "ca.pem"),
        "IDENTITY_ENDPOINT": emulation.identity_url,
        "IDENTITY_HEADER": emulation.identity_header,
        "AZURE_CONFIG_DIR": str(folder / "azure"),
        "AZURE_EXTENSION_DIR": str(EXTENSIONS),
        "AZURE_EXTENSION_USE_DYNAMIC_INSTALL": "no",
        "AZURE_CORE_COLLECT_TELEMETRY": "no",
        "AZURE_CORE_SURVEY_MESSAGE": "no",
        "AZURE_AKSKV_WAIT_FACTOR": WAIT_FACTOR,
        "AKSKV_GROUP": spec.group,
        "AKSKV_CLUSTER": spec.clusters[0].name if spec.clusters else "",
        "AKSKV_VAULT": vault.name if vault else "",
        "AKSKV_KEY": vault.keys[0].name if vault and vault.keys else "",
        "AKSKV_IDENTITY": spec.identities[0] if spec.identities else "",
        "EMULATOR_CONTROL": emulation.control_url,
        **_behind(emulation, folder),
    }


def _behind(emulation: Emulation, folder: Path) -> dict[str, str]:
    """What leads past the emulator where there is something behind it: straight to the first cluster's real server,
    and to its etcd."""
    server = emulation.world.kubernetes.first()
    found = server.outside() if server else None
    if found is None:
        return _outside(emulation, folder)
    path = folder / "kubeconfig"
    with open(path, "w", opener=_private) as file:
        file.write(found.kubeconfig)
    return {"AKSKV_ETCD": found.etcd, "KUBECONFIG": str(path)}


def _outside(emulation: Emulation, folder: Path) -> dict[str, str]:
    """The kubeconfig of the world's clusters outside Azure, a context for each; where there are none, there is none."""
    written = emulation.world.kubernetes.outside_kubeconfig()
    if not written:
        return {}
    path = folder / "kubeconfig"
    with open(path, "w", opener=_private) as file:
        file.write(written)
    return {"KUBECONFIG": str(path), "AKSKV_ARC_CLUSTER": emulation.world.spec.outside[0].name}


def _proxy_variables(proxy: str) -> dict[str, str]:
    """Both spellings; plain HTTP is led to the proxy too, which refuses it: nothing gets out unseen."""
    upper = {"HTTPS_PROXY": proxy, "HTTP_PROXY": proxy, "NO_PROXY": "127.0.0.1,localhost"}
    return upper | {name.lower(): value for name, value in upper.items()}


def complete(own: Mapping[str, str]) -> dict[str, str]:
    """The whole environment of a child process: this one's, with the az beside this Python first on the PATH."""
    misleading = {*_MISLEADING, *(name.lower() for name in _MISLEADING)}
    inherited = {name: value for name, value in os.environ.items() if name not in misleading}
    programs = Path(sys.executable).parent
    if shutil.which("az", path=str(programs)):
        inherited["PATH"] = f"{programs}{os.pathsep}{inherited.get('PATH', '')}"
    return {**inherited, **own}
