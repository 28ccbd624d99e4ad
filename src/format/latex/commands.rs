//! What LaTeX's commands and environments do with their arguments.
//!
//! In: a name. Out: which of its arguments are no text, and what it is in a sentence. The naive way is to have one rule for all; then
//! `\ref{发}` names another label.

use super::Group;
use super::read::How;

/// A kind of command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Command {
    Begin,
    End,
    /// What follows stays up to the same sign.
    Verbatim {
        arguments: usize,
    },
    /// Its arguments, which may be paragraphs long or names of commands, are no text.
    Definition {
        arguments: usize,
    },
    /// The first arguments are no text; if there are others, they are part of the sentence. It prints something by itself or not.
    Plain {
        arguments: usize,
        prints: bool,
    },
    /// Behind the first arguments there is one that is text, and is a run if it does not belong to the sentence.
    Text {
        arguments: usize,
        group: Group,
    },
    /// Its first argument is text of its own, the second is a name.
    Named,
    Unknown,
}

/// A kind of environment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Environment {
    /// Code, drawings.
    Left,
    /// Code by its name, if there is no caption in it.
    Code,
    /// Math, which may have text in it.
    Math,
    /// Text behind so many arguments that are none.
    Text {
        arguments: usize,
    },
    Unknown,
}

/// Returns what a command is.
pub(super) fn of(name: &str) -> Command {
    let silent = |arguments| Command::Plain { arguments, prints: false };
    let prints = |arguments| Command::Plain { arguments, prints: true };
    let own = |arguments| Command::Text { arguments, group: Group::Own };
    match name {
        "begin" => Command::Begin,
        "end" => Command::End,
        "verb" | "lstinline" | "Verb" => Command::Verbatim { arguments: 0 },
        "mintinline" | "mint" => Command::Verbatim { arguments: 1 },

        // Sentences go on around these.
        "textbf" | "textit" | "textsl" | "textsc" | "textsf" | "textrm" | "texttt" | "textup"
        | "textmd" | "textnormal" | "emph" | "underline" | "uline" | "uuline" | "uwave"
        | "sout" | "CJKunderline" | "CJKsout" | "CJKunderdot" | "hl" | "mbox" | "fbox"
        | "bfseries" | "mdseries" | "itshape" | "slshape" | "scshape" | "upshape" | "rmfamily"
        | "sffamily" | "ttfamily" | "normalfont" | "em" | "bf" | "it" | "rm" | "sf" | "tt"
        | "sl" | "sc" | "tiny" | "scriptsize" | "footnotesize" | "small" | "normalsize"
        | "large" | "Large" | "LARGE" | "huge" | "Huge" | "songti" | "heiti" | "kaishu"
        | "fangsong" | "lishu" | "youyuan" | "zihao" | "boldmath" | "relax" | "noindent"
        | "indent" | "centering" | "raggedright" | "raggedleft" | "selectfont" | "leavevmode"
        | "protect" | "ignorespaces" | "unskip" | "nobreak" | "allowbreak" | "alert"
        | "structure" | "ruby" | "xpinyin" => silent(usize::from(name == "zihao")),
        "textcolor"
        | "color"
        | "colorbox"
        | "hypertarget"
        | "hyperlink"
        | "href"
        | "CJKfamily"
        | "foreignlanguage"
        | "textlang"
        | "scalebox"
        | "raisebox"
        | "rotatebox"
        | "label"
        | "index"
        | "vspace"
        | "fontsize"
        | "hyperref"
        | "phantom"
        | "hphantom"
        | "vphantom"
        | "pagestyle"
        | "thispagestyle"
        | "pagenumbering"
        | "bibliographystyle"
        | "addbibresource"
        | "graphicspath"
        | "usetheme"
        | "usecolortheme"
        | "usefonttheme"
        | "setmainfont"
        | "setsansfont"
        | "setmonofont"
        | "setCJKmainfont"
        | "setCJKsansfont"
        | "setCJKmonofont"
        | "fontspec"
        | "CJKfontspec"
        | "setmathfont"
        | "setromanfont"
        | "addfontfeatures"
        | "addCJKfontfeatures"
        | "geometry"
        | "hypersetup"
        | "lstset"
        | "ctexset"
        | "xeCJKsetup"
        | "captionsetup"
        | "usemintedstyle"
        | "sisetup"
        | "usetikzlibrary"
        | "tikzset"
        | "pgfplotsset"
        | "addcontentsline"
        | "setcounter"
        | "addtocounter"
        | "setlength"
        | "addtolength"
        | "stepcounter"
        | "refstepcounter"
        | "resizebox"
        | "fcolorbox"
        | "definecolor"
        | "nocite"
        | "includeonly"
        | "usepackage"
        | "RequirePackage"
        | "documentclass"
        | "LoadClass"
        | "PassOptionsToPackage"
        | "setCJKfamilyfont"
        | "theoremstyle"
        | "cline"
        | "cmidrule"
        | "rule"
        | "hspace"
        | "bibliography"
        | "glsresetall"
        | "acsetup"
        | "multirow"
        | "newlength"
        | "newcounter"
        | "againframe"
        | "glslink"
        | "glsdisp"
        | "externaldocument"
        | "textattachfile"
        | "attachfile" => silent(match name {
            "hyperref" => 0,
            "fontsize"
            | "addcontentsline"
            | "setcounter"
            | "addtocounter"
            | "setlength"
            | "addtolength"
            | "resizebox"
            | "fcolorbox"
            | "setCJKfamilyfont"
            | "PassOptionsToPackage"
            | "multirow"
            | "rule" => 2,
            "definecolor" => 3,
            _ => 1,
        }),

        // In place of a word.
        "ref"
        | "eqref"
        | "pageref"
        | "autoref"
        | "cref"
        | "Cref"
        | "nameref"
        | "vref"
        | "cite"
        | "citep"
        | "citet"
        | "citeauthor"
        | "citeyear"
        | "parencite"
        | "textcite"
        | "footcite"
        | "autocite"
        | "supercite"
        | "upcite"
        | "fullcite"
        | "url"
        | "nolinkurl"
        | "path"
        | "includegraphics"
        | "includepdf"
        | "gls"
        | "Gls"
        | "glspl"
        | "ac"
        | "acs"
        | "acl"
        | "acp"
        | "num"
        | "si"
        | "ce"
        | "symbol"
        | "ensuremath"
        | "footnotemark"
        | "inputminted"
        | "includesvg"
        | "includestandalone"
        | "animategraphics"
        | "csvautotabular"
        | "pgfplotstabletypeset"
        | "qty"
        | "SI"
        | "unit"
        | "tikz"
        | "ding"
        | "usebox"
        | "value" => prints(match name {
            "footnotemark" | "tikz" => 0,
            "animategraphics" => 4,
            "inputminted" | "qty" | "SI" => 2,
            _ => 1,
        }),

        // Runs of their own.
        "part" | "chapter" | "section" | "subsection" | "subsubsection" | "paragraph"
        | "subparagraph" | "caption" | "title" | "subtitle" | "author" | "date" | "institute"
        | "item" | "frametitle" | "framesubtitle" | "subcaption" | "bicaption" | "keywords"
        | "par" | "newline" | "linebreak" | "newpage" | "clearpage" | "pagebreak" | "hline"
        | "toprule" | "midrule" | "bottomrule" | "tabularnewline" | "maketitle"
        | "tableofcontents" | "smallskip" | "medskip" | "bigskip" | "address" | "dedication" => {
            own(0)
        }
        "bibitem"
        | "captionof"
        | "newtheorem"
        | "multicolumn"
        | "newacronym"
        | "parbox"
        | "crefname"
        | "input"
        | "include"
        | "subfile"
        | "lstinputlisting"
        | "verbatiminput"
        | "VerbatimInput"
        | "BVerbatimInput"
        | "LVerbatimInput"
        | "subfileinclude"
        | "import"
        | "subimport"
        | "includefrom"
        | "inputfrom"
        | "subincludefrom"
        | "subinputfrom"
        | "acro"
        | "acrodef"
        | "chaptermark"
        | "DeclareMathOperator"
        | "columnbreak" => match name {
            "multicolumn" | "import" | "subimport" => own(2),
            "includefrom" | "inputfrom" | "subincludefrom" | "subinputfrom" => own(2),
            "newacronym" => own(2),
            "DeclareMathOperator" => Command::Definition { arguments: 2 },
            "chaptermark" | "columnbreak" => own(0),
            _ => own(1),
        },
        "footnote" | "footnotetext" | "marginpar" | "thanks" | "todo" | "endnote" | "sidenote" => {
            Command::Text { arguments: 0, group: Group::Aside }
        }

        "newcommand"
        | "renewcommand"
        | "providecommand"
        | "def"
        | "gdef"
        | "edef"
        | "xdef"
        | "let"
        | "DeclareRobustCommand"
        | "DeclarePairedDelimiter"
        | "newsavebox"
        | "newglossaryentry"
        | "titleformat"
        | "NewDocumentCommand"
        | "RenewDocumentCommand"
        | "newenvironment"
        | "renewenvironment"
        | "NewDocumentEnvironment"
        | "newif"
        | "DeclareFontFamily"
        | "DeclareFontShape"
        | "lstdefinestyle"
        | "lstdefinelanguage"
        | "newmintedfile"
        | "tcbset"
        | "newtcolorbox"
        | "setbeamertemplate"
        | "newCJKfontfamily"
        | "newfontfamily"
        | "newfontface"
        | "setfontfamily"
        | "longnewglossaryentry"
        | "newminted"
        | "newmint"
        | "newmintinline"
        | "lstnewenvironment"
        | "newtcblisting"
        | "NewTCBListing"
        | "DeclareTCBListing"
        | "DefineVerbatimEnvironment"
        | "newverbatim"
        | "DeclareAcronym"
        | "csvreader"
        | "pgfplotstableread"
        | "DTLloaddb"
        | "setbeamerfont"
        | "setbeamercolor"
        | "catcode" => Command::Definition {
            arguments: match name {
                "newsavebox" | "newif" | "tcbset" | "catcode" => 1,
                "lstnewenvironment"
                | "NewTCBListing"
                | "DeclareTCBListing"
                | "DefineVerbatimEnvironment"
                | "csvreader"
                | "newenvironment"
                | "renewenvironment"
                | "NewDocumentCommand"
                | "RenewDocumentCommand"
                | "DeclarePairedDelimiter" => 3,
                "NewDocumentEnvironment" => 4,
                "titleformat" => 5,
                _ => 2,
            },
        },
        "pdfbookmark" | "currentpdfbookmark" | "subpdfbookmark" | "belowpdfbookmark" | "movie" => {
            Command::Named
        }
        _ if is_citation(name) => prints(if name.ends_with("cites") { MANY } else { 1 }),
        _ if name.ends_with("refrange") => prints(2),
        _ if name.ends_with("ref") => prints(1),
        _ if ["gls", "Gls", "GLS", "acr", "Acr", "ACR"]
            .iter()
            .any(|head| name.starts_with(head)) =>
        {
            prints(1)
        }
        "textjapanese" | "textkorean" => prints(1),
        "Ac" | "Acf" | "Acl" | "Acs" | "Acp" | "acf" | "acfp" | "acsp" | "aclp" | "Acfp"
        | "Aclp" => prints(1),
        _ => Command::Unknown,
    }
}

