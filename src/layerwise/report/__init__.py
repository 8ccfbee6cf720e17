"""Show: a comparison in sentences, as tables for the terminal and as one page of HTML; tables of ingredients."""

from layerwise.report._catalog import Catalog
from layerwise.report._docstring import described, described_functions
from layerwise.report._html import render_html
from layerwise.report._lecture_text import claim_line
from layerwise.report._numbers import metric_of, p_value
from layerwise.report._study_list import columns_text, studies_table
from layerwise.report._study_sentences import pair_sentence, study_sentences, turned_pair, value_sentence
from layerwise.report._summary import listed, plain_summary
from layerwise.report._terminal import comparison_table, pairs_table
from layerwise.report._text import print_comparison, render_text
from layerwise.report._verdict_sentences import verdict_sentences

__all__ = [
    "Catalog",
    "claim_line",
    "columns_text",
    "comparison_table",
    "described",
    "described_functions",
    "listed",
    "metric_of",
    "p_value",
    "pair_sentence",
    "pairs_table",
    "plain_summary",
    "print_comparison",
    "render_html",
    "render_text",
    "studies_table",
    "study_sentences",
    "turned_pair",
    "value_sentence",
    "verdict_sentences",
]
