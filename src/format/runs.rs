//! What a format finds in a document: its prose, run by run.
//!
//! In: places, told by a format that scans a document. Out: the pieces of each run in their order, which together are the text that
//! is converted as one. The naive way is a list of ranges, each converted by itself; it misses the word in `<b>头</b>发`,
//! which two ranges share, and the one in `头&#21457;`, of which a part is written as a number.

use std::ops::Range;

use crate::charset;

/// What stands in a run's text for something that is no text, as a picture or a piece of code.
pub(super) const OBJECT: char = '\u{FFFC}';

/// Pieces of a run from which on its room is not kept for the next.
const LONG: usize = 4096;

/// The prose of a document, as a [`Format`](super::Format) finds it.
///
/// A *run* is text that belongs together, as a paragraph: words are found across its pieces, and whatever stands between two pieces
/// (a tag) is copied. Pieces are told from left to right; [`end`](Runs::end) ends a run.
///
/// ```
/// use jianfan::format::Runs;
///
/// let document = "<b>头</b>&#21457; <i>x</i>";
/// let mut runs = Runs::new();
/// runs.prose(3..6);
/// runs.escaped(10..18, "发", 0);
/// runs.prose(18..19);
/// runs.end();
/// assert_eq!(runs.texts(document), ["头发 "]);
/// ```
#[derive(Debug, Default)]
pub struct Runs {
    pub(super) pieces: Vec<Piece>,
    /// Of each run, the number of pieces up to its end.
    pub(super) ends: Vec<usize>,
    /// The pieces of the run that is not ended.
    open: Vec<Piece>,
    /// Those of the runs around it.
    outer: Vec<Vec<Piece>>,
    /// The texts of escaped pieces.
    pub(super) decoded: String,
    pub(super) replacements: Vec<(Range<usize>, String)>,
    pub(super) faults: Vec<(usize, String)>,
    /// Where the document names its charset.
    charset: Vec<Range<usize>>,
    /// Where it has to name it if that is none of Unicode, and what stands around the name.
    undeclared: Option<(usize, [&'static str; 2])>,
    /// What is put in before and behind a range, if that becomes another.
    pub(super) conditions: Vec<(Range<usize>, [String; 2])>,
    /// In which pragmas count.
    pub(super) comments: Vec<Range<usize>>,
    /// How deep in markup what comes is.
    level: u16,
    /// More was decoded than there are numbers for.
    is_overfull: bool,
    /// What pragmas keep.
    kept: Vec<Range<usize>>,
}

/// How much was told at a time between two runs.
#[derive(Clone, Copy, Debug)]
pub struct Mark {
    pieces: usize,
    ends: usize,
    decoded: usize,
    comments: usize,
}

/// A part of a run, and where it stands in the document.
///
/// There may be one for each byte or two, so that 20 bytes instead of 48 are half of what some documents take. That limits a
/// text to [`MAX_TEXT`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    start: u32,
    end: u32,
    /// Where its text begins in what was decoded.
    decoded: u32,
    /// How long that is, or one of the two below.
    decoded_len: u32,
    /// How deep in markup it is.
    pub(super) level: u16,
    pub(super) style: u8,
    /// It must not become empty.
    pub(super) stays: bool,
}

/// Instead of the length of a text that was decoded.
const VERBATIM: u32 = u32::MAX;
const IS_OBJECT: u32 = u32::MAX - 1;

/// Bytes that are decoded at most.
const MAX_DECODED: usize = (1 << 32) - (1 << 24);

/// Bytes of a text that is scanned as a whole.
pub(crate) const MAX_TEXT: usize = 1 << 30;

/// Returns a place as a piece keeps it; what is beyond all texts stays so, and is found by [`Runs::check`].
fn narrow(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

impl Piece {
    fn new(range: Range<usize>, text: Text, style: u8) -> Piece {
        let (start, end) = (narrow(range.start), narrow(range.end));
        let mut piece =
            Piece { start, end, decoded: 0, decoded_len: 0, level: 0, style, stays: false };
        piece.set_text(text);
        piece
    }

    /// Returns where it stands in the document.
    pub(super) fn range(&self) -> Range<usize> {
        self.start as usize..self.end as usize
    }

    pub(super) fn text(&self) -> Text {
        match self.decoded_len {
            VERBATIM => Text::Verbatim,
            IS_OBJECT => Text::Object,
            len => Text::Decoded(self.decoded as usize..self.decoded as usize + len as usize),
        }
    }

    pub(super) fn set_text(&mut self, text: Text) {
        (self.decoded, self.decoded_len) = match text {
            Text::Verbatim => (0, VERBATIM),
            Text::Object => (0, IS_OBJECT),
            Text::Decoded(range) => (narrow(range.start), narrow(range.len())),
        };
    }

    pub(super) fn is_verbatim(&self) -> bool {
        self.decoded_len == VERBATIM
    }

    pub(super) fn is_object(&self) -> bool {
        self.decoded_len == IS_OBJECT
    }
}

/// What a piece is in the text of its run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Text {
    /// As in the document.
    Verbatim,
    /// This part of what was decoded.
    Decoded(Range<usize>),
    Object,
}

impl Runs {
    /// Returns no runs.
    pub fn new() -> Runs {
        Runs::default()
    }

