"""`octy-cli get churnreport`: in a table, as JSON or YAML, or as a Markdown file with plots beside it (wire.md 6)."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeAlias

from octy.cli.choices import Format
from octy.cli.churn_markdown import markdown
from octy.cli.failures import LinesRefused
from octy.cli.formats import show_json, show_yaml
from octy.cli.output import complain, say
from octy.cli.tables import Column, show_table
from octy.client.views import ChurnReportView, FeatureView
from octy.model.churn import verdict

FORMATS = (Format.TABLE, Format.JSON, Format.YAML)
FEATURES_SHOWN = 15

Target: TypeAlias = Format | Path
"""How it is shown, or the folder that it is written into."""


def target_of(output: str) -> Target:
    """What `-o` means. A folder must be there, and is written with a slash at its end."""
    if output in FORMATS:
        return Format(output)
    folder = Path(output)
    if output.endswith("/") and folder.is_dir():
        return folder
    wanted = "table, json, yaml, or a folder that there is, with a slash at its end"
    raise LinesRefused([f"-o: expected {wanted}; found {output}"])


def show(report: ChurnReportView, target: Target) -> bool:
    """Prints it, or writes it."""
    if isinstance(target, Path):
        _write(report, target)
    elif target is Format.JSON:
        show_json(report)
    elif target is Format.YAML:
        show_yaml(report)
    else:
        _show_table(report)
    return True


def _show_table(report: ChurnReportView) -> None:
    for label, value in _lines(report):
        say(f"{label:<22}{value}")
    say("")
    job = report.training_job_data
    if job.measures is not None:
        say(verdict(job.measures, job.baselines))
        say("")
    features = report.churn_data.features_of_importance
    show_table(
        [
            Column("FEATURE OF IMPORTANCE", lambda one: one.feature_name, is_whole=True),
            Column[FeatureView]("IMPORTANCE", lambda one: f"{one.feature_importance:.2f}%"),
        ],
        features[:FEATURES_SHOWN],
    )
    if len(features) > FEATURES_SHOWN:
        say(f"… and {len(features) - FEATURES_SHOWN} less important ones (-o json shows all)")


def _lines(report: ChurnReportView) -> Iterator[tuple[str, str]]:
    job, churn = report.training_job_data, report.churn_data
    yield "Training job ID", job.training_job_id
    yield "Training job date", job.training_job_date
    yield "Model accuracy", f"{job.model_accuracy:.2f}%"
    if job.measures is not None:
        yield "ROC AUC, Brier score", f"{job.measures.roc_auc:.3f}, {job.measures.brier:.3f}"
    for one in job.baselines:
        figures = f"{100 * one.measures.accuracy:.2f}%, {one.measures.roc_auc:.3f}, {one.measures.brier:.3f}"
        yield "Without a model", f"{figures}: {one.name}"
    yield "Current churn", f"{churn.current_churn_percentage:.2f}%"
    yield "Churn direction", f"{churn.churn_direction_indication}, by {churn.churn_percentage_difference:.2f}%"


def _write(report: ChurnReportView, folder: Path) -> None:
    name = f"octy-churn-report--{datetime.now(UTC):%Y-%m-%d %H-%M-%S}"
    try:
        plots = _write_plots(report, folder, name)
        page = folder / f"{name}.MD"
        page.write_text(markdown(report, plots), encoding="utf-8")
    except OSError as error:
        raise LinesRefused([f"{error.filename}: {error.strerror or error}"]) from None
    say(f"Wrote {page}")


def _write_plots(report: ChurnReportView, folder: Path, name: str) -> Mapping[str, str]:
    """By title, the files' names; none where there is nothing to draw with."""
    try:
        from octy.learning.plots import calibration_plot, churn_plot, importances_plot
    except ModuleNotFoundError as error:
        complain(
            f"Without plots: {error.name} is not installed; `pip install 'octy-segmentation[training]'` brings it."
        )
        return {}
    job, churn = report.training_job_data, report.churn_data
    features = [(one.feature_name, one.feature_importance, one.spread) for one in churn.features_of_importance]
    instants = [(one.as_of, one.churn_percentage, one.predicted_churn_percentage) for one in churn.churn_over_time]
    drawn = {
        "churn": churn_plot(instants),
        "importances": importances_plot(features[:FEATURES_SHOWN]),
        "calibration": calibration_plot([(one.predicted, one.observed, one.rows) for one in job.calibration]),
    }
    files = {title: f"{name}--{title}.svg" for title in drawn}
    for title, image in drawn.items():
        (folder / files[title]).write_bytes(image)
    return files
