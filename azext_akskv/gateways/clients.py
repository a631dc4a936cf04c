"""The only place that makes SDK clients: az's login and its connection settings, our patience, one api-version each."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from typing import Any

from azext_akskv.failures import Denied
from azext_akskv.gateways.errors import NotSignedIn, asking
from azext_akskv.gateways.login import InTime, login_kind
from azext_akskv.gateways.retries import Retries, SdkRetries
from azext_akskv.model.governance import LoginKind
from azext_akskv.model.vault import Vault

CLUSTER_VERSIONS = ("2026-08-01", "2026-06-01", "2025-05-01")
"""Newest first; a cloud that does not know one is asked with the next. az's own SDK takes each of them. [CLI]"""

RENEWED_SINCE = "2026-07-01"
"""The first one that tells `kubernetesResourceObjectEncryptionProfile`. [SPEC]"""

API_VERSIONS = {
    "vaults": "2023-07-01",
    "roles": "2022-04-01",
    "identities": "2024-11-30",
    "vault data plane": "7.5",
}
"""Old enough for every cloud; but the msi client that az ships has only its own one."""


class Clients:
    """Made on first use, one for each service and subscription, from any thread."""

    def __init__(self, cli_ctx: Any, retries: Retries) -> None:
        self._cli_ctx = cli_ctx
        self._retries = retries
        self._made: dict[tuple[str, ...], Any] = {}
        self._making = threading.RLock()

    def clusters(self, subscription: str, api_version: str) -> Any:
        """The managed clusters of azure-mgmt-containerservice."""
        return self._arm("clusters", subscription, api_version, _cluster_client).managed_clusters

    def vaults(self, subscription: str) -> Any:
        """azure-mgmt-keyvault: `vaults` and, through ARM, `keys`."""
        return self._arm("vaults", subscription, API_VERSIONS["vaults"], _vault_client)

    def roles(self, subscription: str) -> Any:
        """The role assignments of azure-mgmt-authorization."""
        return self._arm("roles", subscription, API_VERSIONS["roles"], _role_client).role_assignments

    def identities(self, subscription: str) -> Any:
        """The user-assigned identities of azure-mgmt-msi."""
        client = self._arm("identities", subscription, API_VERSIONS["identities"], _identity_client)
        return client.user_assigned_identities

    def vault_keys(self, vault: Vault) -> Any:
        """azure-keyvault-keys for one vault.

        A vault's token opens every vault that its owner may use, so it goes only to the host that ARM names, only when
        that is a vault of this cloud, and the SDK checks that the challenge asks for a token of this very cloud.
        Raises Denied for any other host.
        """
        suffix = str(self._cli_ctx.cloud.suffixes.keyvault_dns)
        if not re.fullmatch(r"[a-z0-9-]{3,24}" + re.escape(suffix.lower()), vault.host):
            why = f"{vault.host!r} is not a vault of this cloud (*{suffix}), so it gets no token"
            raise Denied(f"ask the vault {vault.id.name} itself", "VaultElsewhere", why)
        return self._once(("vault data plane", vault.host), lambda: self._key_client(vault))

    def maintenance(self, subscription: str, api_version: str) -> Any:
        """The maintenance configurations of azure-mgmt-containerservice."""
        return self._arm("clusters", subscription, api_version, _cluster_client).maintenance_configurations

    def send(self, subscription: str, request: Any) -> Any:
        """A request to ARM by its path, with az's login and retries, through the client of the vaults. Raises what az
        raises, among it NotSignedIn where its login does not have the subscription."""
        return self.vaults(subscription).send_request(request)

    def login(self, subscription: str) -> tuple[LoginKind, int]:
        """Who az is signed in as, and when (seconds since 1970) the present access token ends."""
        from azure.cli.core._profile import Profile

        user = Profile(cli_ctx=self._cli_ctx).get_subscription(subscription)["user"]
        credential = self._credential(subscription)
        token = credential.get_token(*resource_scopes(self._cli_ctx))
        return login_kind(user, credential), int(token.expires_on)

    def tenant_of(self, subscription: str) -> str:
        """The tenant that owns a subscription, as az's login knows it: a cluster with a user-assigned identity does not
        tell its tenant."""
        from azure.cli.core._profile import Profile

        account = Profile(cli_ctx=self._cli_ctx).get_subscription(subscription)
        return str(account.get("homeTenantId") or account["tenantId"])

    def token_for(self, resource: str) -> str:
        """An access token of az's login for a resource, such as the AKS server application's id; az caches it.

        Raises GatewayError.
        """
        with asking(f"get a token for {resource}"):
            return str(self._credential(None).get_token(f"{resource}/.default").token)

    def _key_client(self, vault: Vault) -> Any:
        from azure.cli.core.commands.client_factory import prepare_client_kwargs_track2
        from azure.keyvault.keys import KeyClient

        settings = prepare_client_kwargs_track2(self._cli_ctx)
        settings.pop("http_logging_policy")  # this client brings its own [CLI]
        credential = self._credential(vault.id.subscription)
        version = API_VERSIONS["vault data plane"]
        settings.update(self._patience())
        return KeyClient(f"https://{vault.host}", credential, api_version=version, **settings)

    def _credential(self, subscription: str | None) -> Any:
        from azure.cli.core._profile import Profile

        subscription = subscription or self._cli_ctx.data.get("subscription_id")
        profile = Profile(cli_ctx=self._cli_ctx)

        def make() -> InTime:
            known = {each[name].lower() for each in profile.load_cached_subscriptions() for name in ("id", "name")}
            if subscription and known and subscription.lower() not in known:
                raise NotSignedIn(subscription)
            return InTime(profile.get_login_credentials(subscription)[0], self._retries.answer_timeout)

        return self._once(("credential", subscription or ""), make)

    def _patience(self) -> dict[str, Any]:
        """az's own clients wait 300 s for a connection and for an answer, four times over, and say nothing. [CLI]"""
        return {
            "retry_policy": SdkRetries(self._retries),
            "connection_timeout": self._retries.connect_timeout,
            "read_timeout": self._retries.answer_timeout,
        }

    def _arm(self, kind: str, subscription: str, api_version: str, client_class: Callable[[], Any]) -> Any:
        from azure.cli.core.commands.client_factory import get_mgmt_service_client

        def make() -> Any:
            settings = {"api_version": api_version, "credential": self._credential(subscription), **self._patience()}
            return get_mgmt_service_client(self._cli_ctx, client_class(), subscription, **settings)

        return self._once((kind, subscription.lower(), api_version), make)

    def _once(self, key: tuple[str, ...], make: Callable[[], Any]) -> Any:
        with self._making:
            if key not in self._made:
                self._made[key] = make()
            return self._made[key]


def resource_scopes(cli_ctx: Any) -> list[str]:
    """What az's own clients ask tokens for."""
    from azure.cli.core.auth.util import resource_to_scopes

    scopes: list[str] = resource_to_scopes(cli_ctx.cloud.endpoints.active_directory_resource_id)
    return scopes


def _cluster_client() -> Any:
    from azure.mgmt.containerservice import ContainerServiceClient

    return ContainerServiceClient


def _vault_client() -> Any:
    from azure.mgmt.keyvault import KeyVaultManagementClient

    return KeyVaultManagementClient


def _role_client() -> Any:
    from azure.mgmt.authorization import AuthorizationManagementClient

    return AuthorizationManagementClient


def _identity_client() -> Any:
    from azure.mgmt.msi import ManagedServiceIdentityClient

    return ManagedServiceIdentityClient