    /// Adds text that stands in the document as it is, as a range of bytes.
    pub fn prose(&mut self, range: Range<usize>) {
        self.prose_in(range, 0);
    }

    /// Adds text as [`prose`](Runs::prose) does, in a style that [`Format::escape`](super::Format::escape) knows.
    pub fn prose_in(&mut self, range: Range<usize>, style: u8) {
        if range.is_empty() {
            return;
        }
        match self.open.last_mut() {
            Some(last)
                if last.end as usize == range.start
                    && last.is_verbatim()
                    && last.style == style
                    && last.level == self.level =>
            {
                last.end = narrow(range.end);
            }
            _ => self.push(range, Text::Verbatim, style),
        }
    }

    /// Adds text that is written in another way in the document, as `&amp;` or `\u53d1`. Where it becomes another, the format's
    /// [`escape`](super::Format::escape) is asked how to write that.
    pub fn escaped(&mut self, range: Range<usize>, text: &str, style: u8) {
        if !text.is_empty() && !range.is_empty() {
            if text.len() > MAX_DECODED - self.decoded.len() {
                self.is_overfull = true;
                return;
            }
            let start = self.decoded.len();
            self.decoded.push_str(text);
            let text = Text::Decoded(start..self.decoded.len());
            self.push(range, text, style);
        }
    }

    /// Adds something that is no text but stands in a sentence, as a picture or code: no word goes across it.
    pub fn object(&mut self, range: Range<usize>) {
        if !range.is_empty() {
            self.push(range, Text::Object, 0);
        }
    }

    /// Lets something remain of what was told of this run from a byte of the document on, as of a link's text, also where a word
    /// of another length begins before it and goes across all of it.
    pub fn remains(&mut self, from: usize) {
        if let Some(last) = self.open.last_mut()
            && last.start as usize >= from
            && !last.is_object()
        {
            last.stays = true;
        }
    }

    fn push(&mut self, range: Range<usize>, text: Text, style: u8) {
        self.open.push(Piece { level: self.level, ..Piece::new(range, text, style) });
    }

    /// Says how deep in markup it is what is told from here on. What is put in between two pieces, as a blank between `<b>abc</b>` and
    /// an ideograph, goes to the one that is less deep.
    pub fn level(&mut self, level: u32) {
        self.level = u16::try_from(level).unwrap_or(u16::MAX);
    }

    /// Tells a comment, as a range of bytes; only in those are pragmas looked for.
    pub fn comment(&mut self, range: Range<usize>) {
        self.comments.push(range);
    }

    /// Ends a run; what comes is another. Without any piece since the last end it does nothing.
    pub fn end(&mut self) {
        if !self.open.is_empty() {
            if self.pieces.is_empty() && self.open.len() > LONG {
                // The one paragraph of a document needs no copy.
                self.pieces = std::mem::take(&mut self.open);
            } else {
                self.pieces.append(&mut self.open);
            }
            if self.open.capacity() > LONG {
                self.open = Vec::new();
            }
            self.ends.push(self.pieces.len());
        }
    }

    /// Adds runs that stand within another, as the description of a picture does; that goes on behind them.
    pub fn aside(&mut self, scan: impl FnOnce(&mut Runs)) {
        self.begin_aside();
        scan(self);
        self.end_aside();
    }

