//! Addresses that stand in a text without any markup.
//!
//! In: a text, and where `http` begins in it. Out: how long the address is. The naive way takes all up to the next blank, and in Chinese
//! that may be the end of the paragraph.

/// Returns the length of an address that begins here, as browsers and wikis link one: up to a blank or a mark of Chinese, with a path in any
/// script.
pub(super) fn url(text: &str, at: usize) -> Option<usize> {
    url_before(text, at, &[])
}

/// Returns the length of an address that begins here and goes no further than one of these.
pub(super) fn url_before(text: &str, at: usize, ends: &[&str]) -> Option<usize> {
    let rest = &text[at..];
    let body = rest.strip_prefix("http://").or_else(|| rest.strip_prefix("https://"))?;
    let head = rest.len() - body.len();
    if text[..at].ends_with(|c: char| c.is_ascii_alphanumeric()) {
        return None;
    }
    let is_stop = |c: char| {
        c.is_whitespace() || "<>\"`|*[]，。、；：！？（）「」『』“”‘’《》〈〉【】…".contains(c)
    };
    let is_end =
        |&(at, c): &(usize, char)| is_stop(c) || ends.iter().any(|end| body[at..].starts_with(end));
    let body = &body[..body.char_indices().find(is_end).map_or(body.len(), |(end, _)| end)];
    // A host in ASCII ends where Chinese begins; a sentence goes on.
    let host = &body[..body.find(['/', '?', '#']).unwrap_or(body.len())];
    let is_own = host.starts_with(|c: char| !c.is_ascii());
    let end = match host.find(|c: char| !c.is_ascii()) {
        Some(end) if !is_own => end,
        _ => body.len(),
    };
    let len =
        body[..end].trim_end_matches(['.', ',', ':', ';', '!', '?', '\'', ')', '_', '~']).len();
    (len > 0).then_some(head + len)
}
