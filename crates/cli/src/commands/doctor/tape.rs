//! What was said on one connection, for those who want to look at it while it goes on.
//!
//! Separate because several probes ask it different things: what was offered in clear text, whether a `+` came, what the last lines were.
//! Lines come from the library's trace, so secrets are not in them (T109). Bounded: beyond [`MAX`] the oldest lines go.

use std::time::Duration;

use imapkit::TraceLine;
use tokio::sync::watch;

use crate::transcript::unescaped;

/// Lines kept.
const MAX: usize = 4_000;

/// The lines of a connection so far.
#[derive(Clone, Debug)]
pub(super) struct Tape(watch::Sender<Vec<TraceLine>>);

impl Tape {
    /// Nothing said yet.
    pub(super) fn new() -> Self {
        Self(watch::Sender::new(Vec::new()))
    }

    /// Another line.
    pub(super) fn hear(&self, line: &TraceLine) {
        self.0.send_modify(|lines| {
            if lines.len() >= MAX {
                lines.drain(..MAX / 2);
            }
            lines.push(line.clone());
        });
    }

    /// Waits until a line is there that `is` what is wanted, but no longer than `patience`. Lines before `from` do not count.
    pub(super) async fn until(&self, from: usize, patience: Duration, is: impl Fn(&TraceLine) -> bool) -> bool {
        let mut lines = self.0.subscribe();
        let found = lines.wait_for(|lines| lines.iter().skip(from).any(&is));
        matches!(tokio::time::timeout(patience, found).await, Ok(Ok(_)))
    }

    /// How many lines there are.
    pub(super) fn len(&self) -> usize {
        self.0.borrow().len()
    }

    /// Somebody greeted.
    pub(super) fn has_greeting(&self) -> bool {
        self.0.borrow().iter().any(|line| !line.sent)
    }

    /// The last lines, as people write conversations.
    pub(super) fn last(&self, count: usize) -> Vec<String> {
        let lines = self.0.borrow();
        let shown = lines.iter().skip(lines.len().saturating_sub(count));
        shown.map(|line| format!("{} {}", if line.sent { "C:" } else { "S:" }, unescaped(&line.text))).collect()
    }

    /// What was offered in clear text: the last list before STARTTLS was sent.
    pub(super) fn before_starttls(&self) -> Option<Vec<String>> {
        let lines = self.0.borrow();
        let clear = lines.iter().take_while(|line| !(line.sent && line.text.ends_with(" STARTTLS")));
        let offers = clear.filter(|line| !line.sent).filter_map(|line| line.text.split_once("CAPABILITY "));
        let (_, list) = offers.last()?;
        Some(list.split(']').next()?.split_ascii_whitespace().map(str::to_owned).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_in_clear_text_is_the_last_one_before_starttls() {
        let tape = Tape::new();
        let say = |sent, text: &str| tape.hear(&TraceLine { sent, text: text.into() });
        say(false, "* OK [CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED] hi");
        say(true, "A1 NOOP");
        say(true, "A2 STARTTLS");
        say(false, "* CAPABILITY IMAP4rev1 AUTH=PLAIN");
        assert_eq!(tape.before_starttls().unwrap(), ["IMAP4rev1", "STARTTLS", "LOGINDISABLED"]);
        assert_eq!(tape.last(2), ["C: A2 STARTTLS", "S: * CAPABILITY IMAP4rev1 AUTH=PLAIN"]);
    }

    #[test]
    fn a_flood_is_bounded() {
        let tape = Tape::new();
        for _ in 0..3 * MAX {
            tape.hear(&TraceLine { sent: false, text: "* OK".into() });
        }
        assert!(tape.len() <= MAX);
    }
}
