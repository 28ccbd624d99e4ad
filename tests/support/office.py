#!/usr/bin/env python3
"""Holds office files and e-books to the programs that read them.

    tests/support/office.py JIANFAN FOLDER

FOLDER has files that other programs made. Each is opened with the library that people use for its kind, its texts are replaced by
Chinese, run by run, and it is saved; others are made from nothing. JIANFAN converts the file; the library opens the
result; the texts must be what JIANFAN makes of the texts alone, and the entries that hold none must be the same bytes.
Needs python-docx, openpyxl, python-pptx, odfpy and ebooklib.
"""
import pathlib, re, subprocess, sys, tempfile, warnings, zipfile

import docx, ebooklib, openpyxl, pptx
import odf.opendocument, odf.teletype, odf.text
from ebooklib import epub
from odf.element import Text

warnings.simplefilter("ignore")
CONFIG = "s2twp"
TEXT = ("头发发白的皇后在里面，后面有三十只鸡。打开文件，移动鼠标，用闪存和打印机。软件里面的内存条与硬盘，网络上的数据库。"
        "出租车司机在计算机公司上班，真的吗？干燥的饼干，干部在干活；面条和面子。松树与放松，复杂的恢复。")


class Words:
    """Chinese text, piece by piece."""

    def __init__(self):
        self.at = 0

    def like(self, text):
        if not text.strip():
            return text
        length = max(1, min(len(text), 40))
        piece = "".join(TEXT[(self.at + i) % len(TEXT)] for i in range(length))
        self.at += length
        return piece


def paragraphs_of(container):
    yield from container.paragraphs
    for table in container.tables:
        for row in table.rows:
            for cell in row.cells:
                yield from paragraphs_of(cell)


def docx_paragraphs(document):
    yield from paragraphs_of(document)
    for section in document.sections:
        for part in (section.header, section.footer, section.first_page_header, section.even_page_footer):
            yield from paragraphs_of(part)


def shapes_of(shapes):
    for shape in shapes:
        yield shape
        if shape.shape_type == pptx.enum.shapes.MSO_SHAPE_TYPE.GROUP:
            yield from shapes_of(shape.shapes)


def pptx_paragraphs(deck):
    pages = list(deck.slides) + [slide.notes_slide for slide in deck.slides if slide.has_notes_slide]
    for page in pages + list(deck.slide_masters) + list(deck.slide_layouts):
        for shape in shapes_of(page.shapes):
            if shape.has_text_frame:
                yield from shape.text_frame.paragraphs
            if getattr(shape, "has_table", False) and shape.has_table:
                for row in shape.table.rows:
                    for cell in row.cells:
                        yield from cell.text_frame.paragraphs


def odf_texts(document):
    for kind in (odf.text.P, odf.text.H):
        for element in document.getElementsByType(kind):
            yield element


def odf_fill(element, words):
    for child in element.childNodes:
        if child.nodeType == child.TEXT_NODE:
            child.data = words.like(child.data)
        elif child.tagName not in ("text:note", "office:annotation", "draw:frame", "text:p", "text:h"):
            odf_fill(child, words)


class Docx:
    ending = (".docx",)

    def fill(self, source, target):
        document, words = docx.Document(source), Words()
        document.core_properties.title = "头发与皇后"
        for paragraph in list(docx_paragraphs(document)):
            for run in paragraph.runs:
                if run.text:
                    run.text = words.like(run.text)
        paragraph = document.add_paragraph()
        for c in TEXT:
            paragraph.add_run(c).bold = True
        document.save(target)

    def texts(self, path):
        document = docx.Document(path)
        # A break or a tab ends what is read as one.
        lines = [document.core_properties.title]
        for paragraph in docx_paragraphs(document):
            lines += re.split(r"[\n\t]", paragraph.text)
        return lines


class Pptx:
    ending = (".pptx",)

    def fill(self, source, target):
        deck, words = pptx.Presentation(source), Words()
        for paragraph in pptx_paragraphs(deck):
            for run in paragraph.runs:
                run.text = words.like(run.text)
        deck.save(target)

    def texts(self, path):
        lines = []
        for paragraph in pptx_paragraphs(pptx.Presentation(path)):
            lines += re.split(r"[\v\n]", paragraph.text)
        return lines


class Odf:
    ending = (".odt", ".ods", ".odp")

    def fill(self, source, target):
        document, words = odf.opendocument.load(source), Words()
        for element in odf_texts(document):
            odf_fill(element, words)
        document.save(target)

    def texts(self, path):
        lines = []
        for element in odf_texts(odf.opendocument.load(path)):
            lines += self.runs(element)
        return lines

    def runs(self, element):
        """The texts of a paragraph between breaks; notes and frames have paragraphs of their own."""
        runs = [""]

        def take(node):
            for child in node.childNodes:
                if child.nodeType == child.TEXT_NODE:
                    runs[-1] += child.data
                elif child.tagName in ("text:line-break", "text:tab"):
                    runs.append("")
                elif child.tagName == "text:s" or child.tagName == "draw:frame" and child.getAttribute("anchortype") == "as-char":
                    runs[-1] += "\ufffc"
                elif child.tagName not in ("text:note", "office:annotation", "draw:frame", "draw:custom-shape", "draw:g", "text:ruby-text"):
                    take(child)

        take(element)
        return runs


