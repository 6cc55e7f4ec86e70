"""Cues by which readers tell agreement from disagreement, and the verdict they give without any trained weights."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_FINDINGS = r"(?:results?|findings?|observations?|reports?|data|conclusions?|stud(?:y|ies)|work|literature|evidence)"
_PRIOR = r"(?:previous|previously|prior|earlier|other|others|past|recent|published|TREF|OREF|that|those|the)"

#: Words of agreement; each pattern is one cue with a name.
AGREEMENT: dict[str, str] = {
    "consistent": r"\b(?:consistent|concordant|congruent|compatible|consonant) with|\bconsistently with",
    "in_line": r"in (?:good |close |full |excellent |strong )?(?:line|agreement|accord|accordance|keeping|concordance|"
    r"harmony) with|accord(?:s|ing|ed)? (?:well )?with",
    "agree": r"\b(?:agree|agrees|agreed|agreeing|concur\w*)\b(?: \w+){0,2} with|in (?:consensus|congruence|conformity) (?:to|with)",
    "confirm": r"\b(?:confirm|confirms|confirmed|confirming|corroborat\w+|verif(?:y|ies|ied)|validat(?:es|ed))\b",
    "replicate": r"\b(?:replicat(?:e|es|ed|ing)|reproduc(?:e|es|ed|ing))\b",
    "support": rf"\b(?:support|supports|supported|supporting)\b(?: \w+){{0,4}} (?:{_FINDINGS}|hypothesis|view|notion|"
    rf"idea|model|theory|claim|TREF)|supported by|lend\w* (?:\w+ )?support|further support",
    "similar": rf"similar (?:to|with)|similar (?:\w+ )?(?:{_FINDINGS}|trends?|patterns?|effects?|associations?|values?)|"
    r"similarly|comparable (?:to|with)|resembl\w+",
    "same": rf"the same (?:\w+ )?(?:{_FINDINGS}|trends?|patterns?|conclusion|effect|direction)|likewise",
    "as_reported": rf"\bas (?:{_PRIOR} )?(?:also )?(?:been )?(?:reported|shown|observed|described|demonstrated|found|seen|"
    r"suggested|noted|expected|predicted)",
    "also_found": r"\balso (?:been )?(?:found|reported|observed|showed|shown|demonstrated|noted|described|documented)",
    "strengthen": r"\b(?:reinforc\w+|substantiat\w+|echo\w*|compares? favou?rably)\b|\b(?:findings?|results?|data) (?:\w+ )?"
    r"(?:strengthen|mirror|parallel|extend)\w*",
}
#: Words of disagreement.
CONTRAST: dict[str, str] = {
    "in_contrast": r"in (?:sharp |stark |marked |apparent )?contrast|contrast(?:s|ing|ed)? (?:\w+ )?with|by contrast",
    "contrary": r"contrary to|on the contrary|counter to|opposite (?:to|of|direction|results?|effect|findings?)",
    "inconsistent": r"inconsisten\w+|not (?:\w+ )?consistent|not (?:\w+ )?in (?:line|agreement|accordance)|"
    r"incompatible|discordan\w+|incongru\w+",
    "differ": r"\b(?:differ|differs|differed) (?:\w+ )?from|different from (?:\w+ ){0,3}(?:TREF|previous|those|that|other)|"
    r"discrepan\w+|disparit\w+|(?:different|conflicting|mixed|divergent|opposing) (?:\w+ )?(?:results|findings|conclusions|"
    r"interpretations)",
    "unlike": r"\bunlike\b",
    "contradict": r"\b(?:contradict\w*|conflict\w* with|at odds with|disagree\w*|disput\w+|refut\w+|challeng(?:e|es|ed|ing) "
    r"(?:the|this|previous))\b",
    "not_replicate": r"(?:not|unable to|fail\w* to|failure to|cannot|could n't|couldn't|neither) (?:\w+ ){0,2}"
    r"(?:replicat\w+|reproduc\w+|confirm\w*|support\w*|corroborat\w+|verif\w+|find|observe|detect|see|agree)",
    "no_effect": r"\b(?:no|nor|without) (?:\w+ ){0,2}(?:association|correlation|relationship|effect|difference|evidence|"
    r"change|influence|significant)",
    "more_or_less": rf"\b(?:higher|lower|greater|less|larger|smaller|more|fewer|better|worse|faster|slower|stronger|weaker|"
    rf"longer|shorter)\b(?: \w+){{0,3}} than (?:\w+ ){{0,4}}(?:TREF|reported|observed|found|{_PRIOR})",
    "whereas": r"\b(?:whereas|while|although|though|however|but|nevertheless|yet|conversely)\b[^.]{0,80}\b(?:found|report\w*|"
    r"show\w*|observ\w*|demonstrat\w*|suggest\w*)",
    "surprise": r"\b(?:surpris\w+|unexpected\w*|controvers\w+|inconclusive|debat\w+)\b",
}
_ANCHOR = re.compile(
    r"\b(?:our|ours|we|us|here|herein|this (?:study|work|paper|report|finding|result|is)|these (?:results|findings|data)|"
    r"present (?:study|results?|findings?|data|work|investigation)|current (?:study|results?|findings?|data|work)|"
    r"in this study|results (?:of|from) (?:this|the present))\b",
    re.IGNORECASE,
)
_OWN = re.compile(
    r"\b(?:our|we) (?:\w+ ){0,3}(?:results?|findings?|data|observ\w+|study|found|report\w*|show\w*|analys\w+|work)|"
    r"\b(?:present|current|this) (?:study|results?|findings?|data|work)|\bthese (?:results|findings|data)",
    re.IGNORECASE,
)
_NEGATION = re.compile(
    r"\b(?:not|no|never|neither|nor|cannot|can't|couldn't|didn't|doesn't|fail\w*|unable|without|lack\w*|hardly|rather than)\b",
    re.IGNORECASE,
)
#: Speech about what might be, or about what others found of others.
_HYPOTHETICAL = re.compile(
    r"\b(?:if|whether|would|should|to (?:confirm|verify|test|replicate)|remains? to be|future)\b", re.I
)
_REUSE = re.compile(
    r"\b(?:using|used|uses|use|according to|following|as (?:previously )?described|performed|calculated|adapted|modified|"
    r"protocol|method|procedure|software|algorithm|purchased|measured|assessed)\b",
    re.IGNORECASE,
)
_CLAUSE = re.compile(r"[;:]|,? (?:but|whereas|while|although|though|however|yet)\b", re.IGNORECASE)
_PRIOR_FINDING = re.compile(
    r"\b(?:previous(?:ly)?|prior|earlier|others?|published|recent|reported|stud(?:y|ies)|findings?|results?|"
    r"observations?|observed|found|showed|literature|reports?)\b",
    re.IGNORECASE,
)
#: Points a label needs; weights and limit were chosen on the training part alone.
NEEDED = 3
CLEAR = frozenset({"similar", "same"})
STRONG = frozenset(
    {"consistent", "in_line", "agree", "inconsistent", "contrary", "not_replicate", "contradict", "in_contrast"}
)

_COMPILED = {
    side: {name: re.compile(rf"(?:{pattern})", re.IGNORECASE) for name, pattern in cues.items()}
    for side, cues in (("agreement", AGREEMENT), ("contrast", CONTRAST))
}


@dataclass
class Reading:
    """What the cues of one masked sentence say.

    Attributes
    ----------
    agreement, contrast : list of str
        Names of the cues that count, after negated ones have changed sides.
    far : list of str
        Cues that stand in another clause than the target.
    negated, anchored, own, prior, hypothetical, third_party, reuse, target : bool
    """

    agreement: list[str] = field(default_factory=list)
    contrast: list[str] = field(default_factory=list)
    far: list[str] = field(default_factory=list)
    negated: bool = False
    anchored: bool = False
    own: bool = False
    prior: bool = False
    hypothetical: bool = False
    third_party: bool = False
    reuse: bool = False
    target: bool = False


def read(masked: str) -> Reading:
    """Find the cues of a sentence in which the cited work is ``TREF`` and other works are ``OREF``."""
    reading = Reading(
        anchored=bool(_ANCHOR.search(masked)), own=bool(_OWN.search(masked)), prior=bool(_PRIOR_FINDING.search(masked)),
        hypothetical=bool(_HYPOTHETICAL.search(masked)), reuse=bool(_REUSE.search(masked)), target="TREF" in masked,
    )  # fmt: skip
    bounds = _target_clause(masked)
    for name, pattern in _COMPILED["agreement"].items():
        match = pattern.search(masked)
        if match is None:
            continue
        window = masked[max(0, match.start() - 30) : match.start()]
        if _NEGATION.search(window):
            reading.negated = True
            if f"not_{name}" not in CONTRAST:
                reading.contrast.append(f"not_{name}")
        else:
            reading.agreement.append(name)
        if not bounds[0] <= match.start() < bounds[1]:
            reading.far.append(name)
    for name, pattern in _COMPILED["contrast"].items():
        match = pattern.search(masked)
        if match is None:
            continue
        window = masked[max(0, match.start() - 12) : match.start()]
        if name in {"inconsistent", "contradict", "differ"} and _NEGATION.search(window):
            reading.agreement.append(f"not_{name}")
        else:
            reading.contrast.append(name)
        if not bounds[0] <= match.start() < bounds[1]:
            reading.far.append(name)
    reading.third_party = "OREF" in masked and not reading.anchored and bool(reading.contrast)
    return reading


def verdict(reading: Reading) -> str:
    """Label by points: what the cue says, whether it is about one's own work, and whether it is about a finding.

    A cue in the clause of the target gives two points if it is unambiguous (:data:`STRONG`, :data:`CLEAR`, negated
    ones), none otherwise; own work in the sentence, a word for own work near, and words for earlier findings give one
    each; words of reuse and of mere possibility take one, a quarrel of others two. Three points are needed.
    """
    agree = [c for c in reading.agreement if c not in reading.far]
    differ = [c for c in reading.contrast if c not in reading.far]
    context = reading.own + reading.anchored + reading.prior - reading.reuse - reading.hypothetical
    supporting = context + sum(2 for c in agree if c in STRONG | CLEAR or c.startswith("not_")) if agree else -1
    contrasting = (
        context + sum(2 for c in differ if c in STRONG or c == "differ" or c.startswith("not_")) if differ else -1
    )
    contrasting -= bool(agree) + 2 * reading.third_party
    if contrasting >= NEEDED and contrasting >= supporting:
        return "contrasting"
    return "supporting" if supporting >= NEEDED else "mentioning"


def _target_clause(masked: str) -> tuple[int, int]:
    """Start and end of the clause that holds the target; the whole sentence if it holds none."""
    place = masked.find("TREF")
    if place < 0:
        return 0, len(masked)
    start, end = 0, len(masked)
    for match in _CLAUSE.finditer(masked):
        if match.end() <= place:
            start = match.start()
        elif match.start() > place:
            end = match.start()
            break
    return start, end
