"""Statistics of a provider survey: tables with honest bases, group tests with effect sizes, scales, ordinal models."""

from .blocks import bar_items, block_items, first_set, require_column, set_names
from .design import Design
from .families import family_summary, family_tests
from .group_tests import RULE as TEST_RULE
from .group_tests import group_tests
from .items import item_table
from .likert import lay_out, likert_table
from .missing import imputed_means, little_test, missing_by_item, missing_patterns
from .multiple import contradictions, multiple_response, option_combinations, option_contrasts
from .needs import ability_table, need_gaps
from .open_answers import code_contrasts, coder_ratings, keyness, open_code_table, questions_with_codes
from .ordinal import CumulativeLinkFit, cumulative_link
from .ordinal_effects import average_probabilities, bootstrap_fits, partial_proportional_odds, proportional_odds_tests
from .paired import labor_and_sex
from .pairwise import pairwise_tests
from .ranks import rank_intervals
from .record import item_results, respondent_results, test_results
from .reliability import Reliability, reliability, scale_table
from .similarity import equivalence_tests, kendall_w, similarity_claims
from .table_one import table_one, table_one_wide

__all__ = [
    "TEST_RULE",
    "CumulativeLinkFit",
    "Design",
    "Reliability",
    "ability_table",
    "average_probabilities",
    "bar_items",
    "block_items",
    "bootstrap_fits",
    "code_contrasts",
    "coder_ratings",
    "contradictions",
    "cumulative_link",
    "equivalence_tests",
    "family_summary",
    "family_tests",
    "first_set",
    "group_tests",
    "imputed_means",
    "item_results",
    "item_table",
    "kendall_w",
    "keyness",
    "labor_and_sex",
    "lay_out",
    "likert_table",
    "little_test",
    "missing_by_item",
    "missing_patterns",
    "multiple_response",
    "need_gaps",
    "open_code_table",
    "option_combinations",
    "option_contrasts",
    "pairwise_tests",
    "partial_proportional_odds",
    "proportional_odds_tests",
    "questions_with_codes",
    "rank_intervals",
    "reliability",
    "require_column",
    "respondent_results",
    "scale_table",
    "set_names",
    "similarity_claims",
    "table_one",
    "table_one_wide",
    "test_results",
]