class Xlsx:
    ending = (".xlsx",)

    def fill(self, source, target):
        book, words = openpyxl.load_workbook(source), Words()
        sheet = book.create_sheet("数据")
        sheet.append(["头发", "里面", "后面"])
        for _ in range(20):
            sheet.append([words.like("x" * 8), 3, '=A1&"皇后"'])
        table = openpyxl.worksheet.table.Table(displayName="表", ref="A1:C21")
        sheet.add_table(table)
        sheet["E1"] = "头发在里面"
        sheet["E1"].comment = openpyxl.comments.Comment("头发", "发")
        sheet.oddHeader.left.text = "头发"
        chart = openpyxl.chart.BarChart()
        chart.title = "头发"
        sheet.add_chart(chart, "G3")
        book.properties.title = "头发"
        book.save(target)

    def texts(self, path):
        book = openpyxl.load_workbook(path, rich_text=True)
        lines = [book.properties.title]
        for sheet in book:
            for row in sheet.iter_rows():
                for cell in row:
                    lines += [str(cell.value)] if cell.data_type == "s" else []
                    lines += [cell.comment.text] if cell.comment else []
            lines += [sheet.oddHeader.left.text or ""]
            for table in sheet.tables.values():
                names = [column.name for column in table.tableColumns]
                assert names == [cell.value for cell in sheet[table.ref][0]], names
        return lines


class Epub:
    ending = (".epub",)

    def fill(self, source, target):
        raise NotImplementedError

    def make(self, target):
        book, words = epub.EpubBook(), Words()
        book.set_identifier("发")
        book.set_title("头发与皇后")
        book.set_language("zh-CN")
        pages = []
        for number in range(5):
            page = epub.EpubHtml(title="头发", file_name=f"发{number}.xhtml", lang="zh-CN")
            cut = "".join(f"<b>{c}</b>" if i % 3 else c for i, c in enumerate(words.like("x" * 40)))
            page.content = f"<h1>皇后</h1><p>{cut}</p><p>{words.like('x' * 30)}</p>"
            book.add_item(page)
            pages.append(page)
        book.toc, book.spine = pages, ["nav"] + pages
        book.add_item(epub.EpubNcx())
        book.add_item(epub.EpubNav())
        epub.write_epub(target, book)

    def texts(self, path):
        book = epub.read_epub(path)
        assert book.get_metadata("DC", "language")[0][0] == "zh-CN"
        lines = [book.get_metadata("DC", "title")[0][0]]
        for item in book.get_items_of_type(ebooklib.ITEM_DOCUMENT):
            content = item.get_content().decode()
            for block in re.findall(r"<(?:p|h1|title)>(.*?)</(?:p|h1|title)>", content, re.S):
                lines.append(re.sub(r"<[^>]*>", "", block))
        return lines


KINDS = [Docx(), Pptx(), Odf(), Xlsx(), Epub()]


def converted(jianfan, lines):
    """What the command makes of texts, a line each."""
    if not lines:
        return []
    assert not any("\n" in line for line in lines)
    text = "\n".join(lines) + "\n"
    run = subprocess.run([jianfan, "convert", CONFIG, "-f", "plain"], input=text.encode(), capture_output=True, check=True)
    return run.stdout.decode().split("\n")[:-1]


def check(jianfan, kind, path, result):
    run = subprocess.run([jianfan, "convert", CONFIG, path, "-o", result], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    before, after = ([line.replace("\n", "\ufffc") for line in kind.texts(p)] for p in (path, result))
    expected = converted(jianfan, before)
    assert after == expected, next((a, b) for a, b in zip(after, expected) if a != b)
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(result) as new:
        assert new.testzip() is None
        assert [info.filename for info in old.infolist()] == [info.filename for info in new.infolist()]
        changed = 0
        for one, other in zip(old.infolist(), new.infolist()):
            same = ["date_time", "compress_type", "comment", "extra", "create_system", "external_attr", "flag_bits"]
            assert all(getattr(one, name) == getattr(other, name) for name in same), one
            a, b = old.read(one), new.read(other)
            if a != b:
                changed += 1
                # What is no text outside of ASCII is as it was, but for the blanks of xml:space.
                bare = lambda text: re.sub(r' xml:space="preserve"|&#\d{3,};|[^\x00-\x7f]', "", text.decode())
                assert bare(a) == bare(b), one
    return changed


def main():
    jianfan, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    paths = sorted(path for path in folder.rglob("*") if path.suffix in (".docx", ".pptx", ".odt", ".ods", ".odp", ".xlsx"))
    counts = {}
    with tempfile.TemporaryDirectory() as work:
        work = pathlib.Path(work)
        jobs = [(kind, path) for path in paths for kind in KINDS if path.suffix in kind.ending] + [(KINDS[4], None)]
        for kind, path in jobs:
            suffix = path.suffix if path else ".epub"
            target, result = str(work / f"a{suffix}"), str(work / f"b{suffix}")
            name = path or "an e-book"
            try:
                kind.fill(str(path), target) if path else kind.make(target)
            except Exception as error:  # the library cannot read or write it: nothing to compare
                print(f"left out: {name}: {type(error).__name__}: {str(error)[:80]}")
                continue
            try:
                changed = check(jianfan, kind, target, result)
            except Exception as error:
                sys.exit(f"{name}: {type(error).__name__}: {error}")
            counts.setdefault(suffix, [0, 0])
            counts[suffix][0] += 1
            counts[suffix][1] += changed
    for suffix, (files, entries) in counts.items():
        print(f"{suffix}: {files} files, {entries} entries changed, all as they should be")
    assert sum(files for files, _ in counts.values()) > 100, counts


main()
