"""What can go wrong, in sentences a researcher can act on, and the exit code each kind leads to."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path


def some(names: Sequence[object], limit: int = 5, by: str = ", ") -> str:
    """The first of these names, and how many more there are: a message is read, a list is not."""
    more = f" and {len(names) - limit} more" if len(names) > limit else ""
    return by.join(map(str, names[:limit])) + more


class CompendiumError(Exception):
    """Any failure the compendium explains instead of showing a traceback.

    Parameters
    ----------
    what : str
        What is wrong, as a sentence without the file name.
    file : path, optional
        The file it was found in.
    place : str, optional
        Row and column, line and element, zip member, key: where in the file.
    fix : str, optional
        What the reader can do about it.
    """

    exit_code = 2

    def __init__(
        self, what: str, *, file: str | Path | None = None, place: str | None = None, fix: str | None = None
    ) -> None:
        self.what = what
        self.file = Path(file) if file is not None else None
        self.place = place
        self.fix = fix
        super().__init__(self.message)

    @property
    def message(self) -> str:
        """``FILE: PLACE: what is wrong. Fix: what to do.``"""
        where = ": ".join(str(part) for part in (self.file, self.place) if part)
        text = f"{where}: {self.what}" if where else self.what
        if self.fix:
            text = f"{text.rstrip('.')}. Fix: {self.fix}"
        return text


class BadInput(CompendiumError):
    """A file, parameter or setting from outside is wrong (exit code 2)."""


class ManyProblems(BadInput):
    """Several problems of one input, reported together.

    Parameters
    ----------
    problems : sequence of CompendiumError
        At most the first 20 are printed; the rest are counted.
    """

    shown = 20

    def __init__(self, problems: Sequence[CompendiumError]) -> None:
        self.problems = list(problems)
        lines = [problem.message for problem in self.problems[: self.shown]]
        if len(self.problems) > self.shown:
            lines.append(f"... and {len(self.problems) - self.shown} more problems")
        super().__init__("\n".join(lines))


class AnalysisFailed(CompendiumError):
    """An analysis could not finish (exit code 3)."""

    exit_code = 3


class DisclosureRefused(CompendiumError):
    """The disclosure gate found something that must not be published (exit code 4)."""

    exit_code = 4


class NonConvergence(AnalysisFailed):
    """An iterative estimator did not reach its tolerance."""


class Separation(AnalysisFailed):
    """A covariate separates the outcome, so its coefficient has no finite maximum."""


class MonotoneLikelihood(AnalysisFailed):
    """The likelihood keeps rising as one effect grows without bound."""


class LedgerIncomplete(BadInput):
    """A scenario ledger lacks a field or mixes units."""


class SyntheticAsUserData(BadInput):
    """Synthetic records were offered as a team's own data."""


class UnlinkedNumber(BadInput):
    """A published page holds a number in a result block that traces to no result."""


class ClaimNotAllowed(AnalysisFailed):
    """A sentence says more than the results it quotes can carry."""


class Refusal(CompendiumError):
    """The data cannot answer the question, and saying so *is* the result.

    A notebook shows a refusal in a box, ``results.json`` stores its code without a value, and the build goes on.

    Parameters
    ----------
    reason : str
        Why the question is not answered from these data.
    what_would_help : str
        The data or design under which it could be.
    """

    exit_code = 3

    def __init__(self, reason: str, what_would_help: str = "") -> None:
        self.reason = reason
        self.what_would_help = what_would_help
        super().__init__(reason, fix=what_would_help or None)

    @property
    def code(self) -> str:
        """The refusal's stable name, as stored in ``results.json``."""
        return type(self).__name__


class OrderNotIdentified(Refusal):
    """A direction or chain is asked of data without dates or ages."""


class NoOrderSupported(Refusal):
    """The response-mechanism gate finds no mechanism under which an order could be read."""


class NoNetworkSupported(Refusal):
    """No pair of codes passes its test, so there is no network to draw."""


class TooFewCases(Refusal):
    """Fewer cases than the method's stated minimum."""


class TooFewInterviews(TooFewCases):
    """Fewer interviews than the method's stated minimum."""


class NotCollected(Refusal):
    """The study holds no data of the kind the question needs."""


class PerceptionNotRisk(Refusal):
    """A measure of perception is requested as an effect on people."""


class CrossStreamComparison(Refusal):
    """Sectors that only one stream has are compared across interviews and survey."""


class SampleNotRepresentative(Refusal):
    """A statement about a population is asked of a sample without a design."""


class GeneratorFitRefused(Refusal):
    """The synthetic generator is to be fitted to real case records."""
