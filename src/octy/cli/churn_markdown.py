"""How does a churn report read? As a Markdown page for people, with the plots that there are."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from urllib.parse import quote

from octy.cli.output import plain
from octy.client.views import ChurnReportView, TrainingJobView
from octy.model.churn import HIGH_FROM, MEDIUM_FROM, Measures, verdict


def markdown(report: ChurnReportView, plots: Mapping[str, str]) -> str:
    """The page; `plots` names the image files by `churn`, `importances` and `calibration`."""
    parts = [
        "# Churn report",
        *_churn(report, plots),
        *_importances(report, plots),
        *_trust(report.training_job_data, plots),
        *_training(report.training_job_data),
    ]
    return "\n\n".join(parts) + "\n"


def _churn(report: ChurnReportView, plots: Mapping[str, str]) -> Iterator[str]:
    job, churn = report.training_job_data, report.churn_data
    yield "## Churn"
    direction = churn.churn_direction_indication
    since = f", {direction} by {churn.churn_percentage_difference:.2f} points" if direction != "unchanged" else ""
    yield f"**{churn.current_churn_percentage:.2f}%** of the profiles churned{since}."
    yield (
        f"Churn is that no `{_cell(job.event_type)}` event happens within {job.horizon_days} days. The figure tells "
        "of the last instant from which so many days have passed."
    )
    yield from _image(plots, "churn", "Churn over time, observed and foretold")
    rows = [
        (one.as_of, f"{one.profiles:,}", _percent(one.churn_percentage), _percent(one.predicted_churn_percentage))
        for one in churn.churn_over_time
    ]
    yield _table(("from", "profiles", "churned", "foretold"), rows)


def _importances(report: ChurnReportView, plots: Mapping[str, str]) -> Iterator[str]:
    yield "## What it hangs on"
    yield "How many percentage points of ROC AUC the model loses when a feature's values are shuffled."
    yield from _image(plots, "importances", "Features of importance")
    rows = [
        (one.feature_name, f"{one.feature_importance:.2f}", f"± {one.spread:.2f}")
        for one in report.churn_data.features_of_importance
    ]
    yield _table(("feature", "importance", "spread"), rows)


def _trust(job: TrainingJobView, plots: Mapping[str, str]) -> Iterator[str]:
    yield "## How far it can be trusted"
    yield (
        f"Measured on {job.test_rows:,} rows from {job.test_from} on, which the model had not seen; it had learnt from "
        f"{job.train_rows:,} rows before."
    )
    rows = [] if job.measures is None else [("**the model**", *_figures(job.measures))]
    rows += [(one.name, *_figures(one.measures)) for one in job.baselines]
    yield _table(("", "accuracy", "ROC AUC", "Brier score"), rows)
    if job.measures is not None:
        yield verdict(job.measures, job.baselines)
    yield from _image(plots, "calibration", "Calibration: what was foretold, and what happened")
    yield f"A profile's churn probability is called high from {HIGH_FROM}, and medium from {MEDIUM_FROM}."


def _training(job: TrainingJobView) -> Iterator[str]:
    yield "## The training"
    rows = [
        ("training job", job.training_job_id),
        ("date", job.training_job_date),
        ("dataset", job.dataset_id),
        ("segments", ", ".join(job.segment_ids)),
        ("versions", ", ".join(f"{name} {version}" for name, version in job.versions.items())),
    ]
    yield _table(("", ""), rows)
    tried = [(one.name, f"{one.log_loss:.4f}", "chosen" if one.is_chosen else "") for one in job.candidates]
    yield _table(("kind of model", "log loss", ""), tried)
    if job.dropped_columns:
        yield "Columns of the dataset that it did not learn from:"
        yield _table(("column", "why"), [(one.name, one.reason) for one in job.dropped_columns])


def _image(plots: Mapping[str, str], name: str, title: str) -> Iterator[str]:
    if name in plots:
        yield f"![{title}]({quote(plots[name])})"


def _table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    ruled = [headings, ["---"] * len(headings), *(map(_cell, row) for row in rows)]
    return "\n".join(f"| {' | '.join(row)} |" for row in ruled)


def _cell(text: str) -> str:
    """As it is; names of features are customers' own words, and must not end a cell."""
    return plain(text).replace("|", "\\|")


def _figures(measures: Measures) -> tuple[str, str, str]:
    return f"{100 * measures.accuracy:.2f}%", f"{measures.roc_auc:.3f}", f"{measures.brier:.3f}"


def _percent(percentage: float | None) -> str:
    return "" if percentage is None else f"{percentage:.2f}%"
