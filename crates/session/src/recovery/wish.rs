//! What a server asks for between the lines: how long to wait, how many connections to have.
//!
//! Separate from the causes because here numbers are read out of texts that were written for people. What is not understood is no wish; a
//! wish is only ever obeyed up to a cap. RFC 5530 (LIMIT, UNAVAILABLE, INUSE); protocol.md §5.5, T110.

use core::time::Duration;

use crate::error::Error;
use crate::recovery::Cause;

/// What the server asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Wish {
    /// Not before so long.
    pub wait: Option<Duration>,
    /// The number of connections it allows, of this account and address, over all programs.
    pub connections: Option<u32>,
}

impl Wish {
    /// What an answer asks for.
    pub fn of(error: &Error) -> Self {
        error.server_text().map_or_else(Self::default, Self::of_text)
    }

    /// What a text asks for.
    ///
    /// ```
    /// # use imapkit_session::recovery::Wish;
    /// # use std::time::Duration;
    /// let wish = Wish::of_text("Request is throttled. Suggested Backoff Time: 299961 milliseconds");
    /// assert_eq!(wish.wait, Some(Duration::from_millis(299_961)));
    /// let wish = Wish::of_text("Maximum number of connections from user+IP exceeded (mail_max_userip_connections=10)");
    /// assert_eq!(wish.connections, Some(10));
    /// ```
    pub fn of_text(text: &str) -> Self {
        let text = text.to_lowercase();
        let wait = ["backoff time:", "try again in", "retry after", "retry in", "wait for", "please wait"];
        let connections = match Cause::of_text(&text) {
            Some(Cause::TooManyConnections) => {
                let names = ["mail_max_userip_connections", "maxperip", "limit of", "maximum of", "limit:", "max:"];
                names.iter().find_map(|name| number(after(&text, name)?)).map(|(count, _)| count)
            }
            _ => None,
        };
        Self {
            wait: wait.iter().find_map(|words| span(after(&text, words)?)),
            connections: connections.and_then(|count| u32::try_from(count).ok()).filter(|count| *count > 0),
        }
    }
}

fn after<'t>(text: &'t str, words: &str) -> Option<&'t str> {
    text.split_once(words).map(|(_, rest)| rest)
}

/// The number that begins here, behind spaces, `=` or `:`; and what is behind it.
fn number(text: &str) -> Option<(u64, &str)> {
    let text = text.trim_start_matches([' ', '=', ':', '(']);
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, rest) = text.split_at_checked(end)?;
    Some((digits.parse().ok()?, rest.trim_start()))
}

/// A number with its unit.
fn span(text: &str) -> Option<Duration> {
    let (count, unit) = number(text)?;
    match unit {
        unit if unit.starts_with("ms") || unit.starts_with("milli") => Some(Duration::from_millis(count)),
        unit if unit.starts_with('s') => Some(Duration::from_secs(count)),
        unit if unit.starts_with("min") => Some(Duration::from_secs(count.saturating_mul(60))),
        unit if unit.starts_with('h') => Some(Duration::from_secs(count.saturating_mul(3600))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn t110_waits_and_limits_are_read_from_what_servers_say() {
        for (text, seconds, connections) in [
            ("Request is throttled. Suggested Backoff Time: 92000 milliseconds", Some(92), None),
            ("Too many logins, try again in 5 minutes", Some(300), None),
            ("Temporary failure, retry after 30 seconds.", Some(30), None),
            ("rate limit exceeded: please wait 2h", Some(7200), None),
            ("Maximum number of connections from user+IP exceeded (mail_max_userip_connections=20)", None, Some(20)),
            ("Too many connections: MAXPERIP=4", None, Some(4)),
            ("Too many simultaneous connections. (Failure)", None, None),
            ("Suggested Backoff Time: soon", None, None),
            ("Suggested Backoff Time: 99999999999999999999 milliseconds", None, None),
            ("Suggested Backoff Time: 18446744073709551615 hours", Some(u64::MAX), None),
            ("mail_max_userip_connections=0", None, None),
            ("completed in 5 seconds", None, None),
        ] {
            let wish = Wish::of_text(text);
            assert_eq!((wish.wait.map(|wait| wait.as_secs()), wish.connections), (seconds, connections), "{text}");
        }
    }
}
