"""In which formats can things be shown? A module without imports, for `--help` needs it."""

from enum import StrEnum


class Format(StrEnum):
    """A table for people; the others for programs."""

    TABLE = "table"
    JSON = "json"
    YAML = "yaml"
    CSV = "csv"