/// As many sources as anybody names at once.
const MANY: usize = 20;

/// Returns whether a command names sources; what stands in brackets before these is text.
pub(super) fn is_citation(name: &str) -> bool {
    (name.contains("cite") || name.contains("Cite"))
        && !["excite", "citetext", "citestyle", "citealias"]
            .iter()
            .any(|other| name.contains(other))
}

/// Returns whether a command chooses a font, and may have its options behind its name.
pub(super) fn is_font(name: &str) -> bool {
    name.starts_with("newCJKfont")
        || name.starts_with("newfont")
        || name.starts_with("set") && name.contains("font")
        || name.ends_with("fontspec")
}

/// Returns whether an argument in braces names a language that is written with ideographs but is not Chinese.
pub(super) fn is_foreign(argument: &str) -> bool {
    let name = argument.trim().trim_matches(['{', '}']);
    matches!(name, "japanese" | "korean" | "vietnamese")
}

/// Returns how the arguments of a command are read.
pub(super) fn how(name: &str) -> How {
    match name {
        "url" | "href" | "nolinkurl" | "path" | "hyperlink" => How::Address,
        _ => How::Paragraph,
    }
}

/// Returns whether a command is one that everybody knows.
pub(super) fn is_known(name: &str) -> bool {
    const KERNEL: [&str; 19] = [
        "quad", "qquad", "ldots", "dots", "cdots", "today", "TeX", "LaTeX", "LaTeXe", "XeTeX",
        "XeLaTeX", "LuaTeX", "LuaLaTeX", "pdfLaTeX", "BibTeX", "hfill", "else", "fi", "or",
    ];
    KERNEL.contains(&name) || of(name) != Command::Unknown
}

