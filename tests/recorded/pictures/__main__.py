"""`python -m tests.recorded.pictures`: draws the documentation's pictures anew, into `docs/pictures`."""

from tests.recorded.pictures import FOLDER
from tests.recorded.pictures.scenes import pictures


def main() -> None:
    """Writes every picture."""
    FOLDER.mkdir(exist_ok=True)
    for name, drawn in pictures().items():
        (FOLDER / name).write_text(drawn, encoding="utf-8")


if __name__ == "__main__":
    main()
