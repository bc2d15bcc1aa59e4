//! Words, quotes and parentheses of a query.

use std::fmt;

use super::QueryError;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    Open,
    Close,
    Or,
    Not,
    Word { key: Option<String>, value: String, quoted: bool },
}

impl Token {
    fn is_and(&self) -> bool {
        matches!(self, Self::Word { key: None, value, quoted: false } if value.eq_ignore_ascii_case("and"))
    }
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Open => f.write_str("("),
            Self::Close => f.write_str(")"),
            Self::Or => f.write_str("or"),
            Self::Not => f.write_str("not"),
            Self::Word { key: Some(key), value, .. } => write!(f, "{key}:{value}"),
            Self::Word { key: None, value, .. } => f.write_str(value),
        }
    }
}

/// Cuts a query into tokens. A key is lower-cased; its value may be quoted: `subject:"two words"`.
pub(super) fn tokens(query: &str) -> Result<Vec<Token>, QueryError> {
    let mut out = Vec::new();
    let mut rest = query.trim_start();
    while let Some(first) = rest.chars().next() {
        match first {
            '(' | ')' => {
                out.push(if first == '(' { Token::Open } else { Token::Close });
                rest = &rest[1..];
            }
            '-' if rest.len() > 1 && !rest[1..].starts_with(char::is_whitespace) => {
                out.push(Token::Not);
                rest = &rest[1..];
            }
            _ => {
                let (word, behind) = word(rest)?;
                rest = behind;
                // Standing side by side means `and` anyway.
                if !word.is_and() {
                    out.push(word);
                } else if rest.trim_start().is_empty() {
                    return Err(QueryError { word: "and".into(), why: "wants a term behind it" });
                }
            }
        }
        rest = rest.trim_start();
    }
    Ok(out)
}

fn word(text: &str) -> Result<(Token, &str), QueryError> {
    if text.starts_with('"') {
        let (value, rest) = quoted(text)?;
        return Ok((Token::Word { key: None, value, quoted: true }, rest));
    }
    let end = text.find(|c: char| c.is_whitespace() || c == ')' || c == '"').unwrap_or(text.len());
    let (head, rest) = text.split_at(end);
    match head.split_once(':') {
        Some((key, "")) if rest.starts_with('"') => {
            let (value, rest) = quoted(rest)?;
            Ok((Token::Word { key: Some(key.to_lowercase()), value, quoted: true }, rest))
        }
        Some((key, value)) if rest.starts_with('"') => {
            // header:X-Thing="two words"
            let (tail, rest) = quoted(rest)?;
            Ok((Token::Word { key: Some(key.to_lowercase()), value: format!("{value}{tail}"), quoted: true }, rest))
        }
        Some((key, value)) => {
            Ok((Token::Word { key: Some(key.to_lowercase()), value: value.to_owned(), quoted: false }, rest))
        }
        None if head.eq_ignore_ascii_case("or") => Ok((Token::Or, rest)),
        None if head.eq_ignore_ascii_case("not") => Ok((Token::Not, rest)),
        None => Ok((Token::Word { key: None, value: head.to_owned(), quoted: false }, rest)),
    }
}

fn quoted(text: &str) -> Result<(String, &str), QueryError> {
    let mut value = String::new();
    let mut chars = text.char_indices().skip(1);
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Ok((value, &text[at + 1..])),
            '\\' => value.extend(chars.next().map(|(_, c)| c)),
            c => value.push(c),
        }
    }
    Err(QueryError { word: text.to_owned(), why: "opens a quote that is never closed" })
}
