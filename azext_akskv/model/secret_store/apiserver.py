"""What the owner of a K3s cluster has to tell its API server, so that it issues tokens that Entra takes: lines for the
configuration file, which is added to and never replaced, and the same for the systemd unit, as the document has it.

The documents on workload identity move a new file over the old one; what was in that is then lost, so it is not done
here. [OWN]
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from azext_akskv.model.ids import BadInput, in_short

CONFIG, UNIT = "/etc/rancher/k3s/config.yaml", "/etc/systemd/system/k3s.service"
KEY = "kube-apiserver-arg"
ISSUER, LONGEST_TOKEN, PLUGINS = (
    "service-account-issuer",
    "service-account-max-token-expiration",
    "enable-admission-plugins",
)
ENFORCED = "OwnerReferencesPermissionEnforcement"
"""Keeps the extension from making itself the owner of others' objects; recommended, not needed. [SEED, D]"""
K3S_PLUGINS = ("NodeRestriction",)
"""What K3s turns on by itself. A value of one's own takes its place [D: K3s hardening guide], so it has to name it,
which the documents of the extension do not say."""

_ISSUER = re.compile(r"https://[A-Za-z0-9.-]+(?::[0-9]{1,5})?(?:/[A-Za-z0-9._~%/-]*)?", re.ASCII)
_KEY_LINE = re.compile(rf"(?P<quote>['\"]?){KEY}\+?(?P=quote)\s*:(?P<rest>.*)")
_ITEM = re.compile(r"(?P<indent>[ ]*)-[ ]+(?P<value>.*?)\s*")
_SET = re.compile(rf"{ISSUER}[=\s]\s*['\"]?([^\s'\"\\,]+)", re.ASCII)
_PLUGIN_NAMES = re.compile(r"[A-Za-z0-9,]+", re.ASCII)
_BY_HAND = "put the entries into it by hand"


@dataclass(frozen=True)
class Merged:
    """`text`: the whole file. `added` and `replaced` are entries; both are empty where nothing had to be changed."""

    text: str
    added: tuple[str, ...] = ()
    replaced: tuple[str, ...] = ()
    """As they were before."""


def entries(issuer: str, hardened: bool = True) -> tuple[str, ...]:
    """What goes into the list `kube-apiserver-arg`. The issuer is taken to the letter, with its slash at the end.

    Raises BadInput when it is not an address as issuers have it.
    """
    found = {ISSUER: _checked(issuer), LONGEST_TOKEN: "24h"}
    if hardened:
        found[PLUGINS] = ",".join((*K3S_PLUGINS, ENFORCED))
    return tuple(f"{name}={value}" for name, value in found.items())


def config_lines(issuer: str, hardened: bool = True) -> tuple[str, ...]:
    """Of the configuration file, where it has no such list yet. Raises BadInput."""
    return (f"{KEY}:", *(f"  - '{each}'" for each in entries(issuer, hardened)))


def unit_arguments(issuer: str, hardened: bool = True) -> tuple[str, ...]:
    """For ExecStart in the systemd unit, each in a line of its own, as the document has it [SEED]; the longest life of
    a token is in the later documents only. [D] Raises BadInput."""
    return tuple(f'--{KEY}="--{each}"' for each in entries(issuer, hardened))


def merged(text: str, issuer: str, hardened: bool = True) -> Merged:
    """The configuration file with what it lacks. Every line stays as it is but those of another issuer, which would
    win or lose against ours by the version of K3s, and of plugins, to which ours is added.

    Raises BadInput where the file has the list in a form that is better changed by hand, and for a wrong issuer.
    """
    wanted = dict(each.split("=", 1) for each in entries(issuer, hardened))
    lines = text.removesuffix("\n").split("\n") if text else []
    at = _place_of_list(lines)
    if at is None:
        start = lines + ([""] if lines and lines[-1].strip() else [])
        return Merged(_joined([*start, *config_lines(issuer, hardened)]), entries(issuer, hardened))
    end, indent = _extent(lines, at)
    before = tuple(lines)
    seen = _rewritten(lines, (at + 1, end), wanted)
    new = tuple(f"{name}={value}" for name, value in wanted.items() if name not in seen)
    lines[end:end] = [f"{indent}- '{each}'" for each in new]
    replaced = tuple(_unquoted(before[each].strip()[1:]) for each in range(at + 1, end) if before[each] != lines[each])
    return Merged(_joined(lines) if new or replaced else text, new, replaced)


