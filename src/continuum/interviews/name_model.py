"""A model of names beside the rules, where one is installed: spaCy with an English pipeline, offline and optional.

What it finds is added to what the rules find, never the other way round. Source: Honnibal, Montani, Van Landeghem and
Boyd 2020 (10.5281/zenodo.1212303).
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import Any

#: Kinds of entities that identify, and the reason that is given.
ENTITIES = {"PERSON": "name", "GPE": "place", "LOC": "place", "FAC": "place", "ORG": "organization"}
#: Sizes of English pipelines, the best first.
_SIZES = ("lg", "md", "sm")


def model_in_words() -> str:
    """Name and version of the model that is used, such as "en_core_web_sm 3.8.0 (spaCy)"; empty without one."""
    pipeline = _pipeline()
    return f"{pipeline.meta['lang']}_{pipeline.meta['name']} {pipeline.meta['version']} (spaCy)" if pipeline else ""


def found_by_model(texts: Iterable[str]) -> dict[str, list[str]]:
    """What the model finds in each text, such as "place (model)"; nothing without a model.

    Parameters
    ----------
    texts : iterable of str
    """
    pipeline, texts = _pipeline(), list(texts)
    if pipeline is None:
        return {text: [] for text in texts}
    found = {}
    for text, read in zip(texts, pipeline.pipe(texts), strict=True):
        kinds = [ENTITIES[entity.label_] for entity in read.ents if entity.label_ in ENTITIES]
        found[text] = [f"{kind} (model)" for kind in dict.fromkeys(kinds)]
    return found


@cache
def _pipeline() -> Any:
    """The best English pipeline installed that knows names, or None."""
    if find_spec("spacy") is None:
        return None
    spacy = import_module("spacy")
    names = [name for name in spacy.util.get_installed_models() if "en" in name.split("_")]
    for name in sorted(names, key=_preference):
        pipeline = spacy.load(name)
        if "ner" in pipeline.pipe_names:
            return pipeline
    return None


def _preference(name: str) -> tuple[int, str]:
    parts = name.split("_")
    return next((place for place, size in enumerate(_SIZES) if size in parts), len(_SIZES)), name
