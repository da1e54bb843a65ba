"""What does a churn report look like? Three plots as SVG, drawn without a screen.

The same input gives the same bytes.
"""

import io
import math
from collections.abc import Sequence

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

WIDTH_INCHES = 7.0
BAR_INCHES = 0.28
OURS, OTHER = "#1f6f8b", "#c8553d"


def churn_plot(instants: Sequence[tuple[str, float | None, float | None]]) -> bytes:
    """Churn over time: (instant as ISO 8601, churned, foretold) each; percentages, or None."""
    figure, axes = _axes(3.6)
    days = [one[0][:10] for one in instants]
    axes.plot(days, [_height(one[1]) for one in instants], "o-", color=OURS, label="churned")
    axes.plot(days, [_height(one[2]) for one in instants], "x--", color=OTHER, label="foretold")
    axes.set_ylabel("profiles, %")
    axes.set_ylim(0, 100)
    axes.tick_params(axis="x", rotation=45)
    axes.legend(frameon=False)
    return _svg(figure)


def importances_plot(features: Sequence[tuple[str, float, float]]) -> bytes:
    """(name, importance, spread) each, in percentage points; the first at the top."""
    figure, axes = _axes(1.0 + BAR_INCHES * len(features))
    shown = features[::-1]
    places = range(len(shown))
    axes.barh(places, [one[1] for one in shown], xerr=[one[2] for one in shown], color=OURS, ecolor=OTHER)
    axes.set_yticks(places, [one[0].replace("$", r"\$") for one in shown])
    axes.set_xlabel("ROC AUC lost when shuffled, percentage points")
    return _svg(figure)


def calibration_plot(bins: Sequence[tuple[float, float, int]]) -> bytes:
    """(foretold, observed, rows) each, from 0 to 1, beside the line on which both are the same."""
    figure, axes = _axes(5.0)
    axes.plot([0, 1], [0, 1], ":", color="grey")
    axes.plot([one[0] for one in bins], [one[1] for one in bins], "o-", color=OURS)
    axes.set_xlabel("foretold")
    axes.set_ylabel("churned")
    return _svg(figure)


def _height(percentage: float | None) -> float:
    """Where there is none, a line has a gap."""
    return math.nan if percentage is None else percentage


def _axes(height_inches: float) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(WIDTH_INCHES, height_inches), layout="constrained")
    axes = figure.add_subplot()
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes


def _svg(figure: Figure) -> bytes:
    image = io.BytesIO()
    with mpl.rc_context({"svg.hashsalt": "octy", "svg.fonttype": "none"}):
        figure.savefig(image, format="svg", metadata={"Date": None})
    return image.getvalue()
