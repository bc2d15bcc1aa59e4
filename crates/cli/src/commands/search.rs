//! `search`: messages that match, as a list: UID, date, flags, from, size, subject. RFC 9051 §6.4.4.

use futures_util::TryStreamExt;
use imapkit::Selected;
use imapkit::types::{Items, Key, Uid, UidSet};

use crate::args::high::Target;
use crate::connect::{self, Link};
use crate::errors::Outcome;
use crate::exit::Exit;
use crate::message::facts;
use crate::output::Output;
use crate::output::json::{Message, Object};
use crate::output::text::{cut, messages, pad, pad_left, size};

pub(super) async fn run(target: &Target, key: Key, limit: Option<u32>, output: &mut Output) -> Outcome {
    let link = connect::open(target, output).await?;
    let mailbox = link.open_mailbox(false).await?;
    let found = find(&link, &mailbox, key).await?;
    let total = found.len();
    let shown = newest(&found, limit);
    list(&link, &mailbox, &shown, output).await?;
    let cut = if shown.len() < total { format!(", the newest {} shown", shown.len()) } else { String::new() };
    if !output.is_json() {
        output.note(&output.notes().dim(&format!(
            "{} in {}{cut}",
            messages(total),
            crate::output::text::clean(mailbox.mailbox().name())
        )));
    }
    link.close().await;
    Ok(Exit::Done)
}

/// The UIDs that match. A mailbox without messages is not asked.
pub(super) async fn find(link: &Link, mailbox: &Selected, key: Key) -> Outcome<UidSet> {
    if mailbox.info().exists == 0 {
        return Ok(UidSet::new());
    }
    mailbox.search(key).await.map_err(|error| link.problem(&error, "searching"))
}

/// The greatest UIDs: what came last.
fn newest(found: &UidSet, limit: Option<u32>) -> UidSet {
    match limit {
        Some(limit) => found.iter().rev().take(limit as usize).collect(),
        None => found.clone(),
    }
}

/// One line a message, as they come.
pub(super) async fn list(link: &Link, mailbox: &Selected, uids: &UidSet, output: &mut Output) -> Outcome<()> {
    if uids.is_empty() {
        return Ok(());
    }
    let items = Items::new().flags().internal_date().size().envelope();
    let mut rows = mailbox.fetch(uids, items).stream();
    let validity = mailbox.info().uid_validity.unwrap_or(imapkit::types::UidValidity::new(0));
    while let Some(row) = rows.try_next().await.map_err(|error| link.problem(&error, "reading the list"))? {
        let message = facts::message(mailbox.mailbox().name(), validity, row.row());
        output.object(&Object::new("message", &message))?;
        let line = line(&message, row.uid(), row.flags().ok(), output);
        output.line(&line)?;
    }
    Ok(())
}

/// A message on one line; cut to the terminal, if there is one.
pub(super) fn line(message: &Message, uid: Uid, flags: Option<&imapkit::types::Flags>, output: &Output) -> String {
    let paint = output.paint();
    let envelope = message.envelope.as_ref();
    let from = envelope.map(|envelope| facts::who(&envelope.from)).filter(|from| !from.is_empty());
    let subject = envelope.and_then(|envelope| envelope.subject.clone()).filter(|subject| !subject.is_empty());
    let date = message.date.as_deref().map(|date| date.get(..16).unwrap_or(date).replace('T', " ")).unwrap_or_default();
    let from = pad(&cut(&from.unwrap_or_else(|| "(nobody)".to_owned()), 24), 24);
    let subject = subject.unwrap_or_else(|| "(no subject)".to_owned());
    let size = pad_left(&message.size.map(size).unwrap_or_default(), 8);
    let marks = flags.map(facts::marks).unwrap_or_default();
    let is_new = flags.is_some_and(|flags| !flags.seen());
    let head = format!("{:>6}  {}  {}  ", uid.get(), pad(&date, 16), pad(&marks, 5));
    let room = output
        .width()
        .map_or(usize::MAX, |width| width.saturating_sub(crate::output::text::width(&head) + 24 + 2 + 8 + 2).max(10));
    let strong = |text: &str| if is_new { paint.bold(text) } else { text.to_owned() };
    format!("{}{}  {}  {}", paint.dim(&head), strong(&from), paint.dim(&size), strong(&cut(&subject, room)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_have_the_greatest_uids() {
        let found: UidSet = "1:5,9,20:22".parse().unwrap();
        assert_eq!(newest(&found, Some(4)).to_string(), "9,20:22");
        assert_eq!(newest(&found, None), found);
        assert_eq!(newest(&found, Some(0)).len(), 0);
    }
}
