"""A notebook's parameters as a signature: names, types, defaults, help and allowed values, checked before it runs.

The signature is the notebook's ``parameters`` cell: ``replicates: int = 2000  # bootstrap replicates [200..20000]``.
"""

from __future__ import annotations

import ast
import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .. import paths
from ..errors import BadInput, CompendiumError, ManyProblems
from . import places

#: Set by the pipeline itself, for every notebook.
INJECTED = ("study", "run")

_RANGE = re.compile(r"\[\s*([-+.\deE]+?)\s*\.\.\s*([-+.\deE]+)\s*\]\s*$")
_CHOICES = re.compile(r"\{([^{}]+)\}\s*$")


@dataclass(frozen=True)
class Parameter:
    """One parameter of a notebook.

    Attributes
    ----------
    name, type, help : str
    default : object
    low, high : float or None
        Allowed range, both ends included.
    choices : tuple of str
        Allowed values; empty if any value of the type is.
    """

    name: str
    type: str
    default: Any
    help: str
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()

    @property
    def described(self) -> str:
        """``replicates: int = 2000  (bootstrap replicates [200..20000])``."""
        return f"{self.name}: {self.type} = {self.default!r}" + (f"  ({self.help})" if self.help else "")

    def parse(self, text: Any) -> Any:
        """``text`` as a value of this parameter.

        Raises
        ------
        ValueError
            If it is not of the type, out of range, or not among the choices; the message says which.
        """
        value = _convert(text, self.type)
        parts = value if isinstance(value, list) else [value]
        for part in parts:
            if self.low is not None and self.high is not None and not self.low <= part <= self.high:
                raise ValueError(f"{part} is outside {self.low:g} to {self.high:g}")
            if self.choices and str(part) not in self.choices:
                raise ValueError(f"{part!r} is not one of {', '.join(self.choices)}{_did_you_mean(part, self.choices)}")
        return value


Signature = dict[str, Parameter]


def signature(name: str) -> Signature:
    """The parameters of one notebook, without those the pipeline sets.

    Raises
    ------
    BadInput
        If the ``parameters`` cell is missing or one of its lines is not ``name: type = value  # help``.
    """
    import papermill

    file = places.notebook_source(name)
    # papermill formats paths like f-strings; braces in a folder's name are not fields
    found = papermill.inspect_notebook(str(file).replace("{", "{{").replace("}", "}}"))
    shown = paths.relative(file)
    missing = [key for key in INJECTED if key not in found]
    if missing:
        raise BadInput(
            f"the parameters cell does not set {' and '.join(missing)}", file=shown,
            fix='tag one cell "parameters" and begin it with: study: str = "demo" and run: str = ""',
        )  # fmt: skip
    parameters = {}
    for key, entry in found.items():
        try:
            parameter = _parameter(key, entry)
            parameter.parse(parameter.default)
        except (ValueError, SyntaxError, TypeError) as error:
            raise BadInput(
                f"the parameter {key!r} cannot be used: {error}", file=shown, place="parameters cell",
                fix="write it as: name: type = value  # help [low..high] or {a|b}",
            ) from None  # fmt: skip
        if key not in INJECTED:
            parameters[key] = parameter
    return parameters


