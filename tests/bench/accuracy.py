#!/usr/bin/env python3
"""How often each converter chooses the right Traditional character, on the same sentences, in one run.

    tests/bench/accuracy.py --dev FOLDER                  all systems; each is installed from PyPI into its own venv
    tests/bench/accuracy.py --dev FOLDER --markdown       a table for a README
    tests/bench/accuracy.py --dev FOLDER --system NAME    only some (repeat it)

FOLDER holds files of `simplified<TAB>traditional[<TAB>id]` lines. A place is *ambiguous* where the simplified character has several
candidates in OpenCC's STCharacters. `ambF` counts a place as right if it is after folding regional spellings, `ambL` also after
folding those that are an author's choice (data/context/fold.tsv); `errors` are the places that are wrong even so. Mended and
broken count against OpenCC's s2tw. MB/s is the time of one conversion of all sentences, started and loaded, and is rough.
"""
import argparse
import collections
import datetime
import difflib
import json
import pathlib
import re
import subprocess
import sys
import time
import venv

ROOT = pathlib.Path(__file__).resolve().parents[2]
LOOP = """
import sys
{setup}
lines = sys.stdin.buffer.read().decode().split("\\n")
sys.stdout.buffer.write("\\n".join({call} for line in lines).encode())
"""
# Name, package, setup, expression.
PYTHON = [
    ("OpenCC s2tw", "opencc", "import opencc; c = opencc.OpenCC('s2tw')", "c.convert(line)"),
    ("OpenCC s2twp", "opencc", "import opencc; c = opencc.OpenCC('s2twp')", "c.convert(line)"),
    ("zhconv", "zhconv", "import zhconv; zhconv.convert('', 'zh-tw')", "zhconv.convert(line, 'zh-tw')"),
    ("zhconv-rs", "zhconv-rs", "from zhconv_rs import zhconv", "zhconv(line, 'zh-tw')"),
    ("zhconv-rs-opencc", "zhconv-rs-opencc", "from zhconv_rs_opencc import zhconv", "zhconv(line, 'zh-tw')"),
    ("opencc-pyo3", "opencc-pyo3", "from opencc_pyo3 import OpenCC; c = OpenCC('s2tw')", "c.convert(line)"),
    (
        "opencc-jieba-pyo3",
        "opencc-jieba-pyo3",
        "from opencc_jieba_pyo3 import OpenCC; c = OpenCC('s2tw')",
        "c.convert(line)",
    ),
    (
        "StarCC",
        "starcc",
        "from StarCC import PresetConversion; c = PresetConversion(src='cn', dst='tw', with_phrase=False)",
        "c(line)",
    ),
]
FIRST = "first candidate"
BASE = "OpenCC s2tw"


def is_han(c):
    return "\u3400" <= c <= "\u9fff" or "\U00020000" <= c <= "\U0003ffff"


def align(source, output, back):
    """The characters of an output that stand for those of the source; None where that cannot be told."""
    if len(source) == len(output):
        return list(output)
    fold = lambda text: "".join(back.get(c, c) for c in text)
    found = [None] * len(source)
    matcher = difflib.SequenceMatcher(None, fold(source), fold(output), autojunk=False)
    for tag, i1, i2, j1, j2 in matcher.get_opcodes():
        if tag == "equal" or (tag == "replace" and i2 - i1 == j2 - j1):
            found[i1:i2] = output[j1:j2]
    return found


class Scorer:
    def __init__(self, fold):
        self.candidates = {}
        for line in (ROOT / "data/dictionary/STCharacters.txt").read_text().splitlines():
            if not line.startswith("#") and "\t" in line:
                key, values = line.split("\t")[:2]
                self.candidates[key] = values.split()
        self.ambiguous = {key for key, values in self.candidates.items() if len(values) > 1}
        self.back = {}
        for key, values in self.candidates.items():
            for value in values:
                if value not in self.candidates:
                    self.back.setdefault(value, key)
        self.regional, self.lenient = {}, {}
        for line in fold.read_text().splitlines():
            if line.strip() and not line.startswith("#"):
                c, self.regional[c], self.lenient[c] = line.split("\t")

    def first(self, line):
        return "".join(self.candidates.get(c, [c])[0] for c in line)

    def score(self, rows, outputs):
        """Counts, and the places (row, column) that are wrong."""
        count, wrong = collections.Counter(), set()
        for number, ((source, right), output) in enumerate(zip(rows, outputs)):
            is_right = True
            for at, (own, gold, got) in enumerate(zip(source, right, align(source, output, self.back))):
                if not is_han(gold):
                    continue
                exact = got == gold
                folded = exact or got is not None and self.regional.get(got, got) == self.regional.get(gold, gold)
                count["han"] += 1
                count["han right"] += exact
                is_right &= exact
                if own in self.ambiguous:
                    loose = folded or got is not None and self.lenient.get(got, got) == self.lenient.get(gold, gold)
                    count["ambiguous"] += 1
                    count["ambF"] += folded
                    count["ambL"] += loose
                    if not loose:
                        wrong.add((number, at))
            count["sentences"] += 1
            count["sentences right"] += is_right
        return count, wrong


