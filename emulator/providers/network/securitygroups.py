"""Network security groups: their rules, and those that everyone has."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

from emulator.providers.network.refusals import network_error

SECURITY_GROUPS = "Microsoft.Network/networkSecurityGroups"
_REQUIRED = ("protocol", "access", "priority", "direction")
_SINGLE = ("sourcePortRange", "destinationPortRange", "sourceAddressPrefix", "destinationAddressPrefix")
_LISTS = ("sourcePortRanges", "destinationPortRanges", "sourceAddressPrefixes", "destinationAddressPrefixes")
_LOWEST, _HIGHEST = 100, 4096
_BUILT_IN = (
    ("AllowVnetInBound", 65000, "Allow", "Inbound", "VirtualNetwork", "VirtualNetwork"),
    ("AllowAzureLoadBalancerInBound", 65001, "Allow", "Inbound", "AzureLoadBalancer", "*"),
    ("DenyAllInBound", 65500, "Deny", "Inbound", "*", "*"),
    ("AllowVnetOutBound", 65000, "Allow", "Outbound", "VirtualNetwork", "VirtualNetwork"),
    ("AllowInternetOutBound", 65001, "Allow", "Outbound", "*", "Internet"),
    ("DenyAllOutBound", 65500, "Deny", "Outbound", "*", "*"),
)
"""[D] Name, priority, access, direction, from, to."""


def own_properties(asked: dict[str, Any]) -> dict[str, Any]:
    """[SPEC] What a group shows beside its rules of its own."""
    flush = {"flushConnection": asked["flushConnection"]} if asked.get("flushConnection") is not None else {}
    return flush


def default_rules(group_id: str) -> list[dict[str, Any]]:
    """[D] Below every rule of one's own."""
    rules = []
    for name, priority, access, direction, source, destination in _BUILT_IN:
        properties = {
            "provisioningState": "Succeeded",
            "protocol": "*",
            "sourcePortRange": "*",
            "destinationPortRange": "*",
            "sourceAddressPrefix": source,
            "destinationAddressPrefix": destination,
            "access": access,
            "priority": priority,
            "direction": direction,
            **{member: list[str]() for member in _LISTS},
        }
        rule_id = f"{group_id}/defaultSecurityRules/{name}"
        kind = f"{SECURITY_GROUPS}/defaultSecurityRules"
        rules.append({"name": name, "id": rule_id, "etag": "", "type": kind, "properties": properties})
    return rules


def rule_properties(asked: dict[str, Any]) -> dict[str, Any]:
    """[SPEC] A rule as it was sent, its lists filled."""
    shown = {name: asked[name] for name in ("description", *_REQUIRED, *_SINGLE) if asked.get(name) is not None}
    return {**shown, **{name: copy.deepcopy(asked.get(name) or []) for name in _LISTS}}


def refuse_bad_rules(rules: Sequence[dict[str, Any]], parent_id: str) -> None:
    """Raises Refusal: 400 for what a rule must have [SPEC; OWN: the code], its priority [3P], two of one [ISS]."""
    seen: dict[tuple[str, int], str] = {}
    for rule in rules:
        properties = rule.get("properties") or {}
        if missing := [name for name in _REQUIRED if properties.get(name) is None]:
            rule_id = f"{parent_id}/securityRules/{rule['name']}"
            message = f"Required security rule parameters are missing for security rule with Id: {rule_id}. Security "
            message += f"rule must specify {', '.join(missing)}."
            raise network_error(400, "SecurityRuleParameterMissing", message)
        priority, direction = int(properties["priority"]), str(properties["direction"])
        if not _LOWEST <= priority <= _HIGHEST:
            message = f"Security rule has invalid Priority. Value provided: {priority} Allowed range "
            raise network_error(400, "SecurityRuleInvalidPriority", f"{message}{_LOWEST}-{_HIGHEST}.")
        other = seen.setdefault((direction, priority), rule["name"])
        if other != rule["name"]:
            message = f"Security rule {other} conflicts with rule {rule['name']}. Rules cannot have the same Priority "
            raise network_error(400, "SecurityRuleConflict", f"{message}and Direction.")
