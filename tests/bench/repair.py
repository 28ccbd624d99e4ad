#!/usr/bin/env python3
"""How much of the punctuation of a text comes back after it was harmed, by mark, and what is changed besides.

    tests/bench/repair.py JIANFAN FILE...      texts whose marks are right, UTF-8
    tests/bench/repair.py --show N ...         with N examples of each failure

Every `，：；！？（）` becomes its ASCII twin, as NFKC does it; `jianfan normalize -n cn` mends the text; its report
says which places it changed. A mark came back if the right one stands in its place. A mark that was ASCII in the right text
and was changed is a false alarm: some of those are faults of the right text, and a person has to look at them.
"""
import argparse
import collections
import json
import pathlib
import subprocess
import tempfile

TWINS = dict(zip("，：；！？（）", ",:;!?()"))


def changes(jianfan, text):
    with tempfile.TemporaryDirectory() as folder:
        source = pathlib.Path(folder, "text.txt")
        report = pathlib.Path(folder, "report.jsonl")
        source.write_bytes(text.encode())
        command = [jianfan, "normalize", "-n", "punct", "--report", f"jsonl={report}", "-q", "-o"]
        subprocess.run([*command, pathlib.Path(folder, "out.txt"), source], check=True)
        records = map(json.loads, report.read_text().splitlines())
        return [record for record in records if "change" in record]


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--show", type=int, default=0)
    arguments.add_argument("jianfan")
    arguments.add_argument("files", nargs="+", type=pathlib.Path)
    arguments = arguments.parse_args()
    total, back = collections.Counter(), collections.Counter()
    alarms = characters = size = 0
    for path in arguments.files:
        right = path.read_bytes().decode()
        harmed = "".join(TWINS.get(c, c) for c in right)
        at, places = 0, {}
        for index, c in enumerate(harmed):
            places[at] = index
            at += len(c.encode())
        mended = {}
        for change in changes(arguments.jianfan, harmed):
            start = places[change["offset"]]
            before = change["before"]
            mark = start + len(before) - len(before.lstrip(" "))
            mended[mark] = change["after"]
        shown = collections.Counter()
        file_total, file_back, file_alarms = 0, 0, 0
        for index, c in enumerate(right):
            here = f"{right[max(0, index - 14):index]}【{c}】{right[index + 1:index + 15]}".replace("\n", "⏎")
            if c in TWINS:
                total[c] += 1
                file_total += 1
                if mended.get(index) == c:
                    back[c] += 1
                    file_back += 1
                elif shown[c] < arguments.show:
                    shown[c] += 1
                    print("lost", path.stem, here)
            elif index in mended:
                file_alarms += 1
                if shown["alarm"] < arguments.show:
                    shown["alarm"] += 1
                    print("alarm", path.stem, here)
        alarms += file_alarms
        characters += len(right)
        size += len(right.encode())
        share = file_back / file_total if file_total else 1
        print(f"{path.stem}: {share:.2%} of {file_total:,} back, {file_alarms} others changed, {len(right.encode()):,} bytes")
    print()
    for mark in TWINS:
        if total[mark]:
            print(f"{mark} {back[mark] / total[mark]:8.3%} of {total[mark]:,}")
    print(f"all {sum(back.values()) / sum(total.values()):.3%} of {sum(total.values()):,}")
    print(f"others changed: {alarms}, {alarms / characters * 10000:.2f} per 10,000 characters; {size:,} bytes")


main()
