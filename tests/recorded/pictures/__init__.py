"""The pictures of the documentation, drawn from what the engine says (`make pictures`)."""

from pathlib import Path

FOLDER = Path(__file__).parents[3] / "docs" / "pictures"
