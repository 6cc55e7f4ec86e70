"""What is masked on reading is what is looked for before publishing: one set of patterns, one reach."""

from __future__ import annotations

import pytest

from continuum.disclosure.extract import Passage
from continuum.disclosure.inspection import _scan_text
from continuum.disclosure.secrets import Secrets
from continuum.ingest.personal import find_personal

PERSONAL = [
    ("write to jo.doe@shelter-kc.org.", "e-mail address"),
    ("josé.núñez+intake@refugio-kc.org", "e-mail address"),
    ("call (816) 555-0100 now", "phone number"),
    ("816.555.0100", "phone number"),
    ("1-816-555-0100", "phone number"),
    ("+44 20 7946 0958", "phone number"),
    ("+49 (30) 1234 567", "phone number"),
    ("+18165550100", "phone number"),
    ("it came from 203.0.113.7.", "IP address"),
    ("2001:0db8:0000:0000:0000:ff00:0042:8329", "IP address"),
]
HARMLESS = [
    "10.1177/0886260518812813", "doi 10.1016/j.childyouth.2018.11.050", "ISO 8601: 2019-03-01", "pandas 3.1.1", "+42 points",
    "n = 816 555 people", "pages 285-293", "M -0.5 +1200 L 300", "version 1.10.18", "0009-0005-1234-567X", "up to +1000", "(a<<8)+16777216*b",
]  # fmt: skip


@pytest.mark.parametrize(("text", "kind"), PERSONAL)
def test_importers_and_scan_find_the_same(text: str, kind: str):
    assert [piece.kind for piece in find_personal(text)] == [kind]
    assert [leak.kind for leak in _scan_text([Passage("line 1", text)], "page.html", Secrets())] == [kind]


@pytest.mark.parametrize("text", HARMLESS)
def test_numbers_of_articles_versions_and_results_are_nobody_s(text: str):
    assert find_personal(text) == []
    assert list(_scan_text([Passage("line 1", text)], "page.html", Secrets())) == []


@pytest.mark.parametrize("text", ["tcp://10.0.0.5:8786", "http://127.0.0.1:8888", "someone@example.org"])
def test_addresses_that_belong_to_nobody_may_be_published(text: str):
    assert list(_scan_text([Passage("line 1", text)], "page.html", Secrets())) == []
