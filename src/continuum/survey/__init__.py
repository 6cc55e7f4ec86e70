"""Statistics of a provider survey: tables with honest bases, group tests with effect sizes, scales, ordinal models."""

from .design import Design
from .group_tests import group_tests
from .items import item_table
from .likert import likert_table
from .table_one import table_one, table_one_wide

__all__ = [
    "Design",
    "group_tests",
    "item_table",
    "likert_table",
    "table_one",
    "table_one_wide",
]
