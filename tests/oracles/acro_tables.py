"""What ACRO says of the cells of cross-tables; run by the Python of an environment that has it, standard input to output.

In: {"records": [...], "by": [row, column], "value": ..., "settings": {...}} for each case. Out: version and, for each
case, the cells that fail the threshold, the (n, k) rule and the p-ratio rule.
"""

from __future__ import annotations

import json
import logging
import sys
import warnings

warnings.filterwarnings("ignore")
logging.disable(logging.CRITICAL)

CHECKS = {"threshold": "MinimumThresholdCheck", "nk": "NKCheck", "p_ratio": "PPercentCheck"}


def main() -> None:
    import contextlib
    import io

    import acro.version
    import pandas as pd
    from acro import ACRO

    answers = []
    for case in json.load(sys.stdin):
        frame = pd.DataFrame(case["records"])
        with contextlib.redirect_stdout(io.StringIO()):
            session = ACRO(suppress=False)
            session.config.update(case["settings"])
            row, column = case["by"]
            session.crosstab(frame[row], frame[column], values=frame[case["value"]], aggfunc="sum")
        outcome = session.results.get_index(0).outcome
        answers.append({
            name: sorted([r, c] for r in outcome.index for c in outcome.columns if check in str(outcome.loc[r, c]))
            for name, check in CHECKS.items()
        })  # fmt: skip
    json.dump({"version": acro.version.__version__, "answers": answers}, sys.stdout)


if __name__ == "__main__":
    main()
