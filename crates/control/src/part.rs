//! The parts of a message, counted as a program counts them: 1, 2, 3, whatever is inside what.
//!
//! Separate because IMAP numbers parts by their place in a tree (`2.1.3`), and programs that save attachments want a list. Counted is every
//! part that holds something, in the order of the message; containers (`multipart/…`) are not. A message inside a message is one part, and what
//! is in it is not counted: it can be saved and read as a message. RFC 9051 §6.4.5, RFC 2046.

use imapkit_blocking::types::{self, BodyKind, BodyPart, BodyStructure, SectionText};

use crate::code::ErrorCode;
use crate::constants::Section;
use crate::control::Result;
use crate::error::ControlError;
use crate::words;

/// One part of a message, as the server describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MessagePart {
    /// Its number, counted from 1.
    pub number: u32,
    /// Its place in the tree, as IMAP writes it: `2.1`.
    pub section: String,
    /// `text/plain`, in lower case.
    pub media_type: String,
    /// The charset of a text, in lower case; empty when none is told.
    pub charset: String,
    /// How it is encoded for the way: `base64`, in lower case; `7bit` when nothing is told.
    pub encoding: String,
    /// The name its sender gave it, decoded; empty when there is none. Not a path.
    pub file_name: String,
    /// Whether it is to be saved rather than shown.
    pub is_attachment: bool,
    /// Its size in bytes as it is sent, encoded.
    pub size: u64,
    /// The Content-ID; empty when there is none.
    pub content_id: String,
}

/// All parts of a message.
pub(crate) fn list(structure: &BodyStructure) -> Vec<MessagePart> {
    leaves(structure).into_iter().zip(1..).map(|(part, number)| describe(part, number)).collect()
}

/// The parts that hold something, in order, what is inside of messages left out.
fn leaves(structure: &BodyStructure) -> Vec<BodyPart<'_>> {
    let holds = |part: &BodyPart<'_>| part.kind() != BodyKind::Multipart && !is_inside_message(*part);
    structure.parts().filter(holds).collect()
}

fn is_inside_message(part: BodyPart<'_>) -> bool {
    std::iter::successors(part.parent(), BodyPart::parent).any(|outer| outer.kind() == BodyKind::Message)
}

fn describe(part: BodyPart<'_>, number: u32) -> MessagePart {
    let text =
        |octets: Option<std::borrow::Cow<'_, [u8]>>| octets.map(|octets| words::plain(&octets)).unwrap_or_default();
    let lower = |octets| text(octets).to_ascii_lowercase();
    let disposition = lower(part.disposition());
    let named = words::file_name(part.disposition_params(), "filename");
    let file_name = named.or_else(|| words::file_name(part.params(), "name")).unwrap_or_default();
    let is_text = part.kind() == BodyKind::Text;
    let encoding = lower(part.encoding());
    MessagePart {
        number,
        section: part.part().to_string(),
        media_type: format!("{}/{}", lower(Some(part.media_type())), lower(Some(part.subtype()))),
        charset: lower(part.param("charset")),
        encoding: if encoding.is_empty() { String::from("7bit") } else { encoding },
        // RFC 2183: what is not said to be inline, and is no text without a name, is to be saved.
        is_attachment: disposition == "attachment" || (disposition != "inline" && (!is_text || !file_name.is_empty())),
        file_name,
        size: part.octets(),
        content_id: text(part.id()),
    }
}

/// Bits that go together.
pub(crate) fn check(section: Section) -> Result<()> {
    let what = section & !Section::Preview;
    let known =
        [Section::Default, Section::Header, Section::MimeHeader, Section::Body, Section::Header | Section::Body];
    if section.unknown() != 0 || !known.contains(&what) {
        return Err(ControlError::invalid(format!("{section:?} is no section of a message")));
    }
    Ok(())
}

/// What to ask the server for.
pub(crate) fn section(structure: Option<&BodyStructure>, part: u32, section: Section) -> Result<types::Section> {
    let what = section & !Section::Preview;
    let (header, mime, body) = (what == Section::Header, what == Section::MimeHeader, what == Section::Body);
    let Some(structure) = structure.filter(|_| part != 0) else {
        return Ok(match (header || mime, body) {
            (true, _) => types::Section::header(),
            (_, true) => types::Section::text(),
            _ => types::Section::whole(),
        });
    };
    let leaf = leaf(structure, part)?;
    let place = leaf.part();
    let is_message = leaf.kind() == BodyKind::Message;
    Ok(match (header, mime, body) {
        (true, ..) if is_message => types::Section::header().of(place),
        (_, _, true) if is_message => types::Section::new(place, SectionText::Text)?,
        (true, ..) | (_, true, _) => types::Section::mime(place),
        _ => types::Section::part(place),
    })
}

/// The part of that number.
pub(crate) fn leaf(structure: &BodyStructure, number: u32) -> Result<BodyPart<'_>> {
    let leaves = leaves(structure);
    let at = usize::try_from(number).ok().and_then(|number| number.checked_sub(1));
    at.and_then(|at| leaves.get(at).copied()).ok_or_else(|| {
        ControlError::new(
            ErrorCode::PartNotFound,
            format!("there is no part {number}: the message has {}", leaves.len()),
        )
    })
}
