#!/usr/bin/env python3
"""Runs all parts of the reliability harness against a built command, and says which failed.

    tests/harness/run.py [--quick|--full] [--only PART]… COMMAND
    tests/harness/run.py target/release/jianfan

The exit code is 1 if any part failed. A part that this machine cannot run is skipped, with the
reason; --strict makes that a failure.
"""

import importlib
import sys
import time

from shared import Harness, arguments, check_command, perform

PARTS = ["faults", "signals", "fuse", "disk", "mutate", "arrival", "proofs"]


def main():
    parser = arguments(__doc__.partition("\n\n")[0])
    parser.add_argument("--only", action="append", choices=PARTS, metavar="PART", help=f"one of {', '.join(PARTS)}; repeatable")
    parser.add_argument("--strict", action="store_true", help="fail where something was skipped")
    options = parser.parse_args()
    check_command(options.command)
    started, failed, skipped, checked = time.monotonic(), [], [], 0
    for name in options.only or PARTS:
        harness = Harness(options.command, options.form, options.seed, options.jobs)
        if not perform(name, importlib.import_module(name).check, harness):
            failed.append(name)
        skipped += [f"{name}: {reason}" for reason in harness.skipped]
        checked += harness.checked
    print(f"== {checked:,} checks, the {options.form} form, in {time.monotonic() - started:.0f} s")
    for reason in skipped:
        print(f"   skipped: {reason}")
    if failed:
        sys.exit(f"   FAILED: {', '.join(failed)}")
    if skipped and options.strict:
        sys.exit("   FAILED: something was skipped")
    print("   passed")


# Processes that a part spawns import this file again.
if __name__ == "__main__":
    main()
