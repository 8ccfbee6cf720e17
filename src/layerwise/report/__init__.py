"""Show: a comparison in plain sentences, as tables for the terminal, and as one page of HTML that needs no network."""

from layerwise.report._html import render_html
from layerwise.report._summary import plain_summary
from layerwise.report._terminal import comparison_table, pairs_table
from layerwise.report._text import print_comparison, render_text

__all__ = ["comparison_table", "pairs_table", "plain_summary", "print_comparison", "render_html", "render_text"]
