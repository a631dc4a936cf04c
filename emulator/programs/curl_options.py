"""The options of curl that are understood."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import SplitResult, urlsplit

_FLAGS = {
    "s": "silent", "silent": "silent", "S": "show-error", "show-error": "show-error", "I": "head", "head": "head",
    "i": "include", "include": "include", "show-headers": "include", "k": "insecure", "insecure": "insecure",
    "f": "fail", "fail": "fail", "L": "location", "location": "location", "4": "ipv4", "ipv4": "ipv4", "g": "globoff",
    "N": "no-buffer", "no-buffer": "no-buffer", "tlsv1.2": "tlsv1.2", "tlsv1.3": "tlsv1.3", "http1.1": "http1.1",
    "no-progress-meter": "silent-progress", "q": "disable", "disable": "disable",
}  # fmt: skip
_VALUES = {
    "o": "output", "output": "output", "D": "dump-header", "dump-header": "dump-header", "w": "write-out",
    "write-out": "write-out", "m": "max-time", "max-time": "max-time", "connect-timeout": "connect-timeout",
    "resolve": "resolve", "X": "request", "request": "request", "H": "header", "header": "header",
    "noproxy": "noproxy", "x": "proxy", "proxy": "proxy", "A": "user-agent", "user-agent": "user-agent",
    "retry": "retry", "cacert": "cacert", "d": "data", "data": "data", "url": "url",
}  # fmt: skip
_HELP = "curl: try 'curl --help' or 'curl --manual' for more information\n"


class NotUnderstood(ValueError):
    """What curl prints, with rc 2, of options that it does not know."""


@dataclass
class Options:
    """What was asked for. Times are in seconds, 0 for none."""

    flags: set[str] = field(default_factory=set)
    values: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    pinned: dict[tuple[str, int], list[str]] = field(default_factory=dict)
    """`--resolve`: host and port -> addresses."""
    url: str = ""

    def seconds(self, name: str) -> float:
        return float(self.values.get(name) or 0)

    @property
    def target(self) -> SplitResult:
        """[D] A URL without a scheme is plain HTTP."""
        return urlsplit(self.url if "://" in self.url else f"http://{self.url}")

    @property
    def tells(self) -> bool:
        """Whether an error is told."""
        return "silent" not in self.flags or "show-error" in self.flags


def parsed(arguments: list[str]) -> Options:
    """Raises NotUnderstood."""
    options, rest = Options(), list(arguments)
    while rest:
        word = rest.pop(0)
        if word.startswith("--"):
            _take(options, word[2:], word, rest)
        elif word.startswith("-") and word != "-":
            _take_letters(options, word, rest)
        else:
            options.url = word
    if not options.url:
        raise NotUnderstood("curl: no URL specified!\n" + _HELP)
    for name in ("max-time", "connect-timeout"):
        if name in options.values and not options.values[name].replace(".", "", 1).isdigit():
            raise NotUnderstood(f"curl: option --{name}: expected a proper numerical parameter\n{_HELP}")
    return options


def _take_letters(options: Options, word: str, rest: list[str]) -> None:
    """`-sSo FILE` and `-oFILE`."""
    for place, letter in enumerate(word[1:], 2):
        if letter in _VALUES:
            if word[place:]:
                rest.insert(0, word[place:])
            _take(options, letter, word, rest)
            return
        _take(options, letter, word, rest)


def _take(options: Options, name: str, word: str, rest: list[str]) -> None:
    if name in _FLAGS:
        options.flags.add(_FLAGS[name])
        return
    if name not in _VALUES:
        raise NotUnderstood(f"curl: option {word}: is unknown\n{_HELP}")
    if not rest:
        raise NotUnderstood(f"curl: option {word}: requires parameter\n{_HELP}")
    _keep(options, _VALUES[name], rest.pop(0))


def _keep(options: Options, name: str, value: str) -> None:
    if name == "header":
        key, _, text = value.partition(":")
        options.headers[key.strip().lower()] = text.strip()
    elif name == "resolve":
        host, port, addresses = (*value.lstrip("+").split(":", 2), "", "")[:3]
        if not port.isdigit() or not addresses:
            raise NotUnderstood(f"curl: (49) Couldn't parse CURLOPT_RESOLVE entry '{value}'\n")
        options.pinned[host.lower(), int(port)] = addresses.split(",")
    elif name == "url":
        options.url = value
    else:
        options.values[name] = value