    /// Begins runs that stand within another, for scanners that keep their own stack; as [`aside`](Runs::aside).
    pub fn begin_aside(&mut self) {
        self.outer.push(std::mem::take(&mut self.open));
    }

    /// Ends them, and goes on with the run around them.
    pub fn end_aside(&mut self) {
        self.end();
        self.open = self.outer.pop().unwrap_or_default();
    }

    /// Ends all runs that stand within others.
    pub(super) fn end_asides(&mut self) {
        while !self.outer.is_empty() {
            self.end_aside();
        }
    }

    /// Returns whether something of a run was told that is not ended.
    pub fn is_begun(&self) -> bool {
        !self.open.is_empty()
    }

    /// Tells where the document names the charset that it is written in. If it is to be written in another, that name changes.
    pub fn charset(&mut self, range: Range<usize>) {
        if !range.is_empty() {
            self.charset.push(range);
        }
    }

    /// Tells where a document that names no charset, and is read as Unicode for that, has to name another.
    pub(crate) fn no_charset(&mut self, at: usize, around: [&'static str; 2]) {
        self.undeclared = Some((at, around));
    }

    /// Changes the name of the charset, in which the document stays, where some programs would not find all characters of this text in
    /// it; returns whether it does.
    pub(crate) fn widen_charset(&mut self, document: &str, text: &str) -> bool {
        let own = self.charset.first().map(|range| &document[range.clone()]);
        match own.and_then(|own| charset::wider_name(own, text)) {
            Some(name) => {
                self.rename_charset(document, name);
                true
            }
            None => false,
        }
    }

    /// Puts the name of another charset in the places of those which the document names, in letters as small as those.
    pub(crate) fn rename_charset(&mut self, document: &str, name: &str) {
        for range in std::mem::take(&mut self.charset) {
            let old = &document[range.clone()];
            if !old.eq_ignore_ascii_case(name) {
                let is_small = !old.contains(|c: char| c.is_ascii_uppercase());
                let name = if is_small { name.to_ascii_lowercase() } else { name.to_owned() };
                self.replace(range, name);
            }
        }
        if let Some((at, [before, behind])) =
            self.undeclared.take().filter(|_| !name.starts_with("UTF-"))
        {
            self.replace(at..at, format!("{before}{}{behind}", name.to_ascii_lowercase()));
        }
    }

    /// Forgets the run that is not ended.
    pub fn forget(&mut self) {
        self.open.clear();
    }

    /// Returns how much there is, for [`back_to`](Runs::back_to).
    pub fn mark(&self) -> Mark {
        Mark {
            pieces: self.pieces.len(),
            ends: self.ends.len(),
            decoded: self.decoded.len(),
            comments: self.comments.len(),
        }
    }

    /// Forgets what was told since a mark, also the run that is not ended.
    pub fn back_to(&mut self, mark: Mark) {
        self.pieces.truncate(mark.pieces);
        self.ends.truncate(mark.ends);
        self.decoded.truncate(mark.decoded);
        self.comments.truncate(mark.comments);
        self.open.clear();
        self.outer.clear();
    }

    /// Puts something in the place of a part of the document that is no prose, as of the language that it names.
    pub fn replace(&mut self, range: Range<usize>, with: impl Into<String>) {
        self.replacements.push((range, with.into()));
    }

    /// Puts something in before and behind a range of the document if its prose becomes another: a reference by its text needs a
    /// label then. No piece may go across its ends.
    pub fn when_changed(&mut self, range: Range<usize>, before: &str, behind: &str) {
        if !range.is_empty() {
            self.conditions.push((range, [before.to_owned(), behind.to_owned()]));
        }
    }

    /// Tells that a part of the document, which begins at this byte, is wrong and was left as it is.
    pub fn fault(&mut self, at: usize, message: impl Into<String>) {
        self.faults.push((at, message.into()));
    }

    /// Returns the texts of all runs, in the order in which they ended.
    pub fn texts(&self, document: &str) -> Vec<String> {
        let mut first = 0;
        let mut texts = Vec::with_capacity(self.ends.len());
        for &end in &self.ends {
            let mut text = String::new();
            for piece in &self.pieces[first..end] {
                self.push_text(piece, document, &mut text);
            }
            texts.push(text);
            first = end;
        }
        texts
    }

    /// Returns the ranges of all pieces, run by run, in bytes of the document.
    pub fn ranges(&self) -> Vec<Vec<Range<usize>>> {
        let mut first = 0;
        let mut runs = Vec::with_capacity(self.ends.len());
        for &end in &self.ends {
            runs.push(self.pieces[first..end].iter().map(Piece::range).collect());
            first = end;
        }
        runs
    }

    /// Makes sure that all places are of this document, and that none was told twice; puts faults and comments in order. A format that is
    /// wrong must not make a document so.
    ///
    /// # Errors
    ///
    /// Where a place is none.
    pub(crate) fn check(&mut self, document: &str) -> Result<(), usize> {
        let is_good = |range: &Range<usize>| {
            range.start <= range.end
                && document.is_char_boundary(range.start)
                && document.is_char_boundary(range.end)
        };
        let others = self.replacements.iter().map(|(range, _)| range);
        let others = others.chain(self.conditions.iter().map(|(range, _)| range));
        let mut others = others.chain(&self.comments).chain(&self.charset);
        if let Some(bad) = others.find(|range| !is_good(range)) {
            return Err(bad.start);
        }
        if let Some(bad) = self.pieces.iter().map(Piece::range).find(|range| !is_good(range)) {
            return Err(bad.start);
        }
        if self.is_overfull {
            return Err(document.len());
        }
        let mut pieces = self.pieces.iter().map(|piece| (piece.start, piece.end));
        let mut last = 0;
        let is_sorted = pieces.all(|(start, end)| start >= std::mem::replace(&mut last, end));
        if !is_sorted {
            let mut sorted: Vec<(u32, u32)> =
                self.pieces.iter().map(|piece| (piece.start, piece.end)).collect();
            sorted.sort_unstable_by_key(|&(start, _)| start);
            if let Some(two) = sorted.windows(2).find(|two| two[0].1 > two[1].0) {
                return Err(two[1].0 as usize);
            }
        }
        if let Some((at, _)) = self.faults.iter().find(|(at, _)| !document.is_char_boundary(*at)) {
            return Err(*at);
        }
        self.faults.sort_by_key(|&(at, _)| at);
        Ok(())
    }

    pub(crate) fn faults_mut(&mut self) -> &mut Vec<(usize, String)> {
        &mut self.faults
    }

    pub(super) fn push_text(&self, piece: &Piece, document: &str, text: &mut String) {
        match piece.text() {
            // Whoever asks before the places are checked is given nothing where there is nothing.
            Text::Verbatim => text.push_str(document.get(piece.range()).unwrap_or_default()),
            Text::Decoded(range) => text.push_str(&self.decoded[range]),
            Text::Object => text.push(OBJECT),
        }
    }

    /// Takes what stands in one of these ranges, which are in order, out of the prose.
    pub(super) fn exclude(&mut self, ranges: &[Range<usize>]) {
        let mut pieces = Vec::with_capacity(self.pieces.len());
        let mut first = 0;
        for end in &mut self.ends {
            for piece in self.pieces[first..*end].iter() {
                split(piece, ranges, &mut pieces);
            }
            first = std::mem::replace(end, pieces.len());
        }
        self.pieces = pieces;
        self.kept = ranges.to_vec();
    }

    /// Returns the ranges that pragmas keep.
    pub(crate) fn kept(&self) -> &[Range<usize>] {
        &self.kept
    }
}

/// Appends a piece without what stands in one of these ranges.
fn split(piece: &Piece, ranges: &[Range<usize>], pieces: &mut Vec<Piece>) {
    let mut rest = piece.clone();
    let range = piece.range();
    let behind = ranges.partition_point(|out| out.end <= range.start);
    let here = ranges[behind..].iter().take_while(|out| out.start < range.end);
    for out in here {
        if !piece.is_verbatim() {
            rest.set_text(Text::Object);
            break;
        }
        let of_rest = rest.range();
        let (start, end) = (of_rest.start.max(out.start), of_rest.end.min(out.end));
        if of_rest.start < start {
            pieces.push(Piece { end: narrow(start), ..rest.clone() });
        }
        pieces.push(Piece::new(start..end, Text::Object, 0));
        rest.start = narrow(end);
    }
    if !rest.range().is_empty() {
        pieces.push(rest);
    }
}
