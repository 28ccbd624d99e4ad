#!/usr/bin/env python3
"""Checks that every test that docs/guarantees.md names exists.

    tests/harness/proofs.py COMMAND
"""

import re

from shared import ROOT, main


def check(harness):
    page = (ROOT / "docs/guarantees.md").read_text()
    sources = [path for folder in ("src", "tests") for path in (ROOT / folder).rglob("*.rs")]
    tests = set(re.findall(r"#\[test\]\s+(?:#\[[^\n]*\]\s+)*fn (\w+)", "\n".join(path.read_text() for path in sources)))
    for line in page.splitlines():
        if not line.startswith("| ") or line.startswith("| Guarantee"):
            continue
        promise, _, proof = line.strip("| ").partition(" | ")
        names = re.findall(r"`(\w+(?:\.py)?)`", proof)
        harness.expect(names, promise, "no test is named")
        harness.expect("pending" not in proof, promise, "a test is still to be named")
        for name in names:
            is_part = name.endswith(".py") and (ROOT / "tests/harness" / name).exists()
            harness.expect(is_part or name in tests, promise, f"there is no test {name}")


if __name__ == "__main__":
    main(check)
