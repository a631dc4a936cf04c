"""A text as it is compared, and as it is shown: without what terminals, logs, printers and translators did to it."""

from __future__ import annotations

import re

HIDDEN = "[hidden]"
LONGEST_PROOF = 320

_COLOURS = re.compile(r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]|\x1b[\]PX^_].*?(?:\x07|\x1b\\)|\x1b.")
# Printf takes %3A for a verb, and its answer again for one: the last hexadecimal digit survives. [source]
_MANGLED = re.compile(r"%(?:!+(?:\(MISSING\))?)+([A-Z])\(MISSING\)")
_WAS = {"A": ":", "F": "/", "D": "=", "C": ",", "B": "+"}
_WINDOWS_PATH = re.compile(r"\b[A-Za-z]:(?:\\+[\w.~$-]+){2,}")
_LINE_END = re.compile(r"(?:\\+r)*\\+n|\\+r")
_ESCAPED = re.compile(r"\\+([\"'/<>&])")
_UNICODE = re.compile(r"\\+u00(22|26|27|3[cCdDeE])")
_TAB = re.compile(r"\\+t")
_SPACED = re.compile(r" +(?=[:;])|(?<=StatusCode) +(?==)|(?<=StatusCode=) +(?=\d)|(?<=StatusCode =) +(?=\d)")
_DRAWN = str.maketrans(
    {
        **dict.fromkeys("\u00ab\u00bb\u201c\u201d\u201e\u300c\u300d\u300e\u300f\uff02", '"'),
        **dict.fromkeys("\u2018\u2019", "'"),
        **dict.fromkeys("\u00a0\u202f\u2009\u3000", " "),
        **dict.fromkeys("\u200b\u200c\u200d\ufeff\u2060", None),
        "\uff1a": ":",
        "\uff1b": ";",
        "\uff08": "(",
        "\uff09": ")",
        "\uff0c": ",",
    }
)
_RULER = re.compile(r"-{20,}")
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")

_SECRET = re.compile(
    r"""
    (?P<map>secrets\(map\[).*?(?:\]\)|$)
    | (?P<pem>-----BEGIN\ [A-Z ]*-----).*?(?:-----END\ [A-Z ]*-----|$)
    | (?P<field>\b(?:client_?secret|client_?assertion|(?:access|refresh|id)_?token|password|pwd|account_?key|api_?key)
        ["']?\s*[=:]\s*["']?)(?!/)[^&\s"',;\]}]+
    | (?P<sas>[?&;]sig=)[^&\s"']+
    | (?P<header>\b(?:proxy-)?authorization["']?\s*[:=]\s*["']?(?:(?:bearer|basic|pop)\s+)?)[^\s"']+
    | (?P<bearer>\b(?:bearer|basic|pop)\s+)[\w.~+/=-]{16,}
    | \beyJ[\w-]{8,}(?:\.[\w-]*){0,4}
    | (?P<login>\bhttps?://[^\s/:@"']*:)[^\s/@"']+(?=@)
    | (?-i:(?<![\w/+=-])(?=[\w+=-]*\d)(?=[\w+=-]*[A-Z])(?=[\w+=-]*[a-z])[\w+=-]{48,})
    """,
    re.IGNORECASE | re.VERBOSE | re.DOTALL,
)


def bare(line: str) -> str:
    """A line without what only steers a terminal, and without its end."""
    line = line.rstrip("\r\n")
    if not line.isascii():
        line = line.replace("\u00a0", " ").replace("\u202f", " ")
    return _COLOURS.sub("", line).replace("\r", "") if "\x1b" in line or "\x9b" in line or "\r" in line else line


def unescaped(text: str) -> str:
    """As it was before it was quoted, once or several times: backslashes before a quotation mark, an n or an r go.
    Those in paths of Windows become slashes."""
    if "\\" not in text:
        return text
    text = _WINDOWS_PATH.sub(lambda path: re.sub(r"\\+", "/", path[0]), text)
    text = _UNICODE.sub(lambda found: chr(int(found[1], 16)), text)
    return _ESCAPED.sub(r"\1", _TAB.sub(" ", _LINE_END.sub("\n", text)))


def comparable(text: str) -> str:
    """What rules are matched against: unescaped, one kind of quotation mark and blank, no blank before a colon."""
    if not text.isascii():
        text = text.translate(_DRAWN)
    text = unescaped(_CONTROLS.sub("", text))
    text = _MANGLED.sub(lambda found: _WAS.get(found[1], found[1]), text)
    return _SPACED.sub("", text.replace("BaseClient # ", "BaseClient#"))


def redacted(text: str) -> str:
    """Without anything that opens a door: the map of secrets that providers up to 1.6.1 printed [source], tokens,
    client secrets, signatures, headers, keys, and long runs of letters and digits that can be nothing else."""
    return _SECRET.sub(_hide, text)


def _hide(found: re.Match[str]) -> str:
    kept = next((words for words in found.groupdict().values() if words), "")
    return f"{kept}{HIDDEN}"


def shown(text: str, start: int, end: int) -> str:
    """The proving line: what stands around start..end of a text that was redacted, in one line of a bearable length."""
    flat = " ".join(_RULER.sub(" ", _CONTROLS.sub("", text)).split())
    if len(flat) <= LONGEST_PROOF:
        return flat
    words = " ".join(_RULER.sub(" ", _CONTROLS.sub("", text[start:end])).split())
    at = flat.find(words[:LONGEST_PROOF]) if words else 0
    head = LONGEST_PROOF // 4
    if at < LONGEST_PROOF - head:
        return flat[: LONGEST_PROOF - 2].rstrip() + " …"
    room = LONGEST_PROOF - head - 6
    begin = max(at - room // 4, head)
    tail = flat[begin : begin + room].strip()
    return f"{flat[:head].rstrip()} … {tail}" + (" …" if begin + room < len(flat) else "")
