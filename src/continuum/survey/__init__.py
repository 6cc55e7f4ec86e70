"""Statistics of a provider survey: tables with honest bases, group tests with effect sizes, scales, ordinal models."""

from .answer_clusters import all_answer_clusters, answer_clusters
from .baseline import table_one, table_one_wide
from .blocks import (
    bar_items,
    block_items,
    column_or_none,
    first_set,
    first_set_name,
    other_grouping,
    present,
    require_column,
    set_names,
)
from .consistency import Reliability, reliability, scale_table
from .design import Design
from .families import characteristic_tests, family_pairs, family_summary, family_tests
from .group_testing import RULE as TEST_RULE
from .group_testing import group_tests
from .invariance import factor_loadings, factor_models, invariance_table, reflective_scales
from .items import item_table
from .likert import lay_out, likert_table
from .missing import imputed_means, imputed_shares, little_test, missing_by_item, missing_patterns
from .multiple import contradictions, multiple_response, option_combinations, option_contrasts
from .needs import ability_table, need_gaps
from .needs_model import AbilityModel, ability_model, predicted_probabilities
from .open_answers import (
    all_keyness,
    all_open_codes,
    code_contrasts,
    coder_agreement,
    coder_ratings,
    keyness,
    open_code_table,
    questions_with_codes,
)
from .ordinal import CumulativeLinkFit, cumulative_link
from .ordinal_effects import average_probabilities, bootstrap_fits, partial_proportional_odds, proportional_odds_tests
from .paired import labor_and_sex
from .pairwise import pairwise_tests
from .ranks import rank_intervals
from .record import (
    agreement_results,
    claim_results,
    gap_results,
    invariance_results,
    item_results,
    little_results,
    model_results,
    rank_results,
    respondent_results,
    scale_results,
    test_results,
)
from .similarity import claims_by, equivalence_tests, kendall_w, similarity_claims

__all__ = [
    "TEST_RULE",
    "AbilityModel",
    "CumulativeLinkFit",
    "Design",
    "Reliability",
    "ability_model",
    "ability_table",
    "agreement_results",
    "all_answer_clusters",
    "all_keyness",
    "all_open_codes",
    "answer_clusters",
    "average_probabilities",
    "bar_items",
    "block_items",
    "bootstrap_fits",
    "characteristic_tests",
    "claim_results",
    "claims_by",
    "code_contrasts",
    "coder_agreement",
    "coder_ratings",
    "column_or_none",
    "contradictions",
    "cumulative_link",
    "equivalence_tests",
    "factor_loadings",
    "factor_models",
    "family_pairs",
    "family_summary",
    "family_tests",
    "first_set",
    "first_set_name",
    "gap_results",
    "group_tests",
    "imputed_means",
    "imputed_shares",
    "invariance_results",
    "invariance_table",
    "item_results",
    "item_table",
    "kendall_w",
    "keyness",
    "labor_and_sex",
    "lay_out",
    "likert_table",
    "little_results",
    "little_test",
    "missing_by_item",
    "missing_patterns",
    "model_results",
    "multiple_response",
    "need_gaps",
    "open_code_table",
    "option_combinations",
    "option_contrasts",
    "other_grouping",
    "pairwise_tests",
    "partial_proportional_odds",
    "predicted_probabilities",
    "present",
    "proportional_odds_tests",
    "questions_with_codes",
    "rank_intervals",
    "rank_results",
    "reflective_scales",
    "reliability",
    "require_column",
    "respondent_results",
    "scale_results",
    "scale_table",
    "set_names",
    "similarity_claims",
    "table_one",
    "table_one_wide",
    "test_results",
]
