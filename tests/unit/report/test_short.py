import pytest

from azext_akskv.report.short import short

VAULT = "/subscriptions/1f0e/resourceGroups/shop-rg/providers/Microsoft.KeyVault/vaults/shop-kv"


@pytest.mark.parametrize(
    ("text", "shorter"),
    [
        (f"Key Vault Crypto User at {VAULT}", "Key Vault Crypto User at shop-kv"),
        (f"{VAULT}, {VAULT}", "shop-kv, shop-kv"),
        ("Owner at /subscriptions/1f0e/resourceGroups/shop-rg", "Owner at shop-rg"),
        ("Owner at /subscriptions/1f0e", "Owner at the subscription"),
        ("https://kv1.vault.azure.net/keys/kms/91bc00001111 is on", "kms 91bc0000 is on"),
        ("https://kv1.vault.azure.net/keys/kms", "https://kv1.vault.azure.net/keys/kms"),
        ("nothing of the kind", "nothing of the kind"),
    ],
)
def test_an_id_is_cut_down_to_what_a_person_calls_the_thing(text: str, shorter: str) -> None:
    assert short(text) == shorter
