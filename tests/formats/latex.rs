//! LaTeX: its text is converted, not what TeX and other programs read.

use jianfan::Converter;
use jianfan::pipeline::Pipeline;

use super::{Random, SENTENCES, converted, format, keeps_the_laws, sprinkled};
use crate::support::command::Dir;

#[test]
fn text_is_converted_and_all_else_stays() {
    let latex = format("latex");
    for (document, result) in [
        ("\\section{头发}\\label{发}见\\ref{发}。", "\\section{頭髮}\\label{发}見\\ref{发}。"),
        ("\\chapter*[头发]{里面}\n\n内存", "\\chapter*[頭髮]{裡面}\n\n記憶體"),
        ("% 头发\n头发 % 发\n", "% 头发\n頭髮 % 发\n"),
        ("发$发$发$$发$$发\\(发\\)发\\[发\\]发", "發$发$發$$发$$發\\(发\\)發\\[发\\]發"),
        (
            "\\begin{align*}发&=\\text{里}\\\\发\\end{align*}里",
            "\\begin{align*}发&=\\text{裡}\\\\发\\end{align*}裡",
        ),
        (
            "\\begin{verbatim}\n头发%\\end\n\\end{verbatim}里",
            "\\begin{verbatim}\n头发%\\end\n\\end{verbatim}裡",
        ),
        (
            "\\begin{lstlisting}[caption=发]\n发\n\\end{lstlisting}发",
            "\\begin{lstlisting}[caption=發]\n发\n\\end{lstlisting}發",
        ),
        (
            "\\verb|头发|里\\lstinline[发]+发+里\\mintinline{发}{发}里",
            "\\verb|头发|裡\\lstinline[发]+发+裡\\mintinline{发}{发}裡",
        ),
        (
            "\\includegraphics[width=发]{发}\\input{发}\\input 发.tex 发",
            "\\includegraphics[width=发]{发}\\input{发}\\input 发.tex 發",
        ),
        (
            "\\usepackage[发]{发}\\setCJKmainfont{华文宋体}\\href{发}{头发}\\url{发}",
            "\\usepackage[发]{发}\\setCJKmainfont{华文宋体}\\href{发}{頭髮}\\url{发}",
        ),
        (
            "\\newcommand{\\发}[1]{发\n\n#1}\\def\\发#1{发}\\发里",
            "\\newcommand{\\发}[1]{发\n\n#1}\\def\\发#1{发}\\发里",
        ),
        (
            "\\begin{tabular}{发}头发 & 里\\\\[发] 面条\\end{tabular}",
            "\\begin{tabular}{发}頭髮 & 裡\\\\[发] 麵條\\end{tabular}",
        ),
        ("\\begin{定理}[头发]里\\end{定理}", "\\begin{定理}[頭髮]裡\\end{定理}"),
        (
            "\\begin{itemize}\\item[发] 里\\item 面条\\end{itemize}",
            "\\begin{itemize}\\item[發] 裡\\item 麵條\\end{itemize}",
        ),
        ("头\\footnote{里面}发\\cite[发]{发}", "頭\\footnote{裡面}髮\\cite[發]{发}"),
        ("\\textcolor{发}{头}发\\textbf{内}存", "\\textcolor{发}{頭}髮\\textbf{記憶體}"),
        ("\\我的命令{头发}\\unknown[发]{头发}", "\\我的命令{頭髮}\\unknown[发]{頭髮}"),
        ("100\\%头发\\&里\\_面", "100\\%頭髮\\&裡\\_面"),
        ("头%\n  发\n头\n发~里", "頭%\n  髮\n頭\n髮~裡"),
        ("\\LaTeX 头发\\LaTeX{}头发\\bfseries头发", "\\LaTeX 頭髮\\LaTeX{}頭髮\\bfseries頭髮"),
        // What is not closed.
        (
            "发$里\n\n头发}{头\\textbf{发\n\n里\\verb|发",
            "發$裡\n\n頭髮}{頭\\textbf{髮\n\n裡\\verb|發",
        ),
        (
            "\\begin{verbatim}头发\\footnote{发\\begin{",
            "\\begin{verbatim}頭髮\\footnote{發\\begin{",
        ),
        (
            "% jianfan:off\n发\n\n发\n% jianfan:on\n发\n% jianfan:ignore-next-line\n发\n里",
            "% jianfan:off\n发\n\n发\n% jianfan:on\n發\n% jianfan:ignore-next-line\n发\n裡",
        ),
    ] {
        assert_eq!(converted("s2twp", &latex, document), result);
        keeps_the_laws(&latex, document);
        let lines = document.replace('\n', "\r\n");
        assert_eq!(converted("s2twp", &latex, &lines), result.replace('\n', "\r\n"));
    }
}

