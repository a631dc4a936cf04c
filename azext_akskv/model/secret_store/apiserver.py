"""What the owner of a K3s cluster has to tell its API server, so that it issues tokens that Entra takes: lines for the
configuration file, which is added to and never replaced, and the same for the systemd unit of the document.

The documents on workload identity move a new file over the old one, and what was in that is lost. All of them also give
both settings with a plain `=`, which takes the place of K3s's own: then the tokens of running pods are refused until
they are renewed, for up to an hour [INF], and the plugin NodeRestriction is off [SRC: K3s]. K3s knows `-=` for a value
before those that are there, and `+=` for one behind them, in every version that the extension runs on [SRC: K3s; ISS:
k3s-io/k3s 5373, of 2022]. With them new tokens have the new issuer, tokens of the old one hold, and every line that is
there stays. [OWN]
"""

from __future__ import annotations

import re
from collections.abc import Iterable
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

_ISSUER = re.compile(r"https://[A-Za-z0-9.-]+(?::[0-9]{1,5})?(?:/[A-Za-z0-9._~%/-]*)?", re.ASCII)
_KEY_LINE = re.compile(rf"(?P<quote>['\"]?){KEY}\+?(?P=quote)\s*:(?P<rest>.*)")
_ITEM = re.compile(r"(?P<indent>[ ]*)-[ ]+(?P<value>.*?)\s*")
_SET = re.compile(rf"{ISSUER}[-+]?[=\s]\s*['\"]?([^\s'\"\\,]+)", re.ASCII)
_BY_HAND = "put the entries into it by hand"


@dataclass(frozen=True)
class Merged:
    """`text`: the whole file. `added`: entries, none where nothing lacks."""

    text: str
    added: tuple[str, ...] = ()


def entries(issuer: str, hardened: bool = True) -> tuple[str, ...]:
    """What goes into the list `kube-apiserver-arg`, behind whatever is there. The issuer is taken to the letter, with
    its slash at the end.

    Raises BadInput when it is not an address as issuers have it.
    """
    if not _ISSUER.fullmatch(issuer):
        raise BadInput(f"not the address of an issuer: {in_short(issuer, 120)}")
    plugin = (f"{PLUGINS}+={ENFORCED}",) if hardened else ()
    return (f"{ISSUER}-={issuer}", f"{LONGEST_TOKEN}=24h", *plugin)


def config_lines(issuer: str, hardened: bool = True) -> tuple[str, ...]:
    """Of the configuration file, where it has no such list yet. Raises BadInput."""
    return (f"{KEY}:", *(f"  - '{each}'" for each in entries(issuer, hardened)))


def unit_arguments(issuer: str, hardened: bool = True) -> tuple[str, ...]:
    """For ExecStart in the systemd unit, each in a line of its own, in the form of the document [SEED]; a longest life
    of tokens is in the later documents only. [D] Raises BadInput."""
    return tuple(f'--{KEY}="--{each}"' for each in entries(issuer, hardened))


def merged(text: str, issuer: str, hardened: bool = True) -> Merged:
    """The configuration file with what it lacks; every line that is there stays.

    Raises BadInput where the file has the list in a form that is better changed by hand, and for a wrong issuer.
    """
    wanted = entries(issuer, hardened)
    lines = text.removesuffix("\n").split("\n") if text else []
    at = _place_of_list(lines)
    if at is None:
        start = lines + ([""] if lines and lines[-1].strip() else [])
        return Merged(_joined([*start, *config_lines(issuer, hardened)]), wanted)
    end, indent = _extent(lines, at)
    there = [_unquoted(match["value"]) for line in lines[at + 1 : end] if (match := _ITEM.fullmatch(line))]
    added = _lacking(wanted, there, issuer)
    lines[end:end] = [f"{indent}- '{each}'" for each in added]
    return Merged(_joined(lines) if added else text, added)


def values_of(name: str, there: Iterable[str]) -> tuple[str, ...]:
    """What the entries come to for one setting, without what K3s has by itself: `-=` puts before, all else behind.
    [SRC: K3s]"""
    found: list[str] = []
    for each in there:
        told, _, value = each.removeprefix("--").partition("=")
        if told.rstrip("-+") == name:
            found = [value, *found] if told.endswith("-") else [*found, value]
    return tuple(found)


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


def _lacking(wanted: tuple[str, ...], there: list[str], issuer: str) -> tuple[str, ...]:
    issuers, plugins = values_of(ISSUER, there), ",".join(values_of(PLUGINS, there)).split(",")
    if issuer in issuers[1:]:  # an API server does not start with the same one twice
        raise BadInput(f"the issuer is there, but not as the first; {_BY_HAND}")
    done = {
        ISSUER: issuers[:1] == (issuer,),
        LONGEST_TOKEN: bool(values_of(LONGEST_TOKEN, there)),
        PLUGINS: ENFORCED in plugins,
    }
    return tuple(each for each in wanted if not done[each.partition("=")[0].rstrip("-+")])


def _unquoted(value: str) -> str:
    """A scalar of YAML in one line, without a comment behind it."""
    value = value.strip()
    if value[:1] in ("'", '"'):
        return value[1:].partition(value[0])[0]
    return value.partition(" #")[0].rstrip()