def resolve(assignments: Iterable[str], notebooks: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Values given as ``NOTEBOOK.NAME=VALUE``, checked against the notebooks' signatures.

    Parameters
    ----------
    assignments : iterable of str
    notebooks : iterable of str
        Names of all notebooks.

    Returns
    -------
    dict
        Notebook -> parameter -> value, for those that differ from the default.

    Raises
    ------
    BadInput, ManyProblems
        For every assignment that is malformed, names nothing that exists, or has a value that is not allowed.
    """
    notebooks = list(notebooks)
    problems: list[CompendiumError] = []
    signatures: dict[str, Signature] = {}
    values: dict[str, dict[str, Any]] = {}
    for assignment in assignments:
        try:
            target, equals, text = assignment.partition("=")
            given, dot, key = target.strip().rpartition(".")
            if not (equals and dot and key):
                raise BadInput(f"-p {assignment}: not NOTEBOOK.NAME=VALUE", fix=f"for example -p {notebooks[0]}.seed=1")
            name = find_notebook(given, notebooks)
            if name not in signatures:
                signatures[name] = signature(name)
            check(name, {key: text}, signatures[name], values.setdefault(name, {}))
        except CompendiumError as error:
            problems.append(error)
    if len(problems) == 1:
        raise problems[0]
    if problems:
        raise ManyProblems(problems)
    return {name: chosen for name, chosen in values.items() if chosen}


def check(name: str, given: Mapping[str, Any], known: Signature, into: dict[str, Any]) -> None:
    """Add the checked values of ``given`` to ``into``; a value equal to the default changes nothing.

    Raises
    ------
    BadInput
        If a name is unknown or a value not allowed, with what exists.
    """
    for key, text in given.items():
        if key not in known:
            what = "is set by the command" if key in INJECTED else "is not a parameter of it"
            listed = "\n".join(f"    {parameter.described}" for parameter in known.values()) or "    none"
            raise BadInput(
                f"{key!r} {what}{_did_you_mean(key, known)}. Its parameters:\n{listed}",
                file=f"notebooks/{name}.ipynb",
            )
        try:
            value = known[key].parse(text)
        except ValueError as error:
            raise BadInput(f"{key}={text}: {error}", file=f"notebooks/{name}.ipynb", fix=known[key].described) from None
        if value == known[key].default:
            into.pop(key, None)
        else:
            into[key] = value


def find_notebook(given: str, notebooks: Iterable[str]) -> str:
    """The notebook meant by a full name, its number or its words (``20``, ``survey``, ``20-survey.ipynb``).

    Raises
    ------
    BadInput
        If there is none or more than one, with the names that exist.
    """
    notebooks = list(notebooks)
    wanted = given.removeprefix("notebooks/").removesuffix(".ipynb")
    matches = [n for n in notebooks if wanted in (n, n[:2], n[3:])]
    if len(matches) == 1:
        return matches[0]
    hint = _did_you_mean(wanted, [*notebooks, *[n[3:] for n in notebooks]])
    raise BadInput(f"there is no notebook {given!r}{hint}", fix=f"use one of: {', '.join(notebooks)}")


def _parameter(key: str, entry: Mapping[str, str]) -> Parameter:
    kind = entry["inferred_type_name"].replace(" ", "")
    if kind == "None":
        raise ValueError("it has no type")
    help_text, low, high = entry["help"].strip(), None, None
    choices: tuple[str, ...] = ()
    if limits := _RANGE.search(help_text):
        low, high = float(limits.group(1)), float(limits.group(2))
    elif listed := _CHOICES.search(help_text):
        choices = tuple(choice.strip() for choice in listed.group(1).split("|"))
    return Parameter(key, kind, ast.literal_eval(entry["default"]), help_text, low, high, choices)


def _convert(value: Any, kind: str) -> Any:
    """``value`` (text from a command line or grid, or already typed) as the annotated type."""
    if kind.startswith("list"):
        inner = kind[5:-1] or "str"
        if isinstance(value, str):
            value = ast.literal_eval(value) if value.lstrip().startswith("[") else value.split(",")
        return [_convert(part, inner) for part in value]
    text = str(value).strip()
    if kind == "str":
        return text
    if kind == "bool":
        if text.lower() not in {"true", "false", "yes", "no", "1", "0"}:
            raise ValueError(f"{text!r} is not true or false")
        return text.lower() in {"true", "yes", "1"}
    if kind in {"int", "float"}:
        try:
            number = float(text)
        except ValueError:
            raise ValueError(f"{text!r} is not a number") from None
        if kind == "float":
            return number
        if not number.is_integer():
            raise ValueError(f"{text!r} is not a whole number")
        return int(number)
    raise ValueError(f"its type {kind!r} is not one of str, int, float, bool or a list of these")


def _did_you_mean(given: Any, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(str(given), list(known), n=1)
    return f" (did you mean {near[0]!r}?)" if near else ""
