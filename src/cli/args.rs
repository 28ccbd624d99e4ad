//! What can be typed: names, values and help, as close to the words on the command line as possible, and no meaning.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};

const EXAMPLES: &str = "\
Examples:
  $ echo '头发发白，皇后在后面' | jianfan convert s2t
  頭髮發白，皇后在後面
  $ jianfan convert t2s article.txt -o article.hans.txt
  $ jianfan convert s2twp docs -o docs-tw

'jianfan convert --help' shows more.";

const CONVERT_EXAMPLES: &str = "\
Examples:
  $ echo '头发发白，皇后在后面' | jianfan convert s2t
  頭髮發白，皇后在後面
  $ echo '打开文件，移动鼠标' | jianfan convert s2twp
  開啟檔案，移動滑鼠
  $ echo '這裡的軟體和網路' | jianfan convert tw2sp
  这里的软件和网络

  One file, to the terminal or to another file:
  $ jianfan convert t2s article.txt
  $ jianfan convert t2s article.txt -o article.hans.txt

  A directory, its tree mirrored: docs/a/b.txt becomes docs-tw/a/b.txt
  $ jianfan convert s2tw docs -o docs-tw

  Several, each under its own name: out/README.md, out/docs/a/b.txt
  $ jianfan convert s2tw README.md docs -o out

  Words of your own, a line each: key, tab, value
  $ jianfan convert s2t article.txt --dict names.txt

Exit codes: 0 all done, 2 wrong usage or something failed (the rest is done all the same).";

/// Convert Chinese text between Simplified and Traditional, exactly as OpenCC does
#[derive(Debug, Parser)]
#[command(name = "jianfan", version, arg_required_else_help = true, after_help = EXAMPLES)]
pub(super) struct Args {
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    Convert(ConvertArgs),
    List(ListArgs),
}

/// Convert text from one written standard to another
///
/// Input is UTF-8, with or without a byte order mark. Line ends, the mark and every other byte that is no Chinese word
/// stay as they were. A file that is not UTF-8 is reported with the offset of the first wrong byte, and nothing is
/// written for it.
#[derive(Debug, clap::Args)]
#[command(arg_required_else_help = true, after_help = CONVERT_EXAMPLES)]
pub(super) struct ConvertArgs {
    /// Name of a config ('jianfan list configs' shows them), or path of an OpenCC config
    pub(super) config: PathBuf,

    /// Files or directories; standard input if there is none, or for '-'
    #[arg(value_name = "PATH")]
    pub(super) paths: Vec<PathBuf>,

    /// Write to this file, or beneath this directory; several files or a directory need it
    #[arg(short, long, value_name = "PATH")]
    pub(super) output: Option<PathBuf>,

    /// Work on this many files at once [default: one per processor]
    #[arg(short = 'j', long, value_name = "N")]
    pub(super) threads: Option<NonZeroUsize>,

    /// Prefer the words of this dictionary in OpenCC's text form; of several the later wins
    #[arg(long, value_name = "FILE", help_heading = "Conversion")]
    pub(super) dict: Vec<PathBuf>,

    /// Also write characters so rare that many fonts lack them and show boxes ("tofu")
    #[arg(long, help_heading = "Conversion")]
    pub(super) include_tofu_risk: bool,

    /// Convert with this engine
    #[arg(long, value_enum, default_value_t = Engine::Native, help_heading = "Conversion")]
    pub(super) engine: Engine,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Engine {
    /// Our own, fast and complete in itself
    Native,
    /// The C++ library itself, to compare with; includes tofu risk always; only in builds with the feature 'opencc'
    Opencc,
}

/// List what there is to choose from
#[derive(Debug, clap::Args)]
#[command(arg_required_else_help = true)]
pub(super) struct ListArgs {
    #[arg(value_enum, value_name = "WHAT")]
    pub(super) what: Listed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Listed {
    /// The built-in configs: name, from → to, title
    Configs,
}
