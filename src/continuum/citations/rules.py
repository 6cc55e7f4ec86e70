"""Cues by which readers tell agreement from disagreement, and the verdict they give without any trained weights."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_FINDINGS = r"(?:results?|findings?|observations?|reports?|data|conclusions?|stud(?:y|ies)|work|literature|evidence)"
_PRIOR = r"(?:previous|previously|prior|earlier|other|others|past|recent|published|TREF|OREF|that|those|the)"
#: What can be claimed and contested, in any field.
_CLAIM = (
    r"(?:claims?|arguments?|contentions?|assumptions?|theses|thesis|predictions?|accounts?|views?|notions?|ideas?|models?|"
    r"theor(?:y|ies)|hypothes[ie]s|conclusions?|findings?|results?|readings?|interpretations?|picture|assertions?|suggestions?)"
)

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
    "resonate": r"\b(?:align(?:s|ed)?|resonat(?:e|es|ed)|dovetail(?:s|ed)?|chim(?:e|es|ed)|squar(?:e|es|ed)|"
    r"tall(?:y|ies|ied)|coincid(?:e|es|ed)|converg(?:e|es|ed)|fits?) (?:\w+ )?(?:with|on)\b|along the same lines|"
    r"correspond(?:s|ed)? (?:\w+ )?with|\b(?:match|mirror|parallel)(?:s|es|ed)? (?:\w+ )?(?:those|that|what|TREF|"
    r"the (?:results|findings|accounts?|pattern|estimates|argument))|akin to",
    "bear_out": r"\b(?:bear|bears|bore|borne|bearing) out\b|\b(?:bolster|buttress|underscor|vindicat)\w*|"
    r"\b(?:add|giv|lend|provid)\w* (?:\w+ )?(?:weight|credence|credibility)",
    "like_target": r"(?:^|[,;] )(?:much |just )?(?:like|as in|as with|as did|as was (?:the case )?(?:for|in)) (?:those (?:of|in) )?"
    r"(?:TREF|(?:previous|prior|earlier|other) \w+)|(?:much|largely) the same as|the same (?:\w+ ){1,4}as (?:in |by )?TREF",
    "as_expected": r"\bas TREF (?:had |have |has )?(?:argued|anticipated|hypothesi[sz]ed|proposed|suspected|documented|found|saw)|"
    r"\bwhat TREF (?:also |had |have )?(?:found|observed|reported|described|saw|suspected|predicted|argued)|"
    r"(?:lead|led) (?:us|one) to expect",
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
    "challenge": r"\b(?:challeng|complicat|problemati[sz]|question)(?:e|es|ed|ing|s)? (?:the|this|that|these|both|TREF|"
    r"(?:previous|prior|earlier|received|common) \w+)|call\w* (?:\w+ ){0,6}?in(?:to)? (?:question|doubt)|"
    r"cast\w* (?:\w+ )?doubt|take issue with|push\w* back (?:against|on)|in tension with|clash\w* with",
    "undermine": r"\b(?:undermin\w+|undercut\w*|overturn\w*|rebut\w*|debunk\w*|bel(?:y|ies|ied))\b|"
    r"\b(?:revis|reject|correct|temper)(?:e|es|ed|s|ing)? (?:the (?:\w+ )?(?:claim|view|account|thesis|argument|conclusion|"
    r"picture|assumption|notion)|TREF)",
    "diverge": r"\b(?:diverg|depart|deviat)(?:e|es|ed|s|ing)? (?:\w+ )?from\b|at variance with|"
    r"(?:hard|difficult|impossible) to (?:reconcile|square)|irreconcilable|"
    r"(?:point|go|run)(?:s|ed)? (?:in )?the (?:other|opposite) (?:way|direction)",
    "against": r"(?:^|, )(?:contra|pace|against) TREF|\b(?:little|scant|no) (?:\w+ )?(?:evidence|sign|trace|indication|support) "
    r"(?:for|of|that)\b|(?:did|do|does) not (?:share|match|fit)\b|\bwhere TREF\b[^.]{0,60}, (?:our|we)\b",
}
_NOUNS = (
    r"(?:results?|findings?|data|observ\w+|stud(?:y|ies)|found|report\w*|show\w*|analys\w+|work|estimates?|evidence|"
    r"interviews?|accounts?|participants?|respondents?|informants?|interviewees|survey|sample|cohort|experiments?|model|"
    r"reading|ethnograph\w+|fieldwork|archiv\w+|cases?|paper|article|themes?|conclusions?|interpretation)"
)


def _lower(pattern: str) -> re.Pattern[str]:
    """A pattern for lower-case text: twice as fast as ignoring case."""
    return re.compile(f"(?:{pattern.replace('TREF', 'tref').replace('OREF', 'oref')})")


_ANCHOR = _lower(
    r"\b(?:our|ours|we|us|here|herein|this (?:study|work|paper|report|finding|result|is|pattern|article|analysis)|"
    r"these (?:results|findings|data|accounts|patterns|estimates)|"
    r"(?:present|current) (?:study|results?|findings?|data|work|investigation|analysis|paper|article)|evidence presented here|"
    r"in this study|results (?:of|from) (?:this|the present))\b"
)
_OWN = _lower(
    rf"\b(?:our|we) (?:\w+ ){{0,3}}{_NOUNS}|\b(?:present|current|this) (?:study|results?|findings?|data|work|analysis|article)|"
    r"\bthese (?:results|findings|data|accounts|patterns|estimates)"
)
_NEGATION = _lower(
    r"\b(?:not|no|never|neither|nor|cannot|can't|couldn't|didn't|doesn't|don't|fail\w*|unable|without|lack\w*|hardly|scarcely|"
    r"rather than|little)\b"
)
#: Contrast words that a negation turns into agreement ("not inconsistent with").
_DOUBLE = frozenset({"inconsistent", "contradict", "differ"})
#: Speech about what might be, or about what others found of others.
_HYPOTHETICAL = _lower(r"\b(?:if|whether|would|should|to (?:confirm|verify|test|replicate)|remains? to be|future)\b")
_REUSE = _lower(
    r"\b(?:using|used|uses|use|according to|following|as (?:previously )?described|performed|calculated|adapted|modified|"
    r"protocol|method|procedure|software|algorithm|purchased|measured|assessed)\b"
)
#: A test that is still to come: whatever it may agree with, it has not done so yet.
_WISH = _lower(
    r"\bwhether\b|^if\b|\bfuture (?:work|stud\w+|research)\b|\b(?:remains?|needs?) to be\b|"
    r"\bshould (?:be )?(?:test|examin|explor|investigat|confirm|verif)\w*"
)
_CLAUSE = _lower(r"[;:]|,? (?:but|whereas|while|although|though|however|yet)\b")
_PRIOR_FINDING = _lower(
    r"\b(?:previous(?:ly)?|prior|earlier|others?|published|recent|reported|stud(?:y|ies)|findings?|results?|"
    rf"observations?|observed|found|showed|literature|reports?)\b|TREF[’']s (?:\w+ ){{0,2}}{_CLAIM}|"
    rf"\b{_CLAIM} (?:\w+ ){{0,3}}(?:of|by|in|from) TREF|TREF (?:had |has |have )?(?:suspected|predicted|argued|claimed|suggested|proposed|documented)\b"
)
#: Marks with nothing but brackets, commas and "and" between them are cited together.
_RUN = _lower(
    r"(?:TREF|OREF)(?:[\s,;()\[\]&]*(?:and |or |as well as )?(?:also |by |of |those of |that of )?[\s(\[]*(?:TREF|OREF))*"
)
#: Characters between a cue and the works it is about.
_REACH = 60
#: Points a label needs; weights and limit were chosen on the training part alone.
NEEDED = 3
CLEAR = frozenset({"similar", "same"})
STRONG = frozenset(
    {
        "consistent",
        "in_line",
        "agree",
        "inconsistent",
        "contrary",
        "not_replicate",
        "contradict",
        "in_contrast",
        "resonate",
        "bear_out",
        "challenge",
        "undermine",
        "diverge",
        "against",
    }
)

_COMPILED = {
    side: {name: _lower(pattern) for name, pattern in cues.items()}
    for side, cues in (("agreement", AGREEMENT), ("contrast", CONTRAST))
}


@dataclass(frozen=True)
class Cue:
    """One cue of a sentence: where it stands, its name, and the side on which it counts after negation."""

    start: int
    end: int
    name: str
    side: str
    counts_as: str


@dataclass
class Reading:
    """What the cues of one masked sentence say.

    Attributes
    ----------
    agreement, contrast : list of str
        Names of the cues that count, after negated ones have changed sides.
    far : list of str
        Cues that stand in another clause than the target, or are about other works.
    wish : bool
        Whether a cue belongs to a test that is still to come.
    others_agree : bool
        Whether a cue relates other works to each other, without a word of one's own work.
    negated, anchored, own, prior, hypothetical, third_party, reuse, target : bool
    """

    agreement: list[str] = field(default_factory=list)
    contrast: list[str] = field(default_factory=list)
    far: list[str] = field(default_factory=list)
    wish: bool = False
    others_agree: bool = False
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
    text = masked.lower()
    reading = Reading(
        anchored=bool(_ANCHOR.search(text)), own=bool(_OWN.search(text)), prior=bool(_PRIOR_FINDING.search(text)),
        hypothetical=bool(_HYPOTHETICAL.search(text)), reuse=bool(_REUSE.search(text)), target="tref" in text,
    )  # fmt: skip
    cues = _cues(text)
    first, last = _target_clause(text)
    works = [(m.start(), m.end(), "tref" in m.group(0)) for m in _RUN.finditer(text)]
    wish = _WISH.search(text)
    for cue in cues:
        other = _about_another(cue, works, cues)
        far = other or not first <= cue.start < last
        found = reading.agreement if cue.side == "agreement" else reading.contrast
        if far and cue.counts_as not in found:
            reading.far.append(cue.name)
        elif not far and cue.name in reading.far:  # said of others, and then of the target
            reading.far.remove(cue.name)
        if cue.counts_as not in found:
            found.append(cue.counts_as)
        reading.wish |= wish is not None and wish.start() < cue.start
        reading.others_agree |= other and not reading.anchored
        reading.negated |= cue.name in AGREEMENT and cue.side == "contrast"
    reading.third_party = "oref" in text and not reading.anchored and (bool(reading.contrast) or reading.others_agree)
    return reading


def _cues(text: str) -> list[Cue]:
    """Every cue of a sentence; a negation before it turns it round."""
    found = []
    for side, patterns in _COMPILED.items():
        for name, pattern in patterns.items():
            for match in pattern.finditer(text):
                start, end = match.span()
                if side == "agreement" and _NEGATION.search(text, max(0, start - 30), start):
                    found.append(Cue(start, end, name, "contrast", f"not_{name}"))
                elif name in _DOUBLE and _NEGATION.search(text, max(0, start - 14), start):
                    found.append(Cue(start, end, name, "agreement", f"not_{name}"))
                else:
                    found.append(Cue(start, end, name, side, name))
    return found


def _about_another(cue: Cue, works: list[tuple[int, int, bool]], cues: list[Cue]) -> bool:
    """Whether the works named after a cue are others, and the target has a place of its own in the sentence."""
    after = next((w for w in works if w[0] >= cue.end - 4), None)
    target = next((w for w in works if w[2]), None)
    if after is None or target is None or after[2] or after[0] - cue.end > _REACH:
        return False
    return target[1] <= cue.start or any(after[1] <= c.start < target[0] for c in cues)


def verdict(reading: Reading) -> str:
    """Label by points: what the cue says, whether it is about one's own work, and whether it is about a finding.

    A cue in the clause of the target gives two points if it is unambiguous (:data:`STRONG`, :data:`CLEAR`, negated
    ones), none otherwise; own work in the sentence, a word for own work near, and words for earlier findings give one
    each; words of reuse and of mere possibility take one, a test still to come and a quarrel of others two. Three
    points are needed.
    """
    agree = [c for c in reading.agreement if c.removeprefix("not_") not in reading.far]
    differ = [c for c in reading.contrast if c.removeprefix("not_") not in reading.far]
    context = reading.own + reading.anchored + reading.prior - reading.reuse - reading.hypothetical - 2 * reading.wish
    supporting = context + sum(2 for c in agree if c in STRONG | CLEAR or c.startswith("not_")) if agree else -1
    contrasting = (
        context + sum(2 for c in differ if c in STRONG or c == "differ" or c.startswith("not_")) if differ else -1
    )
    supporting -= 2 * reading.others_agree
    contrasting -= bool(agree) + 2 * reading.third_party
    if contrasting >= NEEDED and contrasting >= supporting:
        return "contrasting"
    return "supporting" if supporting >= NEEDED else "mentioning"


def _target_clause(text: str) -> tuple[int, int]:
    """Start and end of the clause that holds the target; the whole sentence if it holds none."""
    place = text.find("tref")
    if place < 0:
        return 0, len(text)
    start, end = 0, len(text)
    for match in _CLAUSE.finditer(text):
        if match.end() <= place:
            start = match.start()
        elif match.start() > place:
            end = match.start()
            break
    return start, end
