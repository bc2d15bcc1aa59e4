//! Query terms among flags, and behind a shell.
//!
//! Two things stand between what people type for a query and what the query language sees: `-is:read` looks like a flag, and a shell takes
//! the quotes off `subject:"two words"`. Both are put right here, apart from the language itself, which other front ends share.

use std::ffi::OsString;

/// Verbs that take a query.
const WITH_QUERY: &[&str] = &["search", "fetch"];

/// Writes `-is:read` as `not is:read`, which means the same and is no flag.
pub(crate) fn spell_out(args: impl Iterator<Item = OsString>) -> Vec<OsString> {
    let args: Vec<OsString> = args.collect();
    if !args.get(1).is_some_and(|verb| WITH_QUERY.iter().any(|known| verb == known)) {
        return args;
    }
    let mut out = Vec::with_capacity(args.len());
    for arg in args {
        match arg.to_str().and_then(negated) {
            Some(term) => out.extend(["not".into(), term.into()]),
            None => out.push(arg),
        }
    }
    out
}

/// `is:read` of `-is:read`. No flag has a colon in it.
fn negated(arg: &str) -> Option<String> {
    let term = arg.strip_prefix('-')?;
    let (key, _) = term.split_once(':')?;
    let is_key =
        key.len() > 1 && !key.starts_with('-') && key.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'-');
    is_key.then(|| term.to_owned())
}

/// The query as it was typed: an argument with spaces in it was quoted, unless it is a whole query by itself.
pub(crate) fn join(words: &[String]) -> String {
    words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ")
}

fn quoted(word: &str) -> String {
    let is_term = |piece: &str| piece.contains(':') || piece.starts_with('-') || ["or", "and", "not"].contains(&piece);
    let is_query = word.contains(['"', '(', ')']) || word.split_whitespace().skip(1).any(is_term);
    if is_query || !word.trim().contains(char::is_whitespace) {
        return word.to_owned();
    }
    let word = word.replace('\\', "\\\\");
    match word.split_once(':') {
        Some((key, value)) if !key.contains(char::is_whitespace) => format!("{key}:\"{value}\""),
        _ => format!("\"{word}\""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn negated_terms_are_spelt_out_and_flags_stay() {
        let args = ["imapkit", "search", "-v", "x", "-is:read", "--limit", "-sent-since:7d", "-x:y", "--", "-"]
            .map(OsString::from);
        let expected =
            ["imapkit", "search", "-v", "x", "not", "is:read", "--limit", "not", "sent-since:7d", "-x:y", "--", "-"]
                .map(OsString::from);
        assert_eq!(spell_out(args.into_iter()), expected);
        let other = ["imapkit", "ls", "-is:read"].map(OsString::from);
        assert_eq!(spell_out(other.clone().into_iter()), other);
    }

    #[test]
    fn quotes_that_the_shell_took_are_put_back() {
        for (typed, meant) in [
            ("exact words", "\"exact words\""),
            ("subject:two words", "subject:\"two words\""),
            ("from:ann since:7d", "from:ann since:7d"),
            ("a or b", "a or b"),
            ("subject:\"two words\" is:read", "subject:\"two words\" is:read"),
            ("re: your mail", "re:\" your mail\""),
            ("word", "word"),
            ("C:\\dir x", "C:\"\\\\dir x\""),
        ] {
            assert_eq!(quoted(typed), meant);
        }
        assert_eq!(join(&["from:ann".into(), "exact words".into()]), "from:ann \"exact words\"");
    }
}
