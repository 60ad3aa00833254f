"""`make docs`: write the pages that follow from the requirements and the tests' marks."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.requirements import marks, page, rows

ROOT = Path(__file__).resolve().parents[2]
OPEN = ROOT / "tests" / "open_requirements.txt"


def pages() -> dict[str, str]:
    """What is written, by the path of its file."""
    stated, proofs = rows.read(), marks.proofs()
    before = OPEN.read_text(encoding="utf-8") if OPEN.exists() else ""
    return {
        "docs/requirements.md": page.requirements(stated, proofs),
        "docs/live-account.md": page.live_account(stated),
        "tests/open_requirements.txt": page.open_requirements(stated, proofs, before),
    }


def main() -> int:
    """Write each page that differs. Refuses when a requirement is open again."""
    try:
        written = pages()
    except page.OpenAgainError as error:
        print(error, file=sys.stderr)
        return 1
    for name, text in written.items():
        file = ROOT / name
        if not file.exists() or file.read_text(encoding="utf-8") != text:
            file.write_text(text, encoding="utf-8")
            print(f"written: {name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
