"""A run in one HTML file that needs nothing else: for artefacts of CI, and to be sent to somebody."""

from headwater.insight.report.gathering import Chosen, errors_of, figures_of, gather
from headwater.insight.report.page import write_page

__all__ = ["Chosen", "errors_of", "figures_of", "gather", "write_page"]
