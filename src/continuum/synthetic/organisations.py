"""Synthetic organizational self-assessments: an example instrument, organizations, targets and two waves of answers.

The instrument is written for this project and may be used and changed freely. Domain names follow what the literature
asks for; no item of a published instrument is used.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

ORGANISATIONS = 12
WAVES = (1, 2)
ROLES = ("direct service", "supervision", "leadership", "intake")
SECTORS = ("legal", "medical", "non-profit", "social", "foster care")
SITES = ("Kansas City, Missouri", "Kansas City, Kansas")
#: Assumptions: the mean of an organization and domain, its spread, the spread of raters, gain between waves.
DOMAIN_MEANS = {
    "identification protocol": 1.3,
    "training": 1.6,
    "choice and return": 1.4,
    "safety and confidentiality": 2.0,
    "language and access": 1.2,
    "partnership and referral": 1.7,
    "staff support": 1.1,
}
ORGANISATION_SD = 0.5
DOMAIN_SD = 0.35
RATER_SD = 0.45
GAIN = 0.25
DONT_KNOW_SHARE = 0.05
NOT_APPLICABLE_SHARE = 0.03
BLANK_SHARE = 0.03

_ANCHORS = ("not in place", "in discussion or in part", "in place, used sometimes", "in place and used as a rule")

#: item_id, domain, text, reverse, evidence to look for.
_ITEMS = (
    ("ip1", "identification protocol", "There is a written protocol for recognizing possible exploitation.", False,
     "the protocol"),
    ("ip2", "identification protocol", "Staff know what to do when a person discloses exploitation.", False,
     "staff can name the next step"),
    ("ip3", "identification protocol", "Questions are asked in private, with consent, and can be declined.", False,
     "intake form; room"),
    ("tr1", "training", "New staff receive training on labor exploitation.", False, "training record"),
    ("tr2", "training", "New staff receive training on sex trafficking.", False, "training record"),
    ("tr3", "training", "Training is refreshed at least every two years.", False, "training calendar"),
    ("cr1", "choice and return", "A person can decline one service and keep another.", False, "service agreement"),
    ("cr2", "choice and return", "A person who stopped coming can return without penalty.", False, "re-entry rule"),
    ("cr3", "choice and return", "Services depend on talking to the police or on leaving a situation.", True,
     "conditions of service"),
    ("cr4", "choice and return", "Opting out is recorded neutrally, not as failure.", False, "case record form"),
    ("sc1", "safety and confidentiality", "Records are shared only with the person's agreement.", False,
     "release form"),
    ("sc2", "safety and confidentiality", "A safety plan is offered and kept up to date.", False, "plan form"),
    ("sc3", "safety and confidentiality", "Contact follows what the person says is safe.", False, "contact form"),
    ("la1", "language and access", "Interpretation is available at first contact.", False, "interpreter contract"),
    ("la2", "language and access", "Material exists in the languages people use here.", False, "leaflets"),
    ("la3", "language and access", "The building and hours suit those we serve.", False, "opening hours"),
    ("pr1", "partnership and referral", "Referral partners for housing, law and health are agreed.", False,
     "agreements"),
    ("pr2", "partnership and referral", "Referrals are followed up with the person.", False, "referral log"),
    ("pr3", "partnership and referral", "Gaps in local services are reported to partners.", False, "minutes"),
    ("ss1", "staff support", "Staff have regular supervision about this work.", False, "calendar"),
    ("ss2", "staff support", "Caseloads leave time for people who come back.", False, "caseload figures"),
    ("ss3", "staff support", "People with lived experience shape services and are paid for it.", False,
     "board or pay record"),
)  # fmt: skip


def instrument() -> pd.DataFrame:
    """The example instrument: one row per item with domain, scale, anchors and evidence."""
    frame = pd.DataFrame(_ITEMS, columns=["item_id", "domain", "text", "reverse", "evidence"])
    frame.insert(3, "scale_min", 0)
    frame.insert(4, "scale_max", len(_ANCHORS) - 1)
    for score, anchor in enumerate(_ANCHORS):
        frame[f"anchor_{score}"] = anchor
    return frame


def organisations() -> pd.DataFrame:
    """Twelve organizations: org_id, sector, state, site, synthetic."""
    return pd.DataFrame({
        "org_id": [f"SYN-O{k + 1:02d}" for k in range(ORGANISATIONS)],
        "sector": [SECTORS[k % len(SECTORS)] for k in range(ORGANISATIONS)],
        "state": [("State A", "State B")[k % 2] for k in range(ORGANISATIONS)],
        "site": [SITES[k % 2] for k in range(ORGANISATIONS)],
        "synthetic": "true",
    })  # fmt: skip


def targets(rng: np.random.Generator) -> pd.DataFrame:
    """Each organization's own target per domain, 0 to 100; some set none."""
    rows = [
        (org, domain, int(rng.choice([60, 70, 75, 80, 90])), "true")
        for org in organisations()["org_id"]
        for domain in DOMAIN_MEANS
        if rng.random() < 0.85
    ]
    return pd.DataFrame(rows, columns=["org_id", "domain", "target", "synthetic"])


def assessments(rng: np.random.Generator) -> pd.DataFrame:
    """Scores: org_id, wave, respondent_id, role, item_id, score, source, synthetic.

    ``score`` is a scale point, ``dk`` (don't know), ``na`` (not applicable) or empty. One organization answered in
    the first wave only, one through a single assessor, and one adds a consensus form.
    """
    items = instrument()
    rows: list[tuple[str, int, str, str, str, str, str, str]] = []
    for k, org in enumerate(organisations()["org_id"]):
        raters = 1 if k == 4 else int(rng.integers(3, 7))
        level = rng.normal(0, ORGANISATION_SD)
        domains = {domain: mean + level + rng.normal(0, DOMAIN_SD) for domain, mean in DOMAIN_MEANS.items()}
        for wave in WAVES[: 1 if k == 9 else 2]:
            for rater in range(raters):
                person = f"SYN-E{k + 1:02d}{rater + 1}"
                style = rng.normal(0, RATER_SD / 2)
                for item in items.itertuples():
                    mean = domains[str(item.domain)] + GAIN * (wave - 1) + style + rng.normal(0, RATER_SD)
                    score = _score(mean, bool(item.reverse), rng)
                    role = ROLES[rater % len(ROLES)]
                    rows.append((org, wave, person, role, str(item.item_id), score, "individual", "true"))
        if k == 2:
            for item in items.itertuples():
                score = _score(domains[str(item.domain)], bool(item.reverse), rng)
                rows.append((org, 1, f"SYN-E{k + 1:02d}C", "team", str(item.item_id), score, "consensus", "true"))
    columns = ["org_id", "wave", "respondent_id", "role", "item_id", "score", "source", "synthetic"]
    return pd.DataFrame(rows, columns=columns)


def _score(mean: float, reverse: bool, rng: np.random.Generator) -> str:
    chance = rng.random()
    for share, mark in ((DONT_KNOW_SHARE, "dk"), (NOT_APPLICABLE_SHARE, "na"), (BLANK_SHARE, "")):
        if chance < share:
            return mark
        chance -= share
    score = int(np.clip(round(mean), 0, 3))
    return str(3 - score if reverse else score)
