#!/usr/bin/env python3
"""Measures `jianfan detect`: a table of what documents of known charsets are taken for.

    tests/bench/detection.py JIANFAN TEXTS.tsv…

Each line of TEXTS holds a sentence in Simplified and in Traditional characters, with a tab between. Of them 400 documents of
1, 2, 5, 20 and 100 sentences are made and written in each charset; what a charset lacks is left out. Documents in other
languages' charsets, and noise, stand for what must not be taken for Chinese. Prints Markdown.
"""
import collections, json, os, random, subprocess, sys, tempfile

FOREIGN = {
    "EUC-KR": ("euc-kr", "대한민국의 수도는 서울이다.|오늘 아침 정부는 새로운 정책을 발표하였다.|많은 사람들이 이 문제에 대해 이야기하고 있다."
               "|학생들은 학교에서 국어와 수학을 배운다.|날씨가 좋으면 우리는 바다로 갈 것이다."),
    "Shift_JIS": ("shift_jis", "今日の午前、政府は新しい政策を発表した。|日本の首都は東京である。|学生たちは図書館で本を読んでいます。"
                  "|天気がよければ、私たちは海へ行くつもりだ。|彼女は毎朝コーヒーを飲みながら新聞を読む。"),
    "windows-1251": ("cp1251", "Сегодня утром правительство объявило о новой политике.|Студенты читают книги в библиотеке."
                     "|Погода была хорошая, и мы пошли к морю."),
    "ISO-8859-1": ("latin-1", "Les élèves étudient à l'école près de la forêt.|Où êtes-vous allés cet été?|Fünf Ärzte prüfen die Übung."
                   "|Schöne Grüße aus München!"),
}
FOREIGN["EUC-JP"] = ("euc-jp", FOREIGN["Shift_JIS"][1])


def documents(files):
    rows = [line.rstrip("\n").split("\t")[:2] for name in files for line in open(name, encoding="utf-8")]
    for i in range(400):
        count = (1, 2, 5, 20, 100)[i % 5]
        at = random.randrange(len(rows) - count)
        part = rows[at : at + count]
        yield "\n".join(row[0] for row in part) + "\n", "\n".join(row[1] for row in part) + "\n"


def main():
    jianfan, *files = sys.argv[1:]
    random.seed(1)
    pairs = list(documents(files))
    sets = {}
    for name, encoding, side in [
        ("UTF-8, Hans", "utf-8", 0), ("UTF-8, Hant", "utf-8", 1), ("GBK, Hans", "gbk", 0), ("GBK, Hant", "gbk", 1),
        ("GB18030, Hant", "gb18030", 1), ("Big5", "big5", 1), ("Big5-HKSCS", "big5hkscs", 1),
        ("UTF-16LE, no BOM", "utf-16-le", 0), ("UTF-16BE, no BOM", "utf-16-be", 1),
    ]:
        sets[name] = [pair[side].encode(encoding, "ignore") for pair in pairs]
    for name, (encoding, text) in FOREIGN.items():
        sentences = text.split("|")
        sets[name] = [" ".join(random.choices(sentences, k=1 + i % 12)).encode(encoding) for i in range(200)]
    sets["noise"] = [bytes(random.choices(range(1, 256), k=8 + 10 * i)) for i in range(200)]
    print("| written in | documents | recognized | not certain | wrong |\n|---|---:|---:|---:|---:|")
    for name, texts in sets.items():
        with tempfile.TemporaryDirectory() as folder:
            for i, text in enumerate(texts):
                with open(os.path.join(folder, f"{i:04}"), "wb") as file:
                    file.write(text)
            named = [os.path.join(folder, entry) for entry in sorted(os.listdir(folder))]
            out = subprocess.run([jianfan, "detect", "--json", *named], stdout=subprocess.PIPE).stdout
        found = collections.Counter(json.loads(line).get("charset", "unsure") for line in out.splitlines())
        expected = {name.split(",")[0].replace("-HKSCS", ""), "ASCII"}
        if name.startswith("GB18030"):
            expected = {"gb18030", "GBK"}  # the latter where there is no sequence of four bytes
        right = sum(found[charset] for charset in expected)
        print(f"| {name} | {len(texts)} | {right} | {found['unsure']} | {len(texts) - right - found['unsure']} |")


main()
