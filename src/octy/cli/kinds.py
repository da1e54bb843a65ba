"""How does each kind of thing look: in a table, as `Field: value` lines, and in a file that `apply` takes?"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Generic, NamedTuple, TypeVar

from octy.cli import apply_algorithms, apply_event_types, apply_segments
from octy.cli.output import counted
from octy.cli.tables import Column
from octy.client.views import (
    AlgorithmView,
    DatasetView,
    EventTypeView,
    ProfileView,
    ReceiptView,
    SegmentView,
    StepView,
    TrainingView,
)
from octy.model.values import canonical

View = TypeVar("View")

NONE = "(none)"


class Kind(NamedTuple, Generic[View]):
    """What a command that shows things must know of their kind."""

    noun: str
    ids: Callable[[View], Sequence[str]]
    """By which it can be asked for, its own id first."""
    columns: Sequence[Column[View]]
    lines: Callable[[View], Mapping[str, str]]
    document: Callable[[Sequence[View]], Any]
    """In YAML; where `apply` knows the kind, what it takes."""


def pairs(data: Mapping[str, Any] | None) -> str:
    """`plan = gold, age = 31`."""
    return ", ".join(f"{key} = {value_text(value)}" for key, value in (data or {}).items()) or NONE


def value_text(value: object) -> str:
    """A property's value."""
    text = canonical(value)
    return text if text is not None else "null" if value is None else str(value)


def step_text(step: StepView) -> str:
    """`action view where page = shoes, within 30 minutes`."""
    text = f"{step.action_inaction} {step.event_type}"
    if step.event_properties:
        text += f" where {pairs(step.event_properties)}"
    if step.exp_timeframe:
        text += f", within {counted(step.exp_timeframe, 'minute')}"
    return text


def _event_type_lines(view: EventTypeView) -> dict[str, str]:
    return {
        "Event type ID": view.event_type_id,
        "Event type": view.event_type,
        "Event properties": ", ".join(view.event_properties or ()) or NONE,
        "Created at": view.created_at or NONE,
    }


def _segment_lines(view: SegmentView) -> dict[str, str]:
    lines = {
        "Segment ID": view.segment_id,
        "Segment name": view.segment_name,
        "Segment type": view.segment_type,
        "Segment sub type": str(view.segment_sub_type),
        "Segment timeframe": counted(view.segment_timeframe, "day") if view.segment_timeframe else NONE,
    }
    lines |= {f"Event {number}": step_text(step) for number, step in enumerate(view.event_sequence, 1)}
    if view.profile_property_name:
        lines["Profile property"] = f"{view.profile_property_name} = {view.profile_property_value}"
    lines |= {"Segment status": view.segment_status or NONE}
    if view.purge_at:
        lines |= {"Delete requested at": view.delete_requested_at or NONE, "Purge at the latest at": view.purge_at}
    lines |= {"Profile count": f"{view.profile_count:,}"}
    if view.dependants.training_jobs:
        lines |= {"Training jobs in flight": ", ".join(view.dependants.training_jobs)}
    if view.dependants.models:
        lines |= {"Models trained with it": ", ".join(view.dependants.models)}
    return lines | {"Created at": view.created_at or NONE}


def _receipt_lines(view: ReceiptView) -> dict[str, str]:
    return {
        "Receipt ID": view.receipt_id,
        "Segment ID": view.segment_id,
        "Segment name": view.segment_name,
        "Segment type": f"{view.segment_type} {view.segment_sub_type}",
        "Created at": view.created_at or NONE,
        "Delete requested at": view.delete_requested_at or NONE,
        "Purged at": view.purged_at or NONE,
        "Cause": _purge_cause(view),
        "Models trained with it": ", ".join(view.models) or NONE,
        "Tags removed": f"{view.tags_removed:,}",
        "SHA-256 of the tags": view.tags_sha256,
    }


def _purge_cause(view: ReceiptView) -> str:
    return f"{view.cause} {view.training_job_id}" if view.training_job_id else view.cause


def _profile_lines(view: ProfileView) -> dict[str, str]:
    lines = {
        "Profile ID": view.profile_id,
        "Customer ID": view.customer_id,
        "Has charged": canonical(view.has_charged) or "",
        "Profile data": pairs(view.profile_data),
        "Platform info": pairs(view.platform_info),
        "Segment tags": _tags(view) or NONE,
        "Status": view.status or NONE,
        "Created at": view.created_at or NONE,
        "Updated at": view.updated_at or NONE,
    }
    if view.churn_probability is not None:
        lines["Churn probability"] = _churn(view.churn_probability, view.churn_probability_value)
        lines["RFM score"] = NONE if view.rfm_score is None else f"{view.rfm_score:g}"
    return lines


def _tags(view: ProfileView) -> str:
    return ", ".join(tag.segment_tag for tag in view.segment_tags or ())


def _churn(label: str, number: float | None) -> str:
    return label if number is None else f"{label} ({number:.2f})"


def _event_type_document(views: Sequence[EventTypeView]) -> dict[str, Any]:
    definitions = [apply_event_types.in_yaml(view) for view in views]
    return {"kind": apply_event_types.KIND, apply_event_types.DEFINITIONS: definitions}


