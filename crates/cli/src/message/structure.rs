//! The tree of a message's parts, for people and for JSON, from what the server said (BODYSTRUCTURE).
//!
//! Separate because the choice of the part to read and the list of attachments come from here, before a byte of content is fetched. RFC
//! 9051 §7.5.2; what is an attachment follows RFC 2183: everything that is not the text one reads.
//!
//! Invariant: linear in the number of parts; the server limits their depth, and so does the decoder.

use imapkit::types::{BodyKind, BodyPart, BodyStructure, Part};
use std::fmt::Write as _;

use super::words;
use crate::output::json;
use crate::output::text::{clean, size};

/// The part for JSON, with everything in it.
pub(crate) fn tree(structure: &BodyStructure) -> json::Part {
    part(structure.root())
}

fn part(node: BodyPart<'_>) -> json::Part {
    let text = |octets: Option<std::borrow::Cow<'_, [u8]>>| {
        octets.map(|octets| clean(&words::octets(&octets)).to_ascii_lowercase())
    };
    json::Part {
        part: number(node),
        media_type: media_type(node),
        charset: text(node.param("charset")),
        encoding: text(node.encoding()),
        disposition: text(node.disposition()),
        file_name: file_name(node),
        size: node.octets(),
        parts: node.children().map(part).collect(),
    }
}

/// `text/plain`, lower case and clean.
pub(crate) fn media_type(node: BodyPart<'_>) -> String {
    let (main, sub) = (node.media_type(), node.subtype());
    clean(&format!("{}/{}", words::octets(&main), words::octets(&sub))).to_ascii_lowercase()
}

/// The file's name as the sender wrote it, decoded. Not a path.
pub(crate) fn file_name(node: BodyPart<'_>) -> Option<String> {
    words::file_name(node.disposition_params(), "filename").or_else(|| words::file_name(node.params(), "name"))
}

/// A forwarded message is called by its subject.
fn subject(node: BodyPart<'_>) -> Option<String> {
    let envelope = node.envelope()?;
    let subject = words::decode(&envelope.subject()?);
    (!subject.is_empty()).then(|| format!("{subject}.eml"))
}

/// The number for `BODY[…]`; empty where a part has none of its own.
fn number(node: BodyPart<'_>) -> String {
    let number = node.part();
    let shares =
        node.kind() == BodyKind::Multipart && node.parent().is_some_and(|parent| parent.kind() == BodyKind::Message);
    if shares { String::new() } else { number.to_string() }
}

/// One line a part, as a tree.
pub(crate) fn lines(structure: &BodyStructure) -> Vec<String> {
    let mut lines = Vec::new();
    // (part, depth); children are put on the pile last first.
    let mut pile = vec![(structure.root(), 0_usize)];
    while let Some((node, depth)) = pile.pop() {
        let number = number(node);
        let mut line = format!(
            "{}{:<6} {}",
            "  ".repeat(depth.min(40)),
            if number.is_empty() { "-" } else { &number },
            media_type(node)
        );
        if let Some(charset) = node.param("charset") {
            let _ = write!(line, "; {}", clean(&words::octets(&charset)).to_ascii_lowercase());
        }
        if let Some(name) = file_name(node) {
            let _ = write!(line, "  \"{name}\"");
        }
        if node.kind() != BodyKind::Multipart {
            let _ = write!(line, "  {}", size(node.octets()));
        }
        if let Some(encoding) = node.encoding() {
            let _ = write!(line, "  {}", clean(&words::octets(&encoding)).to_ascii_lowercase());
        }
        lines.push(line);
        let children: Vec<_> = node.children().collect();
        pile.extend(children.into_iter().rev().map(|child| (child, depth + 1)));
    }
    lines
}

/// The parts that are files, in order.
pub(crate) fn attachments(structure: &BodyStructure) -> Vec<(Part, json::Attachment, Option<Vec<u8>>)> {
    let readable = readable(structure).map(|node| node.part());
    let files = structure.parts().filter(|node| is_file(*node) && !inside_message(*node));
    files
        .filter(|node| Some(node.part()) != readable)
        .map(|node| {
            let attachment = json::Attachment {
                part: number(node),
                name: file_name(node).or_else(|| subject(node)),
                media_type: media_type(node),
                size: node.octets(),
            };
            (node.part(), attachment, node.encoding().map(std::borrow::Cow::into_owned))
        })
        .collect()
}

/// The text a person reads first: plain text if there is any, else HTML; not what is sent as an attachment.
pub(crate) fn readable(structure: &BodyStructure) -> Option<BodyPart<'_>> {
    let texts = || {
        structure
            .parts()
            .filter(|node| node.kind() == BodyKind::Text && !is_sent_as_file(*node) && !inside_message(*node))
    };
    texts()
        .find(|node| node.is("text", "plain"))
        .or_else(|| texts().find(|node| node.is("text", "html")))
        .or_else(|| texts().next())
}

/// A forwarded message is an attachment as a whole; what is inside it is not.
fn inside_message(node: BodyPart<'_>) -> bool {
    std::iter::successors(node.parent(), BodyPart::parent).any(|parent| parent.kind() == BodyKind::Message)
}

fn is_sent_as_file(node: BodyPart<'_>) -> bool {
    node.disposition().is_some_and(|disposition| disposition.eq_ignore_ascii_case(b"attachment"))
}

fn is_file(node: BodyPart<'_>) -> bool {
    match node.kind() {
        BodyKind::Multipart => false,
        BodyKind::Text => is_sent_as_file(node) || file_name(node).is_some(),
        BodyKind::Basic | BodyKind::Message => true,
    }
}