#[test]
fn addresses_and_code_may_have_percent_signs() {
    for (document, result) in [
        (r"\url{http://a/%E5}的头发和{后}面", r"\url{http://a/%E5}的頭髮和{後}面"),
        (r"\href{https://a/%E5%8F%91}{头发}后面", r"\href{https://a/%E5%8F%91}{頭髮}後面"),
        (r#"\mintinline{c}{"%d"}的头发"#, r#"\mintinline{c}{"%d"}的頭髮"#),
        (r"\url{http://a.com/发展%20后}发", r"\url{http://a.com/发展%20后}發"),
        (r"\mint[发]{c}|头发%|发\lstinline{发%}发", r"\mint[发]{c}|头发%|發\lstinline{发%}發"),
        (r"\path|头发%|发\url!发!发", r"\path|头发%|發\url!发!發"),
        ("\\label{发%}\n}头发", "\\label{发%}\n}頭髮"),
    ] {
        assert_eq!(converted("s2twp", &format("latex"), document), result);
        keeps_the_laws(&format("latex"), document);
    }
}

#[test]
fn names_of_all_kinds_stay() {
    for same in [
        r"\citealp{发}\textcites{发}{发}\smartcite{发}\subref{发}\labelcref{发}\crefrange{发}{发}",
        r"\againframe{发}\acrlong{发}\acf{发}\Glspl{发}\glsentrytext{发}\pageref*{发}",
        r"\import{发}{发}\subfileinclude{发}\includesvg{发}\VerbatimInput{发}\externaldocument{发}",
        r"\attachfile{发}\DTLloaddb{发}{发}\csvreader{发}{发}{发}\pgfplotstableread{发}{\发}",
        r"\setCJKmainfont{思源宋体}[BoldFont=思源黑体]\newCJKfontfamily\kaiti{华文楷体}[发]",
        r"\newfontfamily\myfont{华文楷体}\CJKfontspec{华文楷体}\fontspec{华文楷体}[BoldFont=发]",
        r"\includegraphics<2->[width=3cm]{图/头发.png}\my发展\my{}\def\LaTeX发{}\LaTeX发{}",
    ] {
        let document = format!("{same}头发");
        assert_eq!(
            converted("s2twp", &format("latex"), &document),
            document.replace("头发", "頭髮").replace("图/頭髮", "图/头发")
        );
        keeps_the_laws(&format("latex"), &document);
    }
    for (document, result) in [
        (
            r"\glslink{发}{头发}\begin{overpic}[发]{发.png}发\end{overpic}\quad发",
            r"\glslink{发}{頭髮}\begin{overpic}[发]{发.png}發\end{overpic}\quad發",
        ),
        (
            r"\begin{frame}<1>[label=发]{头发}\item<1-> 里\only<2>{头}发a<发>",
            r"\begin{frame}<1>[label=发]{頭髮}\item<1-> 裡\only<2>{頭}髮a<發>",
        ),
        (r"头\pdfbookmark[1]{头发}{发}发", r"頭\pdfbookmark[1]{頭髮}{发}髮"),
    ] {
        assert_eq!(converted("s2twp", &format("latex"), document), result);
        keeps_the_laws(&format("latex"), document);
    }
}

#[test]
fn code_stays_also_where_a_document_names_it() {
    for name in
        ["python", "pythoncode", "code", "tcblisting", "spverbatim", "semiverbatim", "Sinput"]
    {
        let document = format!("发\\begin{{{name}}}\n头发\\textbf{{发}}\n\\end{{{name}}}发");
        let result = document.replace("发\\begin", "發\\begin");
        let result = result.strip_suffix('发').unwrap().to_owned() + "發";
        assert_eq!(converted("s2twp", &format("latex"), &document), result);
    }
    for definition in [
        r"\lstnewenvironment{甲}{发}{发}",
        r"\newtcblisting[发]{甲}{发}",
        r"\DefineVerbatimEnvironment{甲}{Verbatim}{发}",
        r"\newminted[甲]{c}{发}",
    ] {
        let document = format!("{definition}\\begin{{甲}}头发\\end{{甲}}发");
        let result = document.strip_suffix('发').unwrap().to_owned() + "發";
        assert_eq!(converted("s2twp", &format("latex"), &document), result);
    }
    for (document, result) in [
        (r"\newmintinline{c}{发}\cinline|头发|发", r"\newmintinline{c}{发}\cinline|头发|發"),
        (
            r"|头|\MakeShortVerb{\|}发|头%|\textbf{|发|}\DeleteShortVerb{\|}发|发|",
            r"|頭|\MakeShortVerb{\|}發|头%|\textbf{|发|}\DeleteShortVerb{\|}發|發|",
        ),
        (
            r"\lstMakeShortInline[发]!头!头!发!头\else[发]\fi发",
            r"\lstMakeShortInline[发]!頭!头!發!頭\else[發]\fi發",
        ),
        (
            r"\begin{sourcecode}\caption{头发}\end{sourcecode}",
            r"\begin{sourcecode}\caption{頭髮}\end{sourcecode}",
        ),
        (
            r"\begin{listing}\caption{头发}\end{listing}",
            r"\begin{listing}\caption{頭髮}\end{listing}",
        ),
        ("\\[头发\n\n后面\\]\\[头发\\]", "\\[頭髮\n\n後面\\]\\[头发\\]"),
    ] {
        assert_eq!(converted("s2twp", &format("latex"), document), result);
        keeps_the_laws(&format("latex"), document);
    }
}

#[test]
fn words_go_across_the_lines_of_a_paragraph() {
    for (document, result) in [
        ("他的头\n发", "他的頭\n髮"),
        ("皇\n后的\\textbf{头 \n\t发}", "皇\n后的\\textbf{頭 \n\t髮}"),
        ("内\n存\n\n内存", "記憶\n體\n\n記憶體"),
        ("打\n印\n机", "印\n表\n機"),
        // A blank stands for the end of these lines.
        ("头，\n发a\n发", "頭，\n發a\n發"),
        ("头%\n\n发\\small头\n发", "頭%\n\n發\\small頭\n發"),
    ] {
        assert_eq!(converted("s2twp", &format("latex"), document), result);
        keeps_the_laws(&format("latex"), document);
        let lines = document.replace('\n', "\r\n");
        assert_eq!(converted("s2twp", &format("latex"), &lines), result.replace('\n', "\r\n"));
    }
    // No line end comes or goes, and nothing that TeX would see it by.
    let dir = Dir::new();
    dir.file("own.txt", "甲\tab\n乙\t丙丁\n");
    dir.file("a.tex", "头\n甲\n发\n乙\n\n周一--周五，,里\n周---,");
    assert_eq!(
        dir.run("convert s2t -n tw --dict own.txt a.tex").succeeds(),
        "頭\n甲\n發\n丙丁\n\n週一--週五，，裏\n周---，"
    );
}

#[test]
fn text_in_brackets_and_in_math_is_text() {
    for (document, result) in [
        (
            r"\item[\cls{article} 文档类] 发\section[头\textbf{发}]{头发}\bibitem[头$发$]{发}里",
            r"\item[\cls{article} 文件類] 發\section[頭\textbf{髮}]{頭髮}\bibitem[頭$发$]{发}裡",
        ),
        (
            r"\begin{定理}[头{发}]里\end{定理}\begin{定理}[label=发]里\end{定理}",
            r"\begin{定理}[頭{髮}]裡\end{定理}\begin{定理}[label=发]裡\end{定理}",
        ),
        (
            r"头$x\text{头发}发\mbox{里}$发\[\intertext{头发}发\text{里}\]\(\text{头发}\)",
            r"頭$x\text{頭髮}发\mbox{裡}$發\[\intertext{頭髮}发\text{裡}\]\(\text{頭髮}\)",
        ),
        (
            r"\renewcommand{\contentsname}{头发}\renewcommand\bibname{头发}\renewcommand{\foo}{头发}",
            r"\renewcommand{\contentsname}{頭髮}\renewcommand\bibname{頭髮}\renewcommand{\foo}{头发}",
        ),
        (
            r"\begin{tcolorbox}[color=发,title={头,发},发=发]里\end{tcolorbox}\printbibliography[title=头发]",
            r"\begin{tcolorbox}[color=发,title={頭,發},发=发]裡\end{tcolorbox}\printbibliography[title=頭髮]",
        ),
        (
            r"\hypersetup{pdftitle={头发},linkcolor=发}\hypersetup{发}",
            r"\hypersetup{pdftitle={頭髮},linkcolor=发}\hypersetup{发}",
        ),
        (
            r"\foreignlanguage{japanese}{国}国\textlang{korean}{国}\foreignlanguage{chinese}{国}",
            r"\foreignlanguage{japanese}{国}國\textlang{korean}{国}\foreignlanguage{chinese}{國}",
        ),
        (r"头\citep[见][第5页]{页}发", r"頭\citep[見][第5頁]{页}發"),
        // What goes further than its bracket.
        (r"\item[头\verb|]|发] 里", r"\item[頭\verb|]|發] 裡"),
        ("\\item[发{]发\n\n里", "\\item[發{]發\n\n裡"),
    ] {
        assert_eq!(converted("s2twp", &format("latex"), document), result);
        keeps_the_laws(&format("latex"), document);
    }
}

#[test]
fn what_is_put_in_means_nothing_to_latex() {
    let dir = Dir::new();
    dir.file("own.txt", "甲\t%&_#${}\n乙\t\\^~\n丙\tabc\n丁\t[x]\n");
    dir.file("a.tex", "甲乙丙\\small丙\\small{丙}丁\\item丁$甲$\\label{甲}\\small\n丙");
    assert_eq!(
        dir.run("convert s2t --dict own.txt a.tex").succeeds(),
        "\\%\\&\\_\\#\\$\\{\\}\\textbackslash{}\\textasciicircum{}\\textasciitilde{}abc\\small abc\\small{abc}{[}x{]}\
         \\item{[}x{]}$甲$\\label{甲}\\small\nabc"
    );
}

#[test]
fn marks_at_random_places_change_nothing() {
    const MARKS: [&str; 12] = [
        "\\textbf{",
        "}",
        "{",
        "\\emph{",
        "\\small{}",
        "%发\n  ",
        "\\label{发}",
        "\\-",
        "\\footnote{里}",
        "\\textcolor{发}{",
        "\\color{发}",
        "\\index{发}",
    ];
    let mut random = Random::new(13);
    for round in 0..400 {
        let text = SENTENCES[round % SENTENCES.len()];
        let document = sprinkled(&mut random, text, &MARKS, 3);
        keeps_the_laws(&format("latex"), &document);
        for config in ["s2twp", "tw2sp"] {
            let result = converted(config, &format("latex"), &document);
            let converter = Converter::new(config).unwrap();
            let (runs, _) = format("latex").runs(&result, None).unwrap();
            let texts = runs.texts(&result);
            assert_eq!(*texts.last().unwrap(), converter.convert(text), "{document}");
        }
    }
}

#[test]
fn random_latex_is_only_changed_in_its_prose() {
    const PARTS: [&str; 55] = [
        "\\item[",
        "[title=",
        ",caption={",
        "--",
        "\\text{",
        "$\\text{",
        "\\[\\mbox{",
        "\\pdfbookmark{",
        "\\hypersetup{pdftitle=",
        "\\MakeShortVerb|",
        "\\renewcommand\\refname{",
        "\\newminted{c}{",
        "\\cinline|",
        "\\url{",
        "\\my",
        "\\def\\my",
        "<1->",
        " \n ",
        "\\textlang{japanese}",
        "\\setmainfont{",
        "\\begin{x}[",
        "\\",
        "{",
        "}",
        "[",
        "]",
        "$",
        "$$",
        "%",
        "\n",
        "\n\n",
        "\r\n",
        "\\verb|",
        "|",
        "\\begin{",
        "\\begin{verbatim}",
        "\\end{verbatim}",
        "\\begin{align}",
        "\\end{align}",
        "\\(",
        "\\)",
        "\\[",
        "\\]",
        "\\section[",
        "\\footnote{",
        "\\newcommand",
        "\\item",
        "&",
        "~",
        "#",
        "\\cite[",
        "\\\\",
        "\\small",
        "*",
        "\\begin{frame}{",
    ];
    let mut random = Random::new(17);
    for round in 0..4000 {
        // Not 隨身碟: before the U of U盘 a blank is put behind a name, which is no prose.
        let text = SENTENCES[round % SENTENCES.len()].replace("隨身碟", "內存");
        // Nor three characters that become two: those between two line ends stay.
        let text = text.replace("記憶體", "內存");
        let document = sprinkled(&mut random, &text, &PARTS, 2);
        keeps_the_laws(&format("latex"), &document);
    }
}

#[test]
fn hostile_documents_are_read_in_time() {
    for part in [
        "\\",
        "{",
        "}",
        "[",
        "$",
        "$a",
        "$$",
        "$$a$",
        "%",
        "\\label{",
        "\\section[",
        "\\section{",
        "\\footnote{",
        "\\begin{verbatim}",
        "\\begin{align}",
        "\\[",
        "\\(",
        "\\verb|",
        "\\verb|a",
        "\\newcommand{",
        "\\newcommand",
        "\\begin{",
        "\\begin{x}[",
        "\\a[",
        "\\a[{",
        "头\r\n",
        "\0",
        "~",
        "\\头",
        "\\item[",
        "\\cite[[",
        "\\def\\a",
        "\\ ",
        "%\n",
        "\\begin{a1}{",
        "\\input ",
        "\\verb",
        "头\n",
        "\\item[发",
        "\\[\\text{发",
        "$\\text{发",
        "\\a头",
        "--",
        "\\MakeShortVerb||a",
        "\\a<1",
        "\\begin{frame}[",
        "\\newminted{a}{",
    ] {
        let document = part.repeat(1_000_000 / part.len());
        let start = std::time::Instant::now();
        let pipeline = Pipeline::without_conversion().formats(format("latex")).allow_binary(true);
        assert_eq!(pipeline.run(document.as_bytes()).unwrap(), document.as_bytes(), "{part}");
        assert!(start.elapsed().as_secs() < 20, "{part}: {:?}", start.elapsed());
    }
    for (open, close) in [("\\item[发", "]"), ("\\[\\text{发", "}\\]"), ("\\cite[发", "]{}")] {
        let document = open.repeat(100_000) + &close.repeat(100_000);
        let start = std::time::Instant::now();
        let pipeline = Pipeline::without_conversion().formats(format("latex")).allow_binary(true);
        assert_eq!(pipeline.run(document.as_bytes()).unwrap(), document.as_bytes(), "{open}");
        assert!(start.elapsed().as_secs() < 20, "{open}: {:?}", start.elapsed());
    }
    for document in
        ["", "\\", "\u{FEFF}\\section{发}", "{", "$", "%", "\\[", "\\verb", "\\begin", "\\section["]
    {
        keeps_the_laws(&format("latex"), document);
    }
}
