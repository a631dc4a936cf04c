"""`parameters.objects` of a SecretProviderClass: YAML whose entries are texts of YAML themselves, written by people."""

from __future__ import annotations

from typing import Any

import yaml

from azext_akskv.model.ids import in_short
from azext_akskv.model.mounts.secret_class import Lint, ObjectList, object_of

OUTER = "objects"
NULLS = frozenset({"null", "Null", "NULL", "~"})
MOST_CHARACTERS = 100_000
DEEPEST = 20
"""Far more than anybody needs: four thousand objects. What is longer or deeper takes the parser very long."""


class _Texts(yaml.BaseLoader):
    """Every scalar is the text that is written, as the provider takes it: a version may look like a number or a day.
    Only a null without quotes is none. The provider's parser refuses a name that comes twice: two entries grown
    together. [SRC]"""

    def construct_scalar(self, node: yaml.ScalarNode) -> Any:
        value = super().construct_scalar(node)
        return "" if node.style is None and value in NULLS else value

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen = set[str]()
        for name, _ in node.value:
            if isinstance(name, yaml.ScalarNode) and name.value in seen:
                told = f"mapping key {in_short(name.value, 60)} already defined"
                raise yaml.constructor.ConstructorError(None, None, told, name.start_mark)
            seen.add(name.value if isinstance(name, yaml.ScalarNode) else "")
        made: dict[Any, Any] = super().construct_mapping(node, deep)
        return made


def read_objects(text: str) -> ObjectList:
    """Raises nothing: what cannot be read is a lint, and what comes before and after it is read all the same."""
    if not text.strip():
        return ObjectList()
    document, trouble = _read(text)
    if trouble:
        return ObjectList(lints=(Lint(OUTER, trouble),))
    if not isinstance(document, dict):
        return ObjectList(lints=(Lint(OUTER, "expected `array:` and its entries below"),))
    others = [name for name in document if name != "array"]
    lints = [Lint(OUTER, f"{in_short(str(name), 60)} beside `array` is passed over", mild=True) for name in others]
    array = document.get("array")
    if not isinstance(array, list):
        return ObjectList(lints=(*lints, Lint(OUTER, "expected `array:` with a list of entries")))
    objects = []
    for place, entry in enumerate(array):
        found, more = _entry(place, entry)
        lints += more
        objects += [found] if found else []
    return ObjectList(tuple(objects), tuple(lints))


def _entry(place: int, entry: Any) -> tuple[Any, tuple[Lint, ...]]:
    """[SRC] The provider takes texts alone: an entry without its `|` is none."""
    where = f"{OUTER}.array[{place}]"
    if not isinstance(entry, str):
        found, lints = object_of(place, entry)
        return found, (Lint(where, "expected a text: the `|` behind the dash is missing"), *lints)
    document, trouble = _read(entry)
    return (None, (Lint(where, trouble),)) if trouble else object_of(place, document)


def _read(text: str) -> tuple[Any, str]:
    """What it says, or why it says nothing."""
    if len(text) > MOST_CHARACTERS:
        return None, f"{len(text):,} characters are more than are read"
    if depth_of(text) > DEEPEST:
        return None, "it is nested too deeply"
    try:
        return yaml.load(text, Loader=_Texts), ""
    except yaml.MarkedYAMLError as error:
        where = f"line {error.problem_mark.line + 1}: " if error.problem_mark else ""
        return None, f"{where}{error.problem or error.context or 'it is no YAML'}"
    except (yaml.YAMLError, ValueError, TypeError, RecursionError) as error:
        return None, f"it is no YAML ({type(error).__name__})"


def depth_of(text: str) -> int:
    """Of brackets, wherever they stand: no less than YAML itself would find."""
    deepest = depth = 0
    for each in text:
        depth += (each in "[{") - (each in "]}" and depth > 0)
        deepest = max(deepest, depth)
    return deepest
