#!/usr/bin/env python3
"""What `jianfan repair` mends in text that was harmed, and what it changes in text that was right.

    tests/bench/repair.py --dev FOLDER [--jianfan PATH] [--harm first|left] [--join N] [--markdown] [--show]

FOLDER holds files of `simplified<TAB>traditional[<TAB>id]` lines. Two measures, per file:

*false alarms*: what changes in the Traditional side as it is, per 10,000 ideographs;
*recall*: the Simplified side is harmed by a conversion character by character, which writes the first of OpenCC's candidates; of the
    places where that is wrong after folding (data/context/fold.tsv, its lenient column), the share that is right afterwards. With
    `--harm left` it leaves the characters of Simplified script that Traditional script has too (后, 里, 准) as they are.

`--join N` makes paragraphs of N sentences, which gives the command more to go by; the sentences of a paragraph belong to different
texts here, as the files are shuffled. `--show` prints the false alarms, so that one can see whose mistakes they are.
"""
import argparse
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]


def is_han(c):
    return "\u3400" <= c <= "\u9fff" or "\U00020000" <= c <= "\U0003ffff"


def table(path):
    rows = (line.split("\t") for line in path.read_text().splitlines() if line and not line.startswith("#"))
    return [row for row in rows if len(row) > 1]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dev", required=True, type=pathlib.Path)
    parser.add_argument("--jianfan", default=str(ROOT / "target/release/jianfan"))
    parser.add_argument("--harm", choices=["first", "left"], default="first")
    parser.add_argument("--join", type=int, default=1)
    parser.add_argument("--markdown", action="store_true")
    parser.add_argument("--show", action="store_true")
    args = parser.parse_args()

    candidates = {row[0]: row[1].split() for row in table(ROOT / "data/dictionary/STCharacters.txt")}
    first = {own: forms[0] for own, forms in candidates.items()}
    fold = {row[0]: row[2] for row in table(ROOT / "data/context/fold.tsv")}
    same = lambda a, b: fold.get(a, a) == fold.get(b, b)
    spelled = lambda text, to: run(args.jianfan, "convert", f"t2{to}", "--exact", text=text)

    rows, sums = [], [0] * 6
    for path in sorted(args.dev.glob("*.tsv")):
        to = "hk" if path.name.startswith("hk") else "tw"
        lines = [line.split("\t")[:2] for line in path.read_text().splitlines()]
        groups = [lines[at : at + args.join] for at in range(0, len(lines), args.join)]
        simplified, right = ("\n".join("".join(pair[side] for pair in group) for group in groups) for side in (0, 1))
        if args.harm == "first":
            harmed = spelled("".join(first.get(c, c) for c in simplified), to)
        else:
            harmed = "".join(a if a in candidates.get(a, "") else b for a, b in zip(simplified, right))
        kept = run(args.jianfan, "repair", "--to", to, text=right)
        mended = run(args.jianfan, "repair", "--to", to, text=harmed)
        assert len(right) == len(kept) == len(mended) == len(harmed)
        han = sum(map(is_han, right))
        alarms = [at for at, (a, b) in enumerate(zip(right, kept)) if a != b]
        wrong = [at for at, (a, b) in enumerate(zip(harmed, right)) if not same(a, b) and is_han(b)]
        good = sum(same(mended[at], right[at]) for at in wrong)
        worse = sum(same(harmed[at], right[at]) and not same(c, right[at]) for at, c in enumerate(mended) if is_han(c))
        figures = [han, len(alarms), len(wrong), good, len(wrong) - good, worse]
        rows.append((path.stem, figures))
        sums = [a + b for a, b in zip(sums, figures)]
        if args.show:
            for at in alarms:
                print(path.stem, right[max(at - 12, 0) : at].replace("\n", "|") + f"[{right[at]}→{kept[at]}]" + right[at + 1 : at + 12].replace("\n", "|"))
    rows.append(("all", sums))
    cells = [["set", "ideographs", "false alarms", "per 10,000", "harmed places", "mended", "recall", "broken"]]
    for name, (han, alarms, wrong, good, _, worse) in rows:
        cells.append([name, f"{han:,}", f"{alarms}", f"{alarms / han * 1e4:.2f}", f"{wrong:,}", f"{good:,}", f"{good / max(wrong, 1):.1%}", f"{worse}"])
    for at, row in enumerate(cells):
        print("| " + " | ".join(row) + " |" if args.markdown else "\t".join(row))
        if args.markdown and at == 0:
            print("|---" * len(row) + "|")


def run(*command, text):
    return subprocess.run(command, input=text.encode(), stdout=subprocess.PIPE, check=True).stdout.decode()


if __name__ == "__main__":
    main()
