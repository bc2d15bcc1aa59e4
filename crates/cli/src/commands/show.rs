//! `show`: one message for people, without marking it as read.
//!
//! Two flights: what the message is made of, then only what is shown. A small message is fetched whole and taken apart here; of a large one
//! the header and the part to read, so that an attachment of 200 MB costs nothing. RFC 9051 §6.4.5 (BODY.PEEK, sections).

use futures_util::TryStreamExt;
use imapkit::types::{BodyKind, BodyStructure, Fetch, Items, NumSet, Partial, Section, Uid, UidValidity};
use imapkit::{Message, Selected};

use crate::args::high::{Target, View};
use crate::connect::{self, Link};
use crate::errors::{Outcome, Problem};
use crate::exit::Exit;
use crate::message::{facts, structure, text, words};
use crate::output::Output;
use crate::output::json::{self, Object};
use crate::output::text::{clean, size};

/// Messages up to this size are fetched whole.
const SMALL: u64 = 256 << 10;
/// Octets of a text that are shown.
const MAX_TEXT: u64 = 1 << 20;
/// The most that is fetched into memory, whatever sizes the server tells.
const MAX_OCTETS: usize = 4 << 20;
/// The header fields people look at, in this order.
const SHOWN: &[&str] = &["From", "Sender", "Reply-To", "To", "Cc", "Bcc", "Date", "Subject", "List-Id"];

pub(super) async fn run(target: &Target, uid: Uid, view: View, output: &mut Output) -> Outcome {
    let link = connect::open(target, output).await?;
    let mailbox = link.open_mailbox(false).await?;
    match view {
        View::Raw => raw(&link, &mailbox, uid, output).await?,
        View::Structure => {
            let row = look(&link, &mailbox, uid).await?;
            let structure = structure_of(&row)?;
            output.object(&Object::new("message", facts(&mailbox, uid, &row)))?;
            for line in structure::lines(structure) {
                output.line(&line)?;
            }
        }
        View::Headers => {
            let row = look(&link, &mailbox, uid).await?;
            let header = section(&link, &mailbox, uid, Section::header(), None).await?;
            let fields = words::fields(&header);
            for (name, value) in &fields {
                output.line(&format!("{}: {value}", output.paint().bold(name)))?;
            }
            output.object(&Object::new(
                "message",
                json::Message { headers: Some(fields), ..facts(&mailbox, uid, &row) },
            ))?;
        }
        View::Text => whole(&link, &mailbox, uid, output).await?,
    }
    link.close().await;
    Ok(Exit::Done)
}

/// Headers, text and attachments.
pub(super) async fn whole(link: &Link, mailbox: &Selected, uid: Uid, output: &mut Output) -> Outcome<()> {
    let row = look(link, mailbox, uid).await?;
    let structure = row.body_structure();
    let (octets, cut) = readable(link, mailbox, uid, &row).await?;
    let fields = words::fields(&octets);
    let text = text::of_message(&octets);
    let attachments: Vec<json::Attachment> = structure
        .map(|structure| structure::attachments(structure).into_iter().map(|(_, attachment, _)| attachment).collect())
        .unwrap_or_default();
    if output.is_json() {
        let message = json::Message {
            headers: Some(fields),
            text,
            text_truncated: Some(cut),
            attachments: Some(attachments),
            ..facts(mailbox, uid, &row)
        };
        return output.object(&Object::new("message", message));
    }
    let paint = output.paint();
    for name in SHOWN {
        for (_, value) in fields.iter().filter(|(field, _)| field.eq_ignore_ascii_case(name)) {
            output.line(&format!("{} {}", paint.bold(&format!("{name}:")), value))?;
        }
    }
    output.line("")?;
    match &text {
        Some(text) => output.line(text)?,
        None => output.line(&paint.dim("(no text)"))?,
    }
    if cut {
        output.line(&paint.dim("… (the text goes on; all of it: --raw)"))?;
    }
    if !attachments.is_empty() {
        output.line("")?;
        output.line(&paint.bold("Attachments:"))?;
    }
    for attachment in attachments {
        let name = attachment.name.unwrap_or_else(|| "(no name)".to_owned());
        output.line(&format!(
            "  {:<5} {name}  {}",
            attachment.part,
            paint.dim(&format!("{}, {}", attachment.media_type, size(attachment.size)))
        ))?;
    }
    Ok(())
}

fn facts(mailbox: &Selected, uid: Uid, row: &Fetch) -> json::Message {
    let validity = mailbox.info().uid_validity.unwrap_or(UidValidity::new(0));
    json::Message { uid: uid.get(), ..facts::message(mailbox.mailbox().name(), validity, row) }
}

fn structure_of(row: &Fetch) -> Outcome<&BodyStructure> {
    let missing = || {
        Problem::new(Exit::Failed, "protocol", "the server did not tell the structure of the message").next("try --raw")
    };
    row.body_structure().ok_or_else(missing)
}

