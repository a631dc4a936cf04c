"""The online extension, Microsoft.AzureKeyVaultSecretsProvider: the driver of the Helm chart, from Arc. [D]"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from emulator.kubernetes.kinds import Kind
from emulator.kubernetes.secrets_store import layout
from emulator.worlds.secrets_store import Chart, SecretsStore

Object = dict[str, Any]


def objects(properties: Mapping[str, Any]) -> Iterator[tuple[Kind, Object]]:
    """[D] Its settings are those of the chart."""
    settings: Mapping[str, str] = properties["configurationSettings"]
    driver = "secrets-store-csi-driver."
    rotates = settings.get(f"{driver}enableSecretRotation") == "true"
    chart = Chart(
        release="akvsecretsprovider",
        namespace=properties["scope"]["cluster"]["releaseNamespace"],
        sync_secrets=settings.get(f"{driver}syncSecret.enabled") == "true",
        rotation=settings.get(f"{driver}rotationPollInterval", "2m") if rotates else "",
    )
    yield from layout.objects(layout.of_chart(chart), SecretsStore(), False)
