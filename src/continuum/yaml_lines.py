"""YAML that remembers on which line each key stands, so that errors can say so."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from . import paths
from .errors import BadInput

Keys = tuple[Any, ...]

#: The C library's, ten times as fast, where PyYAML was built with it.
SafeLoader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def load(text: str) -> Any:
    """The value of a YAML text; no tags that run code.

    Raises
    ------
    yaml.YAMLError
        If it is not YAML.
    """
    return yaml.load(text, Loader=SafeLoader)  # noqa: S506


@dataclass(frozen=True)
class LocatedYaml:
    """A parsed YAML document and the line of every key and list entry in it."""

    value: Any
    text: str
    lines: dict[Keys, int] = field(default_factory=dict)

    def line(self, keys: Keys) -> int:
        """Line (from 1) of the nearest enclosing key that stands in the file."""
        while keys and keys not in self.lines:
            keys = keys[:-1]
        return self.lines.get(keys, 1)

    def line_of_text(self, text: str) -> int | None:
        """First line that holds ``text``, or None."""
        for number, line in enumerate(self.text.splitlines(), start=1):
            if text in line:
                return number
        return None


def read_yaml(file: Path) -> LocatedYaml:
    """Read a YAML file safely: no tags that run code, no duplicate keys.

    Raises
    ------
    BadInput
        If it is not UTF-8, not YAML, empty, not a mapping, or repeats a key; with the line.
    """
    shown = paths.relative(file)
    try:
        text = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadInput(f"not UTF-8 (byte {error.start})", file=shown, fix="save the file as UTF-8") from None
    try:
        node = yaml.compose(text, Loader=SafeLoader)
        value = load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise BadInput(
            f"not valid YAML ({getattr(error, 'problem', None) or 'unreadable'})",
            file=shown,
            place=f"line {mark.line + 1}, column {mark.column + 1}" if mark else None,
            fix="check indentation, colons and quotes at that place",
        ) from None
    if not isinstance(node, yaml.MappingNode):
        raise BadInput("expected 'key: value' lines", file=shown, place="line 1", fix="start from the demo's file")
    lines: dict[Keys, int] = {}
    _walk(node, (), lines, shown)
    return LocatedYaml(value, text, lines)


def _walk(node: yaml.Node, keys: Keys, lines: dict[Keys, int], shown: str) -> None:
    lines.setdefault(keys, node.start_mark.line + 1)
    if isinstance(node, yaml.SequenceNode):
        for index, child in enumerate(node.value):
            _walk(child, (*keys, index), lines, shown)
    elif isinstance(node, yaml.MappingNode):
        for key_node, child in node.value:
            here = (*keys, key_node.value)
            if here in lines:
                raise BadInput(
                    f"the key {key_node.value!r} stands twice (first on line {lines[here]})",
                    file=shown,
                    place=f"line {key_node.start_mark.line + 1}",
                    fix="keep one of them",
                )
            lines[here] = key_node.start_mark.line + 1
            _walk(child, here, lines, shown)
