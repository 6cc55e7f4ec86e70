"""How fast citations are read and classed: python benchmarks/citations.py ARTICLES_DIR [--articles N]

ARTICLES_DIR holds JATS articles. The peer for classing is scikit-learn's own pipeline of the same shape (TF-IDF of word
1- to 3-grams and a linear model), in the same run on the same sentences; it computes no cues, masks nothing, and gives
no calibrated probability, so it is a floor rather than a rival.
"""

from __future__ import annotations

import argparse
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

# This folder holds a file with the name of the package, which must not be imported in its place.
sys.path[:] = [folder for folder in sys.path if Path(folder).resolve() != Path(__file__).resolve().parent]

import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402

from continuum.citations import classify, extract_all  # noqa: E402
from continuum.citations.sentences import split  # noqa: E402


def cpu_seconds(action: Callable[[], object], repeats: int) -> tuple[float, float, float]:
    """Least, median and largest CPU seconds of several runs after one warm-up."""
    action()
    times = []
    for _ in range(repeats):
        start = time.process_time()
        action()
        times.append(time.process_time() - start)
    return min(times), statistics.median(times), max(times)


def row(name: str, amount: int, unit: str, seconds: tuple[float, float, float]) -> None:
    low, middle, high = seconds
    print(f"{name:<34}{amount / middle:>12,.0f} {unit}/CPU-s   ({low:.2f} / {middle:.2f} / {high:.2f} s)")


def scikit_learn_peer(texts: list[str]) -> Callable[[], object] | None:
    try:
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.linear_model import LogisticRegression
    except ImportError:
        print("scikit-learn is not installed: no peer for classing")
        return None
    vectorizer = TfidfVectorizer(ngram_range=(1, 3), sublinear_tf=True, min_df=2)
    model = LogisticRegression(max_iter=200).fit(vectorizer.fit_transform(texts), np.arange(len(texts)) % 3)
    return lambda: model.predict_proba(vectorizer.transform(texts))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--articles", type=int, default=1000, help="size of the end-to-end run")
    parser.add_argument("--repeats", type=int, default=5)
    chosen = parser.parse_args()
    files = sorted(chosen.folder.glob("*.xml"))
    contexts = extract_all(files).contexts
    many = pd.concat([contexts] * max(1, 5000 // len(contexts)), ignore_index=True)
    paragraphs = [" ".join(many["sentence"].iloc[i : i + 5]) for i in range(0, len(many), 5)]
    sentences = sum(len(split(p)) for p in paragraphs)
    print(f"{len(files)} articles, {len(contexts)} contexts; least / median / largest of {chosen.repeats} runs")
    row("extract", len(files), "articles", cpu_seconds(lambda: extract_all(files), chosen.repeats))
    row("split", sentences, "sentences", cpu_seconds(lambda: [split(p) for p in paragraphs], chosen.repeats))
    for mode in ("rules", "model"):
        seconds = cpu_seconds(lambda mode=mode: classify(many, mode), chosen.repeats)
        row(f"classify, {mode}", len(many), "contexts", seconds)
    peer = scikit_learn_peer(many["masked"].tolist())
    if peer is not None:
        row("scikit-learn, words only", len(many), "contexts", cpu_seconds(peer, chosen.repeats))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        copies(files, chosen.articles, folder / "articles")
        command = [sys.executable, "-m", "continuum", "cite", str(folder / "articles"), "--out", str(folder / "out")]
        start = time.perf_counter()
        told = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()[0]
        seconds = time.perf_counter() - start
    print(f"compendium cite, {os.cpu_count()} processors: {seconds:.1f} s of wall time from start to files. {told}")


def copies(files: list[Path], number: int, folder: Path) -> None:
    """As many articles as asked for: copies that differ in DOI and title, so that each is a work of its own."""
    folder.mkdir(parents=True)
    for place in range(number):
        text = files[place % len(files)].read_text(encoding="utf-8")
        text = re.sub(r'(<article-id pub-id-type="doi">[^<]+)', rf"\g<1>.copy{place}", text, count=1)
        text = re.sub(r"(<article-title[^>]*>)", rf"\g<1>Copy {place}: ", text, count=1)
        (folder / f"{place:05d}.xml").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
