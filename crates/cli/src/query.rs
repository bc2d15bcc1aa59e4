//! What people type to find mail, compiled to a search tree.
//!
//! `from:ann since:7d is:unread "exact words" -list:announce larger:1m` means all of it; `or` between two terms means either of them,
//! parentheses group. Kept apart from the commands because search, fetch and later flag, mv and rm share it. The terms are in [`HELP`].
//!
//! Invariant: every text becomes a [`Key`] or a [`QueryError`] that names the word; nothing a user types reaches the server unencoded.

mod lexer;
#[cfg(test)]
mod tests;

use std::fmt;

use imapkit::types::{Date, Key, Keyword, UidSet};
use lexer::{Token, tokens};

/// The terms, for `--help`.
pub(crate) const HELP: &str = "\
Terms (all must match; `or` between two means either; `-` or `not` before one turns it around; ( ) group):
  word, \"exact words\"     anywhere in the message
  from: to: cc: bcc:      in that address field
  subject: body: text:    there
  header:NAME=VALUE       in any header field; header:NAME= means the field exists
  list:NAME               in List-Id
  is:unread read flagged answered draft deleted new recent
  has:attachment          is sent as multipart/mixed
  flag:NAME keyword:NAME  has this keyword
  since: before: on:      when it arrived: 2026-11-23, today, yesterday, 7d, 3w, 2m, 1y (ago)
  sent-since: sent-before: sent-on:   by its Date field
  larger: smaller:        size: 500, 20k, 1m
  uid:1:50,99             these UIDs
  gmail:\"…\"               Gmail's own search
  all                     every message";

/// A query that cannot be understood: which word, and why.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct QueryError {
    pub(crate) word: String,
    pub(crate) why: &'static str,
}

impl fmt::Display for QueryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "query: {:?} {}", self.word, self.why)
    }
}

impl std::error::Error for QueryError {}

/// Groups and negations this deep are more than anybody types.
const MAX_DEPTH: usize = 50;

/// Compiles a query. `today` is the day that `7d` counts back from. No words at all find every message.
pub(crate) fn compile(query: &str, today: Date) -> Result<Key, QueryError> {
    let mut parser = Parser { tokens: tokens(query)?, at: 0, today, depth: 0 };
    let key = parser.any()?;
    match parser.next() {
        None => Ok(key),
        Some(token) => Err(error(&token, "closes nothing")),
    }
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
    today: Date,
    depth: usize,
}

impl Parser {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    fn next(&mut self) -> Option<Token> {
        let token = self.peek().cloned();
        self.at += usize::from(token.is_some());
        token
    }

    /// Alternatives: `a b or c d` is (a b) or (c d) for nobody; `or` binds the two terms next to it.
    fn any(&mut self) -> Result<Key, QueryError> {
        let mut all = Vec::new();
        while self.peek().is_some_and(|token| *token != Token::Close) {
            let mut either = vec![self.term()?];
            while self.peek() == Some(&Token::Or) {
                self.at += 1;
                either.push(self.term()?);
            }
            all.extend(Key::any_of(either));
        }
        Ok(Key::all_of(all))
    }

    fn term(&mut self) -> Result<Key, QueryError> {
        let token = self.next().ok_or_else(|| QueryError { word: "or".into(), why: "wants a term behind it" })?;
        match token {
            Token::Not => {
                self.deeper("not")?;
                let key = self.term()?;
                self.depth -= 1;
                Ok(!key)
            }
            Token::Open => {
                self.deeper("(")?;
                let key = self.any()?;
                self.depth -= 1;
                match self.next() {
                    Some(Token::Close) => Ok(key),
                    _ => Err(QueryError { word: "(".into(), why: "is never closed" }),
                }
            }
            Token::Word { key: None, value, quoted } => Self::bare(&value, quoted),
            Token::Word { key: Some(key), value, .. } => self.keyed(&key, &value),
            Token::Or | Token::Close => Err(error(&token, "stands where a term should")),
        }
    }

