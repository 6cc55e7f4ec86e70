"""SciCite as training material for stance: loaded with its known defects repaired, masked like live text.

The sentences belong to their publishers; nothing of them is stored anywhere but in memory.
"""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from .marks import Mark, find_marks, masked

_STANCE = {"supportive": "supporting", "not_supportive": "contrasting"}
_SWAPPED = {"supporting": "contrasting", "contrasting": "supporting"}


@dataclass
class Split:
    """One part of SciCite, ready for training or scoring.

    Attributes
    ----------
    rows : DataFrame
        masked, sentence, paper (citing paper's id), label, repaired.
    repaired : int
        Stance labels that were swapped back.
    dropped : int
        Rows without a usable label.
    without_target : int
        Rows whose offsets do not show the cited work.
    """

    rows: pd.DataFrame
    repaired: int
    dropped: int
    without_target: int


def load(folder: Path, part: str) -> Split:
    """Read ``train``, ``dev`` or ``test``.

    Background and method citations are *mentioning*; results carry a stance. In train and dev the stance is inverted
    wherever ``label2_confidence`` is missing and is swapped back there; test is right as it is.
    """
    rows: list[dict[str, Any]] = []
    repaired = dropped = without_target = 0
    for line in (folder / f"{part}.jsonl").read_text(encoding="utf-8").splitlines():
        item = json.loads(line)
        label: str | None = (
            "mentioning" if item["label"] in {"background", "method"} else _STANCE.get(item.get("label2"))
        )
        if label is None:
            dropped += 1
            continue
        if label != "mentioning" and part != "test" and _missing(item.get("label2_confidence")):
            label = _SWAPPED[label]
            repaired += 1
        text = _masked(item)
        without_target += "TREF" not in text
        rows.append(
            {
                "masked": text, "sentence": item["string"], "paper": item["citingPaperId"], "label": label,
                "repaired": label != "mentioning" and part != "test" and _missing(item.get("label2_confidence")),
            }
        )  # fmt: skip
    return Split(pd.DataFrame(rows), repaired, dropped, without_target)


def self_written() -> pd.DataFrame:
    """Sentences in the wording of social science and the humanities, written for this purpose: label, masked, paper.

    The cues were developed on them; the model was not trained on them.
    """
    rows = pd.read_csv(Path(__file__).with_name("weights") / "self-written.csv")
    names = [f"self-written {number}" for number in range(len(rows))]
    return rows.rename(columns={"sentence": "masked"}).assign(paper=names)


def citelling(folder: Path) -> pd.DataFrame:
    """Sentences of CiTelling: intent, masked. Their annotators judged the intent, not the stance."""
    rows = []
    for file in sorted(folder.glob("*.tsv")):
        with file.open(encoding="utf-8", newline="") as stream:
            for row in csv.DictReader(stream, delimiter="\t", quoting=csv.QUOTE_NONE):
                first, *others = row["text"].split("@@CITATION")
                masked_text = f"{first}TREF{'OREF'.join(others)}" if others else first
                rows.append({"intent": file.stem, "masked": masked_text})
    return pd.DataFrame(rows)


def _masked(item: dict[str, Any]) -> str:
    text = item["string"]
    start, end = item.get("citeStart"), item.get("citeEnd")
    if start is None or end is None or _missing(start) or _missing(end) or not 0 <= int(start) < int(end) <= len(text):
        return masked(text, find_marks(text), "")[0]
    target = Mark(int(start), int(end), ("target",))
    others = [m for m in find_marks(text) if m.end <= target.start or m.start >= target.end]
    return masked(text, [*others, target], "target")[0]


def _missing(value: Any) -> bool:
    return value in (None, "") or value != value