def issuers_set(text: str) -> tuple[str, ...]:
    """Every issuer that a configuration file or a systemd unit sets: more than one, or one in each of the two places,
    and nobody knows which holds."""
    live = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))
    return tuple(dict.fromkeys(_SET.findall(live)))


def commands(now: datetime) -> tuple[str, ...]:
    """To paste on the machine of the server, around the edit: what keeps the old file, opens it, and makes it hold."""
    kept = f"{CONFIG}.{now:%Y%m%dT%H%M%SZ}"
    return (
        f"sudo sh -c 'mkdir -p /etc/rancher/k3s && if [ -e {CONFIG} ]; then cp -a {CONFIG} {kept}; fi'",
        f"sudoedit {CONFIG}",
        "sudo systemctl restart k3s",
    )


def unit_commands(now: datetime) -> tuple[str, ...]:
    """The same for the systemd unit. [SEED]"""
    return (
        f"sudo cp -a {UNIT} {UNIT}.{now:%Y%m%dT%H%M%SZ}",
        f"sudoedit {UNIT}",
        "sudo systemctl daemon-reload",
        "sudo systemctl restart k3s",
    )


def _checked(issuer: str) -> str:
    if not _ISSUER.fullmatch(issuer):
        raise BadInput(f"not the address of an issuer: {in_short(issuer, 120)}")
    return issuer


def _joined(lines: list[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


def _place_of_list(lines: list[str]) -> int | None:
    found = [(number, match) for number, line in enumerate(lines) if (match := _KEY_LINE.fullmatch(line))]
    later = ("---", "...", "{", "%")
    if any(line.startswith(later if number else later[2:]) or "\r" in line for number, line in enumerate(lines)):
        raise BadInput(f"the file is more than one list of settings; {_BY_HAND}")
    if not found:
        return None
    rest = found[0][1]["rest"].strip()
    if len(found) > 1 or (rest and not rest.startswith("#")):
        raise BadInput(f"{KEY} is there twice, or has its entries in the same line; {_BY_HAND}")
    return found[0][0]


def _extent(lines: list[str], at: int) -> tuple[int, str]:
    """Behind the last entry, and how far entries are indented."""
    end, indent = at + 1, ""
    for number in range(at + 1, len(lines)):
        match = _ITEM.fullmatch(lines[number])
        if match and (end == at + 1 or match["indent"] == indent):
            end, indent = number + 1, match["indent"]
        elif lines[number].strip() and not lines[number].lstrip().startswith("#"):
            if lines[number].startswith((" ", "\t", "-")):
                raise BadInput(f"line {number + 1} of the file is no entry of one line; {_BY_HAND}")
            break
    return end, indent if end > at + 1 else "  "


def _rewritten(lines: list[str], extent: tuple[int, int], wanted: Mapping[str, str]) -> set[str]:
    """Changes the entries of the list that have to be changed; the names of those that are there."""
    seen: set[str] = set()
    for number in range(*extent):
        match = _ITEM.fullmatch(lines[number])
        if not match:
            continue
        name, _, value = _unquoted(match["value"]).lstrip("-").partition("=")
        if name == ISSUER and name in seen:
            raise BadInput(f"{ISSUER} is there more than once; {_BY_HAND}")
        seen.add(name)
        if name == ISSUER and value != wanted[ISSUER]:
            lines[number] = f"{match['indent']}- '{name}={wanted[ISSUER]}'"
        elif name == PLUGINS and PLUGINS in wanted and ENFORCED not in value.split(","):
            if not _PLUGIN_NAMES.fullmatch(value):
                raise BadInput(f"{PLUGINS} is no list of names; {_BY_HAND}")
            lines[number] = f"{match['indent']}- '{name}={value},{ENFORCED}'"
    return seen


def _unquoted(value: str) -> str:
    """A scalar of YAML in one line, without a comment behind it."""
    value = value.strip()
    if value[:1] in ("'", '"'):
        return value[1:].partition(value[0])[0]
    return value.partition(" #")[0].rstrip()
