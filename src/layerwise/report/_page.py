"""What stands on the page: sections, each with its words, its charts, and at most one table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from layerwise.records import ComparisonRecord
from layerwise.report import _charts
from layerwise.report import _numbers as numbers
from layerwise.report._arm_view import ArmView, arm_views
from layerwise.report._budget import within_budget
from layerwise.report._charts import Figure
from layerwise.report._summary import plain_summary
from layerwise.report._tables import ground_rows, pair_groups, recipe_table, trained_means


@dataclass(frozen=True)
class Section:
    """A heading, what is to be seen under it, the charts, and the name of the table that the template lays out.

    `layout` is `one` chart to a line, `two`, or `cards`; `legend` is False where each chart names its own arm.
    """

    name: str
    title: str
    lead: str
    figures: tuple[Figure, ...] = ()
    table: str = ""
    layout: str = "two"
    legend: bool = True

    @property
    def charts(self) -> tuple[Figure, ...]:
        """All charts under this heading."""
        return self.figures


@dataclass(frozen=True)
class Page:
    """Everything the template needs, as text that is ready to be escaped."""

    record: ComparisonRecord
    title: str
    summary: Sequence[str]
    arms: Sequence[ArmView]
    sections: Sequence[Section]
    left_out: Sequence[str]
    metric: numbers.Metric
    trained: str
    pairs: Sequence[Sequence[dict[str, str]]]
    recipes: dict[str, list[str]]
    shared: str
    ground: Sequence[tuple[str, Sequence[str]]]

    @property
    def names(self) -> list[str]:
        """The arms in the order of the record, which is the order of their colors."""
        return [arm.name for arm in self.record.arms]

    @property
    def pairs_left_out(self) -> bool:
        """Whether there are more pairs than the page shows."""
        return sum(map(len, self.pairs)) < len(self.record.pairs)

    @property
    def quiet(self) -> list[str]:
        """The arms without a finding."""
        return [arm.name for arm in self.record.arms if not arm.findings]


def page_of(record: ComparisonRecord) -> Page:
    """Return the page that shows `record`."""
    recipes, shared = recipe_table(record)
    sections, left_out = within_budget([section for section in _sections(record) if section.figures or section.table])
    n_arms, n_seeds = len(record.arms), len(record.seeds)
    return Page(
        record=record,
        title=f"{n_arms} {'recipe' if n_arms == 1 else 'recipes'} on {record.data.name}, "
        f"{n_seeds} {'seed' if n_seeds == 1 else 'seeds'}{' each' if n_arms > 1 else ''}",
        summary=plain_summary(record),
        arms=arm_views(record),
        sections=sections,
        left_out=[section.title for section in left_out],
        metric=numbers.metric_of(record),
        trained=trained_means(record),
        pairs=pair_groups(record),
        recipes=recipes,
        shared=shared,
        ground=ground_rows(record),
    )


def _sections(record: ComparisonRecord) -> Iterator[Section]:
    metric = numbers.metric_of(record).name
    yield Section("arms", "The arms", "The best first, each at its own best learning rate.", table="arms")
    yield Section(
        "accuracy",
        f"Final {metric}",
        "One point for each seed: what a single run could have told you.",
        _charts.accuracy_figures(record),
        layout="one",
    )
    yield Section(
        "curves",
        "Learning curves",
        "Lines are medians over seeds; bands hold the middle 80% of seeds.",
        _charts.curve_figures(record),
    )
    yield Section("activations", "Activations, layer by layer",
                  "What the units of each layer put out for one batch, the layer next to the input on top: grey at the "
                  "start of training, in color at the end. The height is the square root of the share, so that the "
                  "rest stays visible beside a tall bin. Axes differ from arm to arm.",
                  _charts.histogram_figures(record), layout="cards", legend=False)  # fmt: skip
    yield Section("gradient", "Gradient, layer by layer",
                  "What reaches each layer on the way back. Level lines let every layer learn at one rate; a steep one "
                  "leaves the far layers with nothing, or with too much. Medians, with the middle 80% of seeds.",
                  _charts.layer_figures(record, ("preactivation_gradient_rms", "weight_gradient_rms")))  # fmt: skip
    yield Section("signal", "Signal, layer by layer",
                  "How much a layer's output still depends on its input: the standard deviation over the inputs of a "
                  "batch. Where it falls to nothing, different inputs look alike to every later layer. Below, the "
                  "size of what the activations get, beside what theory predicts.",
                  _charts.layer_figures(record, ("activation_std_between_inputs", "preactivation_rms")))  # fmt: skip
    yield Section("units", "Units that have stopped working",
                  "Saturated: on the flat sides of the activation, where almost no gradient passes. Dead: a slope of "
                  "zero for every input of the batch.",
                  _charts.layer_figures(record, ("saturated_fraction", "dead_fraction")))  # fmt: skip
    yield Section("findings", "Findings", "What the rules saw, the leading one first.", table="findings")
    if record.pairs:
        yield Section("pairs", "Pairwise differences",
                      f"The difference in {metric} between two arms, seed by seed: both had the same split, data order "
                      "and initial draw.", table="pairs")  # fmt: skip
    n = len(record.search_seeds)
    yield Section("search", "Search for the learning rate",
                  f"Every arm tried the same grid, with {n} {'seed' if n == 1 else 'seeds'} that are not used again, "
                  "of which the later ones, where there are several, tried only the better half of the rates; the "
                  "validation score chose.",
                  _charts.search_figures(record), layout="one")  # fmt: skip
    yield Section("ground", "What this stands on", "", table="ground")
