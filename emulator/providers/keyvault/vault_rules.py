"""What Microsoft.KeyVault refuses about vaults, in its own codes and texts."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from emulator.core.resources import Resource
from emulator.providers.errors import arm_error
from emulator.providers.ids import same_id
from emulator.providers.keyvault import vaults

if TYPE_CHECKING:
    from emulator.world import EmulatedWorld

_NAME = re.compile(r"(?=.{3,24}$)[a-z](?:-?[a-z0-9])*", re.IGNORECASE)


def name_is_valid(name: str) -> bool:
    """[D] 3 to 24 letters, digits and single hyphens, a letter first, no hyphen last."""
    return _NAME.fullmatch(name) is not None


def refuse_bad_name(name: str) -> None:
    """Raises Refusal: 400 VaultNameNotValid [3P]."""
    if not name_is_valid(name):
        raise arm_error(
            400,
            "VaultNameNotValid",
            f"The vault name '{name}' is invalid. A vault's name must be between 3-24 alphanumeric characters. The "
            "name must begin with a letter, end with a letter or digit, and not contain consecutive hyphens. Follow "
            "this link for more information: https://go.microsoft.com/fwlink/?linkid=2147742",
        )


def refuse_taken_name(world: EmulatedWorld, wanted_id: str, name: str) -> None:
    """A name is taken by a vault anywhere, and by a soft-deleted one [ISS]. Raises Refusal: 409, two codes."""
    if vaults.deleted_named(world, name):
        raise arm_error(
            409,
            "ConflictError",
            "A vault with the same name already exists in deleted state. You need to either recover or purge existing "
            "key vault. Follow this link https://go.microsoft.com/fwlink/?linkid=2149745 for more information on soft "
            "delete.",
        )
    other = vaults.named(world, name)
    if other is not None and not same_id(other.id, wanted_id):
        raise arm_error(409, "VaultAlreadyExists", in_use_text(name))


def in_use_text(name: str) -> str:
    """[ISS] The long text about a name that somebody has."""
    return (
        f"The vault name '{name}' is already in use. Vault names are globally unique so it is possible that the name "
        "is already taken. If you are sure that the vault name was not taken then it is possible that a vault with "
        "the same name was recently deleted but not purged after being placed in a recoverable state. If the vault is "
        "in a recoverable state then the vault will need to be purged before reusing the name. For more information "
        "about VaultAlreadyExists, soft delete and purging a vault follow this link "
        "https://go.microsoft.com/fwlink/?linkid=2147740."
    )


def refuse_incomplete(request: dict[str, Any]) -> None:
    """[SPEC] location, tenantId and sku are required; without RBAC a PUT must name the access policies [INF: text]."""
    asked = request.get("properties") or {}
    if not request.get("location"):
        raise arm_error(400, "LocationRequired", "The location property is required for this definition.", gateway=True)
    required = ["tenantId", "sku"]
    if not asked.get("enableRbacAuthorization") and asked.get("createMode") != "recover":
        required.append("accessPolicies")
    for key in required:
        if asked.get(key) in (None, ""):
            raise arm_error(400, "BadRequest", f"The parameter {key} is not specified.")


def refuse_undoing_protection(vault: Resource | None, asked: dict[str, Any]) -> None:
    """[D] Purge protection and soft delete cannot be taken back [3P: texts]."""
    if asked.get("enablePurgeProtection") is False:
        raise arm_error(
            400,
            "BadRequest",
            'The property "enablePurgeProtection" cannot be set to false. Enabling the purge protection for a vault is '
            "an irreversible action.",
        )
    if asked.get("enableSoftDelete") is False:
        raise arm_error(
            400,
            "BadRequest",
            'The property "enableSoftDelete" can be set to false only for creating new vault. Enabling the '
            "'soft delete' functionality is an irreversible action.",
        )
    days = asked.get("softDeleteRetentionInDays")
    if vault is not None and days is not None and days != vault.body["properties"]["softDeleteRetentionInDays"]:
        raise arm_error(
            400,
            "BadRequest",
            'The property "softDeleteRetentionInDays" has been set already and it can\'t be modified.',
        )


def refuse_move(vault: Resource, request: dict[str, Any], group: str) -> None:
    """[3P] A resource does not move by a PUT with another location."""
    if request["location"].replace(" ", "").lower() != vault.body["location"].lower():
        raise arm_error(
            409,
            "InvalidResourceLocation",
            f"The resource '{vault.body['name']}' already exists in location '{vault.body['location']}' in resource "
            f"group '{group}'. A resource with the same name cannot be created in location '{request['location']}'. "
            "Please select a new resource name.",
            gateway=True,
        )
