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
            "\\begin{align*}发&=\\text{里}\\\\发\\end{align*}裡",
        ),
        (
            "\\begin{verbatim}\n头发%\\end\n\\end{verbatim}里",
            "\\begin{verbatim}\n头发%\\end\n\\end{verbatim}裡",
        ),
        (
            "\\begin{lstlisting}[caption=发]\n发\n\\end{lstlisting}发",
            "\\begin{lstlisting}[caption=发]\n发\n\\end{lstlisting}發",
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
        ("头\\footnote{里面}发\\cite[发]{发}", "頭\\footnote{裡面}髮\\cite[发]{发}"),
        ("\\textcolor{发}{头}发\\textbf{内}存", "\\textcolor{发}{頭}髮\\textbf{記憶體}"),
        ("\\我的命令{头发}\\unknown[发]{头发}", "\\我的命令{頭髮}\\unknown[发]{頭髮}"),
        ("100\\%头发\\&里\\_面", "100\\%頭髮\\&裡\\_面"),
        ("头%\n  发\n头\n发~里", "頭%\n  髮\n頭\n發~裡"),
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
    const PARTS: [&str; 34] = [
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
    ] {
        let document = part.repeat(1_000_000 / part.len());
        let start = std::time::Instant::now();
        let pipeline = Pipeline::without_conversion().formats(format("latex"));
        assert_eq!(pipeline.run(document.as_bytes()).unwrap(), document.as_bytes(), "{part}");
        assert!(start.elapsed().as_secs() < 20, "{part}: {:?}", start.elapsed());
    }
    for document in
        ["", "\\", "\u{FEFF}\\section{发}", "{", "$", "%", "\\[", "\\verb", "\\begin", "\\section["]
    {
        keeps_the_laws(&format("latex"), document);
    }
}