/// Returns whether a name stands for the text of a heading or the like, as "Contents".
pub(super) fn is_part_name(name: &str) -> bool {
    const PARTS: [&str; 18] = [
        "contents",
        "listfigure",
        "listtable",
        "figure",
        "table",
        "ref",
        "bib",
        "abstract",
        "appendix",
        "index",
        "proof",
        "chapter",
        "part",
        "section",
        "lstlisting",
        "lstlistlisting",
        "glossary",
        "algorithm",
    ];
    name.strip_suffix("name").is_some_and(|part| PARTS.contains(&part))
}

/// Returns what an environment is.
pub(super) fn environment(name: &str) -> Environment {
    let plain = name.strip_suffix('*').unwrap_or(name);
    match plain {
        "equation" | "align" | "alignat" | "gather" | "multline" | "eqnarray" | "flalign"
        | "displaymath" | "math" | "dmath" | "subequations" => Environment::Math,
        "comment" | "filecontents" | "tikzpicture" | "pgfpicture" | "asy" | "asydef" | "python"
        | "sagesilent" | "sageblock" | "tikzcd" | "alltt" | "pspicture" | "picture" | "minted"
        | "Sinput" | "Soutput" | "Schunk" | "pyblock" | "pyconsole" | "gnuplot" | "dot2tex" => {
            Environment::Left
        }
        "japanese" | "korean" => Environment::Left,
        // The float of minted.
        "listing" => Environment::Text { arguments: 0 },
        "tabular" | "array" | "longtable" | "minipage" | "multicols" | "thebibliography"
        | "adjustbox" | "xltabular" | "spacing" | "column" | "list" | "overpic" => {
            let is_wide = matches!(name, "tabular*" | "xltabular" | "list");
            Environment::Text { arguments: if is_wide { 2 } else { 1 } }
        }
        "tabularx" | "tabulary" | "wrapfigure" | "wraptable" | "CJK" => {
            Environment::Text { arguments: 2 }
        }
        "document" | "itemize" | "enumerate" | "description" | "figure" | "table" | "center"
        | "quote" | "quotation" | "abstract" | "flushleft" | "flushright" | "verse"
        | "titlepage" | "appendix" | "sloppypar" | "columns" => Environment::Text { arguments: 0 },
        _ if ["code", "erbatim", "listing", "listings"].iter().any(|end| plain.ends_with(end)) => {
            Environment::Code
        }
        _ => Environment::Unknown,
    }
}
