import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azext_akskv.report.plain import plain


@pytest.mark.parametrize(
    ("hostile", "harmless"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07text", "]0;titletext"),
        ("\x1b]8;;https://evil\x1b\\click\x1b]8;;\x1b\\", "]8;;https://evil\\click]8;;\\"),
        ("name\x1b] is disabled", "name] is disabled"),
        ("\x9b2Jgone", "gone"),
        ("\x1bcreset", "creset"),
        ("one\r\nERROR: two", "one ERROR: two"),
        ("user\u202etxt.exe", "usertxt.exe"),
        ("zero\u200bwidth\ufeff", "zerowidth"),
        ("line\u2028break\ttab", "line break tab"),
        ("back\x08\x08space\x7f", "backspace"),
        ("Übergröße 秘密 🔑", "Übergröße 秘密 🔑"),
    ],
)
def test_what_could_fool_a_terminal_is_taken_out(hostile: str, harmless: str) -> None:
    assert plain(hostile) == harmless


@given(st.text())
def test_whatever_comes_it_is_one_line_of_visible_characters(text: str) -> None:
    line = plain(text)
    assert not {unicodedata.category(each) for each in line} & {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}
    assert plain(line) == line