def _segment_document(views: Sequence[SegmentView]) -> dict[str, Any]:
    definitions = [apply_segments.in_yaml(view) for view in views]
    return {"kind": apply_segments.KIND, apply_segments.DEFINITIONS: definitions}


def _algorithm_lines(view: AlgorithmView) -> dict[str, str]:
    fields = view.configurations
    return {
        "Algorithm": view.algorithm_name,
        "Profile features": ", ".join(fields.profile_features or ()) or NONE,
        "Item ID stop list": _stopped_items(view) or NONE,
        "Recommend interacted items": canonical(bool(fields.recommend_interacted_items)) or "",
    }


def _stopped_items(view: AlgorithmView) -> str:
    return ", ".join(item.item_id for item in view.configurations.item_id_stop_list or ())


ALGORITHMS = Kind[AlgorithmView](
    "algorithm configuration",
    lambda view: [view.algorithm_name],
    [
        Column("ALGORITHM", lambda view: view.algorithm_name),
        Column("PROFILE FEATURES", lambda view: ", ".join(view.configurations.profile_features or ())),
        Column("ITEM ID STOP LIST", _stopped_items),
        Column(
            "RECOMMEND INTERACTED ITEMS", lambda view: "yes" if view.configurations.recommend_interacted_items else "no"
        ),
    ],
    _algorithm_lines,
    apply_algorithms.algorithm_document,
)
EVENT_TYPES = Kind[EventTypeView](
    "event type",
    lambda view: [view.event_type_id],
    [
        Column("EVENT TYPE", lambda view: view.event_type),
        Column("PROPERTIES", lambda view: ", ".join(view.event_properties or ())),
        Column("CREATED AT", lambda view: view.created_at or ""),
        Column("ID", lambda view: view.event_type_id, is_whole=True),
    ],
    _event_type_lines,
    _event_type_document,
)
SEGMENTS = Kind[SegmentView](
    "segment",
    lambda view: [view.segment_id],
    [
        Column("SEGMENT", lambda view: view.segment_name),
        Column("TYPE", lambda view: f"{view.segment_type} {view.segment_sub_type}"),
        Column("STATUS", lambda view: view.segment_status or ""),
        Column("PURGE AT", lambda view: view.purge_at or ""),
        Column("PROFILES", lambda view: f"{view.profile_count:,}"),
        Column("CREATED AT", lambda view: view.created_at or ""),
        Column("ID", lambda view: view.segment_id, is_whole=True),
    ],
    _segment_lines,
    _segment_document,
)
RECEIPTS = Kind[ReceiptView](
    "receipt",
    lambda view: [view.receipt_id, view.segment_id],
    [
        Column("SEGMENT", lambda view: view.segment_name),
        Column("REQUESTED AT", lambda view: view.delete_requested_at or ""),
        Column("PURGED AT", lambda view: view.purged_at or ""),
        Column("CAUSE", _purge_cause),
        Column("TAGS REMOVED", lambda view: f"{view.tags_removed:,}"),
        Column("SEGMENT ID", lambda view: view.segment_id, is_whole=True),
        Column("ID", lambda view: view.receipt_id, is_whole=True),
    ],
    _receipt_lines,
    list,
)
PROFILES = Kind[ProfileView](
    "profile",
    lambda view: [view.profile_id, view.customer_id],
    [
        Column("CUSTOMER", lambda view: view.customer_id, is_whole=True),
        Column("CHARGED", lambda view: "yes" if view.has_charged else "no"),
        Column("SEGMENT TAGS", _tags),
        Column("PROFILE DATA", lambda view: pairs(view.profile_data) if view.profile_data else ""),
        Column("ID", lambda view: view.profile_id, is_whole=True),
    ],
    _profile_lines,
    list,
)
DATASETS = Kind[DatasetView](
    "dataset",
    lambda view: [view.dataset_id],
    [
        Column("DATASET", lambda view: view.dataset_id, is_whole=True),
        Column("STATUS", lambda view: view.status),
        Column("PROGRESS", lambda view: f"{100 * view.progress:.0f}%"),
        Column("REQUESTED AT", lambda view: view.requested_at or ""),
        Column("ROWS", lambda view: "" if view.rows is None else f"{view.rows:,}"),
        Column("BYTES", lambda view: "" if view.bytes is None else f"{view.bytes:,}"),
        Column("ERROR", lambda view: view.error or ""),
    ],
    lambda view: {"Dataset ID": view.dataset_id, "Status": view.status},
    list,
)
TRAININGS = Kind[TrainingView](
    "training",
    lambda view: [view.training_job_id],
    [
        Column("TRAINING", lambda view: view.training_job_id, is_whole=True),
        Column("STATUS", lambda view: view.status),
        Column("PROGRESS", lambda view: f"{100 * view.progress:.0f}%"),
        Column("REQUESTED AT", lambda view: view.requested_at or ""),
        Column("DATASET", lambda view: view.dataset_id, is_whole=True),
        Column("ERROR", lambda view: view.error or ""),
    ],
    lambda view: {"Training job ID": view.training_job_id, "Status": view.status},
    list,
)
