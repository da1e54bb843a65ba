"""`python -m tests.recorded.rules`: writes `docs/rules.md` anew."""

from tests.recorded.rules import PAGE
from tests.recorded.rules.page import page

if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
