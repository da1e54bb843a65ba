"""What can options be? A module without imports, for `--help` needs it."""

from enum import StrEnum


class Format(StrEnum):
    """A table for people; the others for programs."""

    TABLE = "table"
    JSON = "json"
    YAML = "yaml"
    CSV = "csv"


class ChurnLevel(StrEnum):
    """How probable it is that a profile churns."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
