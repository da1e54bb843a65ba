"""A churn report as a training might make it."""

from octy.model.churn import (
    Baseline,
    CalibrationBin,
    Candidate,
    ChurnAt,
    ChurnReport,
    DroppedColumn,
    Importance,
    Measures,
)

DAY_US = 86_400_000_000


def report(training_job_id: str = "training_1", trained_us: int = 1_700_000_000_000_000) -> ChurnReport:
    """Churn fell from 50% to 40%."""
    return ChurnReport(
        training_job_id=training_job_id,
        trained_us=trained_us,
        dataset_id="dataset_1",
        segment_ids=("segment_1",),
        event_type="charged",
        horizon_days=30,
        seed=0,
        versions={"scikit-learn": "1.0"},
        train_rows=400,
        test_rows=200,
        test_from_us=30 * DAY_US,
        measures=Measures(0.8125, 0.9, 0.12),
        baselines=(Baseline("always", Measures(0.6, 0.5, 0.4)), Baseline("one rule", Measures(0.7, 0.75, 0.2))),
        candidates=(Candidate("plain", 0.4, 0.85, is_chosen=True), Candidate("able", 0.5, 0.8, is_chosen=False)),
        calibration=(CalibrationBin(100, 0.2, 0.25), CalibrationBin(100, 0.6, 0.55)),
        importances=(Importance("recency_days", 0.12, 0.01), Importance("tag.leaving | now", 0.03, 0.02)),
        churn=(
            ChurnAt(0, 200, 0.5, None),
            ChurnAt(30 * DAY_US, 200, 0.4, 0.42),
            ChurnAt(60 * DAY_US, 200, None, 0.38),
        ),
        features=("recency_days", "tag.leaving | now"),
        dropped=(DroppedColumn("profile.name", "it has 200 different values; a text may have 32"),),
    )
