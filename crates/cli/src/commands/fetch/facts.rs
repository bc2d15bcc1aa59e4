//! `fetch --format jsonl`: one object a message, with the items asked for: the listing other programs build on (`docs/json.md`).

use std::path::Path;

use futures_util::TryStreamExt;
use imapkit::types::{BodySection, Items, Section, UidSet, UidValidity};
use imapkit::{Error, Message};

use super::Run;
use crate::args::low::Item;
use crate::errors::Outcome;
use crate::files::{self, PartFile};
use crate::message::{facts, words};
use crate::output::json::{self, Object};

/// A message larger than this does not go into a JSON string.
const MAX_BODY: usize = 256 << 20;

impl Run<'_> {
    /// Tells the facts of each message, on stdout or in a file beside the mailbox's folder.
    pub(super) async fn facts(&mut self, uids: &UidSet, items: &[Item], folder: Option<&Path>) -> Outcome<()> {
        let mut file = match folder {
            None => None,
            Some(folder) => {
                let path = folder.with_added_extension("jsonl");
                let above = files::above(&path);
                files::make_folder(above)?;
                Some(PartFile::new(path.clone(), above)?)
            }
        };
        self.expect(uids.len(), 0);
        if !uids.is_empty() {
            self.rows(uids, items, &mut file).await?;
        }
        match file {
            Some(file) if !self.interrupted => file.finish(None).map(drop),
            _ => Ok(()),
        }
    }

    async fn rows(&mut self, uids: &UidSet, items: &[Item], file: &mut Option<PartFile>) -> Outcome<()> {
        let mut rows = self.mailbox.fetch(uids, wanted(items)).stream();
        let (name, validity) = (self.mailbox.mailbox().name(), self.validity());
        loop {
            let row = tokio::select! {
                row = rows.try_next() => row.map_err(|error| self.broken(&error))?,
                () = self.interrupt.pressed() => {
                    self.interrupted = true;
                    return Ok(());
                }
            };
            let Some(row) = row else { return Ok(()) };
            let uid = row.uid();
            let message = match read(row, name, validity, items).await {
                Ok(message) => message,
                Err(error) => {
                    self.left_out(uid, &error)?;
                    continue;
                }
            };
            let line = json::line(&Object::new("message", message));
            self.bytes += line.len() as u64;
            match file {
                Some(file) => file.write(line.as_bytes())?,
                None => self.output.raw_line(&line)?,
            }
            self.done.push(uid);
            self.meter.bytes(line.len() as u64);
            self.meter.item();
        }
    }
}

fn wanted(items: &[Item]) -> Items {
    items.iter().fold(Items::new().uid(), |wanted, item| match item {
        Item::Uid => wanted,
        Item::Flags => wanted.flags(),
        Item::Date => wanted.internal_date(),
        Item::Size => wanted.size(),
        Item::Envelope => wanted.envelope(),
        Item::Structure => wanted.body_structure(),
        Item::Headers => wanted.header_peek(),
        Item::Body => wanted.body_peek(),
    })
}

async fn read(mut row: Message, mailbox: &str, validity: UidValidity, items: &[Item]) -> Result<json::Message, Error> {
    let uid = row.uid();
    let (mut headers, mut body) = (None, None);
    while let Some(content) = row.next_body().await? {
        let is_header = matches!(content.section(), BodySection::Body(section) if section.same_as(&Section::header()));
        let octets = content.bytes(MAX_BODY).await?;
        if is_header {
            headers = Some(words::fields(&octets));
        } else {
            body = Some(json::base64(&octets));
        }
    }
    let row = row.finish().await?;
    let message = facts::message(mailbox, validity, &row);
    // Servers may send more than was asked for; the object says what was.
    let flags = message.flags.filter(|_| items.contains(&Item::Flags));
    Ok(json::Message { uid: uid.get(), flags, headers, body, ..message })
}
