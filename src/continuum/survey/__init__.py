"""Statistics of a provider survey: tables with honest bases, group tests with effect sizes, scales, ordinal models."""

from .blocks import bar_items, block_items, first_set, require_column, set_names
from .design import Design
from .families import family_summary, family_tests
from .group_tests import RULE as TEST_RULE
from .group_tests import group_tests
from .items import item_table
from .likert import lay_out, likert_table
from .ordinal import CumulativeLinkFit, cumulative_link
from .ordinal_effects import average_probabilities, bootstrap_fits, partial_proportional_odds, proportional_odds_tests
from .record import item_results, respondent_results, test_results
from .table_one import table_one, table_one_wide

__all__ = [
    "TEST_RULE",
    "CumulativeLinkFit",
    "Design",
    "average_probabilities",
    "bar_items",
    "block_items",
    "bootstrap_fits",
    "cumulative_link",
    "family_summary",
    "family_tests",
    "first_set",
    "group_tests",
    "item_results",
    "item_table",
    "lay_out",
    "likert_table",
    "partial_proportional_odds",
    "proportional_odds_tests",
    "require_column",
    "respondent_results",
    "set_names",
    "table_one",
    "table_one_wide",
    "test_results",
]
