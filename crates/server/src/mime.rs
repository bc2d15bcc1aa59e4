//! A message and the tree of its parts, as byte ranges of what was stored.
//!
//! IMAP serves slices of a message, so this tree holds ranges and nothing decoded. It is written apart from the
//! client's own parsers on purpose: a shared mistake would never show in a test. RFC 2045, RFC 2046 §5.1 (boundaries),
//! RFC 3501 §6.4.5 (part numbers).
//!
//! Invariants: every range lies within `bytes`; a multipart has at least one part; nesting stops at [`MAX_DEPTH`], and
//! what is deeper is a leaf; no byte is scanned more than [`MAX_DEPTH`] times; memory beside the bytes is bounded by
//! [`MAX_PARTS`].

mod address;
mod envelope;
pub(crate) mod header;
mod section;
mod structure;

use std::ops::Range;

use self::header::Structured;

/// How deep parts may nest; real mail stays below ten.
const MAX_DEPTH: usize = 32;
/// How many parts a message may have; what follows the last belongs to it.
const MAX_PARTS: usize = 10_000;

/// A stored message with its structure.
#[derive(Debug)]
pub(crate) struct Mime {
    bytes: Vec<u8>,
    root: Part,
}

#[derive(Debug)]
struct Part {
    /// The header block with the empty line after it.
    header: Range<usize>,
    /// All that follows the header, up to but not including the line end before the next boundary.
    body: Range<usize>,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Leaf,
    Multipart(Vec<Part>),
    Message(Box<Part>),
}

impl Mime {
    /// Finds the parts of a message.
    pub(crate) fn new(bytes: Vec<u8>) -> Self {
        let root = Parser { bytes: &bytes, parts_left: MAX_PARTS }.part(0..bytes.len(), b"text/plain", 0);
        Self { bytes, root }
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The header of the message itself, the empty line included.
    pub(crate) fn header(&self) -> &[u8] {
        &self.bytes[self.root.header.clone()]
    }
}

fn content_type(header: &[u8], default: &[u8]) -> Structured {
    let content = header::value(header, b"Content-Type").map(|value| Structured::parse(&value));
    content
        .filter(|content| content.main.contains(&b'/'))
        .unwrap_or_else(|| Structured { main: default.to_vec(), parameters: Vec::new() })
}

struct Parser<'a> {
    bytes: &'a [u8],
    parts_left: usize,
}

impl Parser<'_> {
    fn part(&mut self, range: Range<usize>, default: &[u8], depth: usize) -> Part {
        let split = range.start + header::header_length(&self.bytes[range.clone()]);
        let (header, body) = (range.start..split, split..range.end);
        let content = content_type(&self.bytes[header.clone()], default);
        let main = content.main.to_ascii_lowercase();
        let kind = if depth >= MAX_DEPTH {
            Kind::Leaf
        } else if main.starts_with(b"multipart/") {
            let default: &[u8] = if main == b"multipart/digest" { b"message/rfc822" } else { b"text/plain" };
            Kind::Multipart(self.parts(&body, content.parameter(b"boundary"), default, depth + 1))
        } else if main == b"message/rfc822" {
            Kind::Message(Box::new(self.part(body.clone(), b"text/plain", depth + 1)))
        } else {
            Kind::Leaf
        };
        Part { header, body, kind }
    }

    fn parts(&mut self, body: &Range<usize>, boundary: Option<&[u8]>, default: &[u8], depth: usize) -> Vec<Part> {
        let ranges = boundary.map(|boundary| self.split(body, boundary)).unwrap_or_default();
        let mut parts: Vec<Part> = ranges.into_iter().map(|part| self.part(part, default, depth)).collect();
        if parts.is_empty() {
            // BODYSTRUCTURE cannot express a multipart without parts; like other servers, show one empty text.
            parts.push(Part { header: body.end..body.end, body: body.end..body.end, kind: Kind::Leaf });
        }
        parts
    }

    /// The ranges between the boundary lines of a multipart body, in order.
    fn split(&mut self, body: &Range<usize>, boundary: &[u8]) -> Vec<Range<usize>> {
        let (mut parts, mut open, mut at) = (Vec::new(), None, body.start);
        while at < body.end && self.parts_left > 0 {
            let line = &self.bytes[at..at + header::line_length(&self.bytes[at..body.end])];
            let next = at + line.len();
            if let Some(closing) = boundary_line(line, boundary) {
                if let Some(start) = open {
                    parts.push(start..without_line_end(self.bytes, start, at));
                    self.parts_left -= 1;
                }
                open = (!closing).then_some(next);
                if closing {
                    break;
                }
            }
            at = next;
        }
        // A multipart cut short still shows its last part.
        parts.extend(open.filter(|&start| start < body.end).map(|start| start..body.end));
        parts
    }
}

/// Whether a line is a boundary, and if so whether it is the closing one.
fn boundary_line(line: &[u8], boundary: &[u8]) -> Option<bool> {
    let rest = line.strip_prefix(b"--")?.strip_prefix(boundary)?.trim_ascii_end();
    match rest {
        b"" => Some(false),
        b"--" => Some(true),
        _ => None,
    }
}

/// The line end before a boundary belongs to the boundary (RFC 2046 §5.1.1).
fn without_line_end(bytes: &[u8], start: usize, end: usize) -> usize {
    let part = &bytes[start..end];
    let part = part.strip_suffix(b"\n").unwrap_or(part);
    start + part.strip_suffix(b"\r").unwrap_or(part).len()
}

#[cfg(test)]
mod tests;