def installed(package, folder):
    python = folder / package / "bin/python"
    if not python.exists():
        venv.create(folder / package, with_pip=True)
    pip = [python, "-m", "pip", "--disable-pip-version-check"]
    done = subprocess.run([*pip, "install", "-q", package], capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(done.stderr.strip().splitlines()[-1])
    shown = subprocess.run([*pip, "show", package], capture_output=True, text=True).stdout
    return python, re.search(r"^Version: (.*)", shown, re.M).group(1)


def systems(options, scorer):
    """Name, version, and a function from text to text."""
    yield FIRST, "", lambda text: "\n".join(map(scorer.first, text.split("\n")))

    def run(command):
        return lambda text: subprocess.run(command, input=text.encode(), stdout=subprocess.PIPE, check=True).stdout.decode()

    for name, package, setup, call in PYTHON:
        if options.system and name not in options.system and name != BASE:
            continue
        try:
            python, version = installed(package, options.venvs)
        except (RuntimeError, OSError) as error:
            print(f"{name}: cannot be installed: {error}", file=sys.stderr)
            options.failed = True
            continue
        yield name, version, run([python, "-c", LOOP.format(setup=setup, call=call)])
    version = run([options.jianfan, "--version"])("").split()[1]
    convert = [options.jianfan, "convert"]
    for config in ("s2tw", "s2twp"):
        yield f"jianfan {config} --exact", version, run([*convert, config, "--exact"])
        yield f"jianfan {config}", version, run([*convert, config])
    yield "jianfan s2tw --cantonese", version, run([*convert, "s2tw", "--cantonese"])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dev", type=pathlib.Path, required=True)
    parser.add_argument("--fold", type=pathlib.Path, default=ROOT / "data/context/fold.tsv")
    parser.add_argument("--venvs", type=pathlib.Path, default=ROOT / "target/accuracy")
    parser.add_argument("--jianfan", default=ROOT / "target/release/jianfan")
    parser.add_argument("--system", action="append")
    parser.add_argument("--markdown", action="store_true")
    parser.add_argument("--json", type=pathlib.Path)
    options = parser.parse_args()
    options.failed = False
    scorer = Scorer(options.fold)
    sets = {}
    for path in sorted(options.dev.glob("*.tsv")):
        rows = [line.split("\t")[:2] for line in path.read_text().splitlines()]
        sets[path.stem] = [row for row in rows if len(row) == 2 and len(row[0]) == len(row[1])]
    rows = [row for some in sets.values() for row in some]
    text = "\n".join(source for source, _ in rows) + "\n"
    results, base = {}, None
    for name, version, convert in systems(options, scorer):
        started = time.perf_counter()
        try:
            outputs = convert(text).split("\n")
        except (subprocess.CalledProcessError, OSError) as error:
            print(f"{name}: {error}", file=sys.stderr)
            options.failed = True
            continue
        seconds = time.perf_counter() - started
        if len(outputs) != len(rows) + 1:
            print(f"{name}: {len(outputs) - 1} lines of {len(rows)}", file=sys.stderr)
            options.failed = True
            continue
        result = {"version": version, "MB/s": len(text.encode()) / 1e6 / seconds, "sets": {}}
        done = 0
        for key, some in sets.items():
            count, wrong = scorer.score(some, outputs[done : done + len(some)])
            done += len(some)
            result["sets"][key] = (count, wrong)
        results[name] = result
        if name == BASE:
            base = {key: wrong for key, (_, wrong) in result["sets"].items()}
    for result in results.values():
        for key, (count, wrong) in result["sets"].items():
            count["errors"] = len(wrong)
            if base:
                count["mended"], count["broken"] = len(base[key] - wrong), len(wrong - base[key])
        result["sets"] = {key: count for key, (count, _) in result["sets"].items()}
        result["all"] = sum(result["sets"].values(), collections.Counter())
    if options.json:
        options.json.write_text(json.dumps(results, indent=1, ensure_ascii=False))
    share = lambda count, part, whole: 100 * count[part] / max(count[whole], 1)
    print(f"{datetime.date.today()}, {len(rows)} sentences, {results[FIRST]['all']['ambiguous']} ambiguous places\n")
    if options.markdown:
        print("| system | " + " | ".join(sets) + " | all | ambL % | mended | broken | MB/s |")
        print("|---|" + "---:|" * (len(sets) + 5))
        for name, result in results.items():
            count = result["all"]
            errors = [result["sets"][key]["errors"] for key in sets] + [count["errors"]]
            cells = [f"{name} {result['version']}".strip(), *map("{:,}".format, errors)]
            cells += [f"{share(count, 'ambL', 'ambiguous'):.2f}", f"{count['mended']:,}", f"{count['broken']:,}"]
            rate = float(f"{result['MB/s']:.2g}")
            print("| " + " | ".join([*cells, f"{rate:g}"]) + " |")
    else:
        for key in [*sets, "all"]:
            print(f"{key}\n{'char %':>46} {'ambF %':>8} {'ambL %':>8} {'errors':>7} {'sentences':>10} {'mended':>7} {'broken':>7}")
            for name, result in results.items():
                count = result["all"] if key == "all" else result["sets"][key]
                print(
                    f"  {name:<37} {share(count, 'han right', 'han'):6.3f} {share(count, 'ambF', 'ambiguous'):8.3f}"
                    f" {share(count, 'ambL', 'ambiguous'):8.3f} {count['errors']:7} {count['sentences right']:10}"
                    f" {count['mended']:7} {count['broken']:7}"
                )
            print()
    sys.exit(options.failed)


if __name__ == "__main__":
    main()
