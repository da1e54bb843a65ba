"""The churn report on the wire (wire.md 3.8): percentages, and beside the contract's fields all that is known.

`model_accuracy`, the shares of churn and the importances are percentages, for clients print them with a `%` sign. The
fields beside those are as `octy.model.churn` has them, from 0 to 1.
"""

from typing import Annotated

from msgspec import Meta, Struct

from octy.http.answers import RequestMeta, date
from octy.model.churn import Baseline, CalibrationBin, Candidate, ChurnReport, DroppedColumn, Measures
from octy.model.instants import iso

Percentage = Annotated[float, Meta(description="From 0 to 100.")]


class TrainingJobData(Struct):
    """The training, and how far its model can be trusted."""

    training_job_id: str
    model_accuracy: Annotated[float, Meta(description="From 0 to 100: rows that were put on the right side.")]
    training_job_date: str
    dataset_id: str
    segment_ids: Annotated[tuple[str, ...], Meta(description="Segments whose tags the model has learnt from.")]
    event_type: Annotated[str, Meta(description="Churn is that none of these happens within the horizon.")]
    horizon_days: int
    seed: int
    versions: dict[str, str]
    train_rows: int
    test_rows: int
    test_from: Annotated[str, Meta(description="Instants from here on were held back, to measure with.")]
    measures: Measures
    baselines: tuple[Baseline, ...]
    candidates: tuple[Candidate, ...]
    calibration: tuple[CalibrationBin, ...]
    dropped_columns: tuple[DroppedColumn, ...]


class FeatureOfImportance(Struct):
    """How much a feature matters."""

    feature_name: str
    feature_importance: Annotated[
        float, Meta(description="Percentage points of ROC AUC that are lost when its values are shuffled.")
    ]
    spread: Annotated[float, Meta(description="The standard deviation over the shuffles.")]


class ChurnOverTime(Struct):
    """How much churn there is from one instant on, over the horizon."""

    as_of: str
    profiles: int
    churn_percentage: Percentage | None
    predicted_churn_percentage: Percentage | None


class ChurnData(Struct):
    """How much churn there is, and what it hangs on."""

    current_churn_percentage: Annotated[
        float, Meta(description="From 0 to 100: who churned, from the last instant whose horizon is over.")
    ]
    churn_direction_indication: Annotated[str, Meta(description="`up`, `down` or `unchanged`.")]
    churn_percentage_difference: Annotated[
        float, Meta(description="To the instant before, in percentage points; never negative.")
    ]
    features_of_importance: list[FeatureOfImportance]
    churn_over_time: list[ChurnOverTime]


class ChurnPredictionReport(Struct):
    """What the last training learnt."""

    training_job_data: TrainingJobData
    churn_data: ChurnData


class ChurnReportShown(Struct):
    """The report of the last training."""

    request_meta: RequestMeta
    churn_prediction_report: ChurnPredictionReport


def shown(report: ChurnReport) -> ChurnPredictionReport:
    """As the answer shows it."""
    return ChurnPredictionReport(_training(report), _churn(report))


def _training(report: ChurnReport) -> TrainingJobData:
    return TrainingJobData(
        training_job_id=report.training_job_id,
        model_accuracy=_percentage(report.measures.accuracy),
        training_job_date=date(report.trained_us),
        dataset_id=report.dataset_id,
        segment_ids=report.segment_ids,
        event_type=report.event_type,
        horizon_days=report.horizon_days,
        seed=report.seed,
        versions=report.versions,
        train_rows=report.train_rows,
        test_rows=report.test_rows,
        test_from=iso(report.test_from_us),
        measures=report.measures,
        baselines=report.baselines,
        candidates=report.candidates,
        calibration=report.calibration,
        dropped_columns=report.dropped,
    )


def _churn(report: ChurnReport) -> ChurnData:
    current, before = report.observed
    difference = 0.0 if before is None else _percentage(current) - _percentage(before)
    return ChurnData(
        current_churn_percentage=_percentage(current),
        churn_direction_indication="unchanged" if not difference else "up" if difference > 0 else "down",
        churn_percentage_difference=round(abs(difference), 2),
        features_of_importance=[
            FeatureOfImportance(one.feature_name, _percentage(one.feature_importance), _percentage(one.spread))
            for one in report.importances
        ],
        churn_over_time=[
            ChurnOverTime(iso(one.as_of_us), one.profiles, _optional(one.observed), _optional(one.predicted))
            for one in report.churn
        ],
    )


def _percentage(share: float) -> float:
    return round(100 * share, 2)


def _optional(share: float | None) -> float | None:
    return None if share is None else _percentage(share)
