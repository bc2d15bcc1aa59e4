//! `BODY[section]`: from part numbers to the bytes they name.
//!
//! RFC 3501 §6.4.5. The rule that is easy to get wrong: the parts of a `message/rfc822` part are numbered as if the
//! inner message stood in its place, and a message that is not multipart has exactly one part, number 1, which is its
//! own body.

use std::{borrow::Cow, num::NonZeroU32};

use imap_types::fetch::Section;

use super::{Kind, Mime, Part, header};

/// What a list of part numbers leads to.
struct Found<'a> {
    part: &'a Part,
    /// Whether the part is only the body of its message, reached as part 1 of a message that is not multipart.
    is_body: bool,
}

impl Mime {
    /// The bytes of a section, or `None` if the message has no such part.
    pub(crate) fn section(&self, section: Option<&Section<'_>>) -> Option<Cow<'_, [u8]>> {
        let Some(section) = section else { return Some(self.bytes().into()) };
        match section {
            Section::Part(part) => Some(self.slice(&self.find(part.0.as_ref())?.part.body)),
            Section::Mime(part) => Some(self.slice(&self.find(part.0.as_ref())?.part.header)),
            Section::Header(part) => Some(self.slice(&self.message(part.as_ref().map(|part| part.0.as_ref()))?.header)),
            Section::Text(part) => Some(self.slice(&self.message(part.as_ref().map(|part| part.0.as_ref()))?.body)),
            Section::HeaderFields(part, names) => {
                let message = self.message(part.as_ref().map(|part| part.0.as_ref()))?;
                Some(self.header_fields(message, |field| names.as_ref().iter().any(|name| field.is(name.as_ref()))))
            }
            Section::HeaderFieldsNot(part, names) => {
                let message = self.message(part.as_ref().map(|part| part.0.as_ref()))?;
                Some(self.header_fields(message, |field| !names.as_ref().iter().any(|name| field.is(name.as_ref()))))
            }
        }
    }

    /// The message below its header: `RFC822.TEXT`.
    pub(crate) fn text(&self) -> &[u8] {
        &self.bytes()[self.root.body.clone()]
    }

    fn slice(&self, range: &std::ops::Range<usize>) -> Cow<'_, [u8]> {
        Cow::Borrowed(&self.bytes()[range.clone()])
    }

    /// The chosen fields and the empty line that ends every header subset.
    fn header_fields(&self, message: &Part, wanted: impl Fn(&header::Field<'_>) -> bool) -> Cow<'_, [u8]> {
        let block = &self.bytes()[message.header.clone()];
        let mut subset = Vec::new();
        for field in header::fields(block).filter(wanted) {
            subset.extend_from_slice(field.raw);
        }
        subset.extend_from_slice(b"\r\n");
        Cow::Owned(subset)
    }

    /// The message a HEADER or TEXT section speaks of: the whole one, or the one within a `message/rfc822` part.
    fn message(&self, numbers: Option<&[NonZeroU32]>) -> Option<&Part> {
        let Some(numbers) = numbers else { return Some(&self.root) };
        let found = self.find(numbers)?;
        match &found.part.kind {
            Kind::Message(inner) if !found.is_body => Some(inner),
            _ => None,
        }
    }

    fn find(&self, numbers: &[NonZeroU32]) -> Option<Found<'_>> {
        let (first, rest) = numbers.split_first()?;
        let mut found = child_of_message(&self.root, *first)?;
        for number in rest {
            found = match &found.part.kind {
                Kind::Multipart(parts) => child(parts, *number)?,
                Kind::Message(inner) if !found.is_body => child_of_message(inner, *number)?,
                _ => return None,
            };
        }
        Some(found)
    }
}

fn child(parts: &[Part], number: NonZeroU32) -> Option<Found<'_>> {
    let part = parts.get(usize::try_from(number.get() - 1).ok()?)?;
    Some(Found { part, is_body: false })
}

fn child_of_message(message: &Part, number: NonZeroU32) -> Option<Found<'_>> {
    match &message.kind {
        Kind::Multipart(parts) => child(parts, number),
        // A message whose own type is message/rfc822 has that inner message as its part 1.
        Kind::Message(_) => (number.get() == 1).then_some(Found { part: message, is_body: false }),
        Kind::Leaf => (number.get() == 1).then_some(Found { part: message, is_body: true }),
    }
}