    /// One level down. Nobody types so many; a program that does must not use up the stack.
    fn deeper(&mut self, word: &str) -> Result<(), QueryError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH { Err(bad(word, "is nested too deeply")) } else { Ok(()) }
    }

    fn bare(value: &str, quoted: bool) -> Result<Key, QueryError> {
        if !quoted && value.eq_ignore_ascii_case("all") {
            return Ok(Key::All);
        }
        Key::text(value).map_err(|_| bad(value, "cannot be searched for"))
    }

    fn keyed(&self, key: &str, value: &str) -> Result<Key, QueryError> {
        let whole = || format!("{key}:{value}");
        if value.is_empty() {
            return Err(bad(&whole(), "wants a value"));
        }
        let text = |made: Result<Key, imapkit::types::Invalid>| {
            made.map_err(|_| bad(&whole(), "holds a character that cannot be searched for"))
        };
        let day =
            || self.day(value).ok_or_else(|| bad(&whole(), "is no date: try 2026-11-23, today, 7d, 3w, 2m or 1y"));
        let octets = || size(value).ok_or_else(|| bad(&whole(), "is no size: try 500, 20k or 1m"));
        match key {
            "from" => text(Key::from(value)),
            "to" => text(Key::to(value)),
            "cc" => text(Key::cc(value)),
            "bcc" => text(Key::bcc(value)),
            "subject" => text(Key::subject(value)),
            "body" => text(Key::body(value)),
            "text" => text(Key::text(value)),
            "list" => text(Key::header("List-Id", value)),
            "gmail" => text(Key::gm_raw(value)),
            "header" => {
                let (name, value) = value.split_once('=').ok_or_else(|| bad(&whole(), "wants NAME=VALUE"))?;
                Key::header(name, value).map_err(|_| bad(&whole(), "is no header field"))
            }
            "is" => state(value).ok_or_else(|| {
                bad(&whole(), "is unknown: unread, read, flagged, answered, draft, deleted, new, recent")
            }),
            "has" if value == "attachment" => text(Key::header("Content-Type", "multipart/mixed")),
            "has" => Err(bad(&whole(), "is unknown: only has:attachment")),
            "flag" | "keyword" => match state(value) {
                Some(known) => Ok(known),
                None => Keyword::new(value).map(Key::Keyword).map_err(|_| bad(&whole(), "cannot be a keyword")),
            },
            "since" => Ok(Key::Since(day()?)),
            "before" => Ok(Key::Before(day()?)),
            "on" => Ok(Key::On(day()?)),
            "sent-since" => Ok(Key::SentSince(day()?)),
            "sent-before" => Ok(Key::SentBefore(day()?)),
            "sent-on" => Ok(Key::SentOn(day()?)),
            "larger" => Ok(Key::Larger(octets()?)),
            "smaller" => Ok(Key::Smaller(octets()?)),
            "uid" => value.parse::<UidSet>().map(Key::Uid).map_err(|_| bad(&whole(), "is no set of UIDs: try 1:50,99")),
            _ => Err(bad(&whole(), "is no term I know; put it in quotes to search for the text")),
        }
    }

    /// `2026-11-23`, `today`, `yesterday`, `7d`, `3w`, `2m`, `1y`: the last four count back from today.
    fn day(&self, value: &str) -> Option<Date> {
        let today = days_from_civil(self.today);
        let back = |days: i64| Date::from_unix_days(today.checked_sub(days)?);
        match value {
            "today" => return back(0),
            "yesterday" => return back(1),
            _ => {}
        }
        if let Some((count, unit)) =
            value.char_indices().last().and_then(|(at, unit)| Some((value.get(..at)?.parse::<i64>().ok()?, unit)))
        {
            let days = match unit {
                'd' => 1,
                'w' => 7,
                'm' => 30,
                'y' => 365,
                _ => return None,
            };
            return back(count.checked_mul(days)?).filter(|_| count >= 0);
        }
        let mut parts = value.splitn(3, '-');
        let (year, month, day) =
            (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
        Date::new(year, month, day).ok()
    }
}

fn state(value: &str) -> Option<Key> {
    Some(match value {
        "unread" | "unseen" => Key::Unseen,
        "read" | "seen" => Key::Seen,
        "flagged" | "starred" => Key::Flagged,
        "unflagged" => Key::Unflagged,
        "answered" | "replied" => Key::Answered,
        "unanswered" => Key::Unanswered,
        "draft" => Key::Draft,
        "deleted" => Key::Deleted,
        "new" => Key::New,
        "recent" => Key::Recent,
        _ => return None,
    })
}

/// `500`, `20k`, `1m`, `2g`: powers of 1024, as mail people count.
fn size(value: &str) -> Option<u64> {
    let (digits, factor) = match value.char_indices().last()? {
        (at, 'k' | 'K') => (value.get(..at)?, 1 << 10),
        (at, 'm' | 'M') => (value.get(..at)?, 1 << 20),
        (at, 'g' | 'G') => (value.get(..at)?, 1 << 30),
        _ => (value, 1),
    };
    digits.parse::<u64>().ok()?.checked_mul(factor)
}

/// Days since 1970-01-01 of a day of the Gregorian calendar.
fn days_from_civil(date: Date) -> i64 {
    let (mut year, month) = (i64::from(date.year()), i64::from(date.month()));
    year -= i64::from(month <= 2);
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + i64::from(date.day()) - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

fn bad(word: &str, why: &'static str) -> QueryError {
    QueryError { word: word.to_owned(), why }
}

fn error(token: &Token, why: &'static str) -> QueryError {
    bad(&token.to_string(), why)
}