/// What the message is made of.
async fn look(link: &Link, mailbox: &Selected, uid: Uid) -> Outcome<Fetch> {
    let items = Items::new().flags().internal_date().size().envelope().body_structure();
    let mut rows = mailbox.fetch(&NumSet::from(uid), items).stream();
    let row = rows.try_next().await.map_err(|error| link.problem(&error, "looking at the message"))?;
    let row = row.ok_or_else(|| gone(mailbox, uid))?;
    row.finish().await.map_err(|error| link.problem(&error, "looking at the message"))
}

fn gone(mailbox: &Selected, uid: Uid) -> Problem {
    let name = clean(mailbox.mailbox().name());
    Problem::new(Exit::Failed, "no-message", format!("there is no message {uid} in {name}"))
        .next("UIDs are listed by: imapkit search")
}

/// The octets to take apart: the whole message, or its header and the part to read. True when they were cut.
async fn readable(link: &Link, mailbox: &Selected, uid: Uid, row: &Fetch) -> Outcome<(Vec<u8>, bool)> {
    if row.size.unwrap_or(0) <= SMALL {
        return Ok((section(link, mailbox, uid, Section::whole(), None).await?, false));
    }
    let mut octets = section(link, mailbox, uid, Section::header(), None).await?;
    let Some(part) = row.body_structure().and_then(structure::readable) else { return Ok((octets, false)) };
    let content = section(link, mailbox, uid, Section::part(part.part()), Some(MAX_TEXT)).await?;
    let cut = part.octets() > MAX_TEXT;
    // A single part has its MIME fields in the header; that of a multipart is replaced by those of the part.
    if part.parent().is_some_and(|parent| parent.kind() == BodyKind::Multipart) {
        let mime = section(link, mailbox, uid, Section::mime(part.part()), None).await?;
        let fields = without_mime_fields(&octets);
        octets = [fields, mime].concat();
    }
    octets.extend_from_slice(&content);
    Ok((octets, cut))
}

/// A header without its Content fields and without the empty line at its end.
fn without_mime_fields(header: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(header.len());
    let mut keep = true;
    for line in header.split_inclusive(|&octet| octet == b'\n') {
        if line.trim_ascii().is_empty() {
            break;
        }
        if !line.starts_with(b" ") && !line.starts_with(b"\t") {
            keep = !line.get(..8).is_some_and(|start| start.eq_ignore_ascii_case(b"content-"));
        }
        if keep {
            out.extend_from_slice(line);
        }
    }
    out
}

/// A section that fits into memory, or its first so many octets.
async fn section(link: &Link, mailbox: &Selected, uid: Uid, section: Section, first: Option<u64>) -> Outcome<Vec<u8>> {
    let items = match first.and_then(|first| Partial::new(0, first).ok()) {
        Some(partial) => Items::new().partial_peek(section, partial),
        None => Items::new().section_peek(section),
    };
    let mut rows = mailbox.fetch(&NumSet::from(uid), items).stream();
    let fetching = "fetching the message";
    let row = rows.try_next().await.map_err(|error| link.problem(&error, fetching))?;
    let mut row: Message = row.ok_or_else(|| gone(mailbox, uid))?;
    let body = row.body().map_err(|error| link.problem(&error, fetching))?;
    Ok(body.bytes(MAX_OCTETS).await.map_err(|error| link.problem(&error, fetching))?.to_vec())
}

/// The message as it is, in pieces as they come.
async fn raw(link: &Link, mailbox: &Selected, uid: Uid, output: &mut Output) -> Outcome<()> {
    let mut rows = mailbox.fetch(&NumSet::from(uid), Items::new().body_peek()).stream();
    let fetching = "fetching the message";
    let row = rows.try_next().await.map_err(|error| link.problem(&error, fetching))?;
    let mut row = row.ok_or_else(|| gone(mailbox, uid))?;
    let mut body = row.body().map_err(|error| link.problem(&error, fetching))?;
    let mut all = Vec::new();
    while let Some(piece) = body.chunk().await.map_err(|error| link.problem(&error, fetching))? {
        if output.is_json() {
            all.extend_from_slice(&piece);
        } else {
            output.content(&piece)?;
        }
    }
    let validity = mailbox.info().uid_validity.unwrap_or(UidValidity::new(0));
    let message = json::Message {
        mailbox: mailbox.mailbox().name().to_owned(),
        uid_validity: validity.get(),
        uid: uid.get(),
        body: output.is_json().then(|| json::base64(&all)),
        ..json::Message::default()
    };
    output.object(&Object::new("message", message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fields_of_a_multipart_make_room_for_those_of_its_part() {
        let header = b"From: a\r\nContent-Type: multipart/mixed;\r\n boundary=b\r\nSubject: x\r\n y\r\n\r\n";
        assert_eq!(without_mime_fields(header), b"From: a\r\nSubject: x\r\n y\r\n");
    }
}
