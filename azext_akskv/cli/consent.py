"""The question before a change: the plan has been shown, and nothing is done without a yes."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import redirect_stdout
from typing import Any


class NoTerminal(Exception):
    """There is nobody to ask: the command was given neither --yes nor a terminal."""


def asker(cli_ctx: Any, yes: bool) -> Callable[[str, str], bool]:
    """What puts a question and returns the answer. --yes answers it, and so does az's own core.disable_confirm_prompt
    (AZURE_CORE_DISABLE_CONFIRM_PROMPT), but not where a word has to be typed: a setting made long ago agrees to nothing
    that cannot be undone. Raises NoTerminal where nobody can answer."""
    quiet = cli_ctx.config.getboolean("core", "disable_confirm_prompt", fallback=False)
    return lambda question, word: yes or (quiet and not word) or ask(question, word)


def ask(question: str, word: str = "") -> bool:
    """Asks on stderr, because stdout is for data alone; the end of the input is a no. `word` is what has to be typed
    for a yes where there is no way back: anything else is a no."""
    from knack.prompting import NoTTYException, prompt, prompt_y_n

    try:
        with redirect_stdout(sys.stderr):
            if word:
                return str(prompt(f"{question} Type {word} to go on: ")).strip() == word
            return bool(prompt_y_n(question))
    except NoTTYException as error:
        raise NoTerminal("Nothing was changed: the plan needs a yes, and there is no terminal to ask on") from error
    except EOFError:
        return False
