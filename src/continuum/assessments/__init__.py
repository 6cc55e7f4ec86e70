"""Files around the organizational self-assessment: fillable forms before it, one organization's own report after it."""

from __future__ import annotations

from .forms import printable_page, write_forms, write_xlsform
from .report import organization_report, write_reports, written

__all__ = ["organization_report", "printable_page", "write_forms", "write_reports", "write_xlsform", "written"]
