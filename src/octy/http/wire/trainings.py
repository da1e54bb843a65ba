"""Trainings on the wire: what is asked for, how far it is, what has become of it."""

from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from octy.http.answers import RequestMeta
from octy.model.instants import iso
from octy.model.jobs import Job, JobStatus
from octy.model.trainings import TrainingParameters

Instant = Annotated[str | None, Meta(description="ISO 8601.")]


class TrainingToStart(Struct, forbid_unknown_fields=True):
    """What is to be learnt."""

    algorithm: Annotated[str, Meta(description="`churn`.")]


class TrainingShown(Struct):
    """A training. Instants in ISO 8601."""

    training_job_id: str
    algorithm: str
    status: JobStatus
    progress: Annotated[float, Meta(description="From 0 to 1. It waits for its dataset, which has its own.")]
    dataset_id: Annotated[str, Meta(description="What it learns from: `GET /v1/retention/datasets?ids=`.")]
    event_type: str
    horizon_days: int
    profile_features: tuple[str, ...]
    requested_at: str
    started_at: Instant
    ended_at: Instant
    error: Annotated[str | None, Meta(description="Why it failed.")]
    segment_ids: Annotated[list[str], Meta(description="The segments whose tags it has learnt from.")]


class TrainingList(Struct):
    """The account's trainings, in the order of the requests."""

    request_meta: RequestMeta
    training_jobs: list[TrainingShown]


class TrainingStarted(Struct):
    """A training that is to be made."""

    request_meta: RequestMeta
    training_job: TrainingShown


def shown(job: Job) -> TrainingShown:
    """As answers show it."""
    asked = msgspec.json.decode(job.parameters, type=TrainingParameters)
    return TrainingShown(
        training_job_id=job.job_id,
        algorithm=asked.algorithm,
        status=job.status,
        progress=round(job.progress, 3),
        dataset_id=asked.dataset_id,
        event_type=asked.event_type,
        horizon_days=asked.horizon_days,
        profile_features=asked.profile_features,
        requested_at=iso(job.requested_us),
        started_at=None if job.started_us is None else iso(job.started_us),
        ended_at=None if job.ended_us is None else iso(job.ended_us),
        error=job.error,
        segment_ids=list(job.segments),
    )
