//! BODY and BODYSTRUCTURE: the MIME tree of a message as the server sees it.
//!
//! RFC 9051 §7.5.2 `body`. The tree is a flat arena in document order; a node names its parent and its next sibling, so walking
//! needs no recursion and a thousand levels cost no stack (H82). Part numbers follow RFC 9051 §6.4.5.1: the parts of a multipart are
//! 1, 2, …; inside a message/rfc822 numbering starts again below its own number.
//!
//! Invariant: node 0 is the root and exists, even for the all-NIL bodies some servers send (H72).

use crate::envelope::Show;
use crate::{Envelope, EnvelopeParts, Frame, Part, Span, frame::to_usize};
use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;
use core::num::NonZeroU32;

/// The MIME structure of one message. Owns (a share of) the response it came in.
#[derive(Clone, PartialEq, Eq)]
pub struct BodyStructure {
    frame: Frame,
    arena: BodyArena,
}

/// What a decoder found; see [`BodyStructure::new`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BodyArena {
    /// All parts in document order; the first is the root.
    pub nodes: Box<[BodyNode]>,
    /// Parameters and languages of all parts; a language has NIL as its value.
    pub pairs: Box<[(Span, Span)]>,
    /// Envelopes of the nested messages.
    pub envelopes: Box<[EnvelopeParts]>,
    /// Something had to be skipped, guessed, or cut off at a limit.
    pub damaged: bool,
}

/// "No such node" in [`BodyNode`]'s links.
pub const NO_NODE: u32 = u32::MAX;

/// What kind of part a node is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BodyKind {
    /// A leaf.
    #[default]
    Basic,
    /// A leaf of type `text`, with a line count.
    Text,
    /// A `message/rfc822` (or `message/global`) with an envelope and one child.
    Message,
    /// A `multipart`; its children follow. It may have none (H71).
    Multipart,
}

/// One part. Ranges are `(first, end)` indices into [`BodyArena::pairs`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BodyNode {
    /// What kind of part this is.
    pub kind: BodyKind,
    /// Index of the enclosing part, [`NO_NODE`] for the root.
    pub parent: u32,
    /// Index of the next part with the same parent, or [`NO_NODE`].
    pub next: u32,
    /// Index in [`BodyArena::envelopes`] for a nested message, or [`NO_NODE`].
    pub envelope: u32,
    /// Top-level media type; NIL for a multipart, whose type is known.
    pub media_type: Span,
    /// Media subtype.
    pub subtype: Span,
    /// `Content-ID`.
    pub id: Span,
    /// `Content-Description`.
    pub description: Span,
    /// `Content-Transfer-Encoding`.
    pub encoding: Span,
    /// `Content-MD5`.
    pub md5: Span,
    /// `Content-Disposition` without its parameters.
    pub disposition: Span,
    /// `Content-Location`.
    pub location: Span,
    /// Parameters of the media type.
    pub params: (u32, u32),
    /// Parameters of the disposition.
    pub disposition_params: (u32, u32),
    /// `Content-Language`.
    pub languages: (u32, u32),
    /// Size in octets, in its transfer encoding.
    pub octets: u64,
    /// Size in lines, for text and messages.
    pub lines: u64,
}

impl BodyNode {
    /// A part about which nothing is known.
    pub const EMPTY: Self = Self {
        kind: BodyKind::Basic,
        parent: NO_NODE,
        next: NO_NODE,
        envelope: NO_NODE,
        media_type: Span::NIL,
        subtype: Span::NIL,
        id: Span::NIL,
        description: Span::NIL,
        encoding: Span::NIL,
        md5: Span::NIL,
        disposition: Span::NIL,
        location: Span::NIL,
        params: (0, 0),
        disposition_params: (0, 0),
        languages: (0, 0),
        octets: 0,
        lines: 0,
    };
}

impl Default for BodyNode {
    fn default() -> Self {
        Self::EMPTY
    }
}

type Text<'a> = Option<Cow<'a, [u8]>>;

impl BodyStructure {
    /// Puts together what a decoder read from `frame`.
    pub fn new(frame: Frame, arena: BodyArena) -> Self {
        Self { frame, arena }
    }

    /// The outermost part.
    pub fn root(&self) -> BodyPart<'_> {
        BodyPart { tree: self, index: 0 }
    }

    /// Every part in document order, the root first.
    pub fn parts(&self) -> impl Iterator<Item = BodyPart<'_>> {
        (0_u32..).take(self.arena.nodes.len().max(1)).map(|index| BodyPart { tree: self, index })
    }

    /// The part that `BODY[part]` would return, or `None`. [`Part::root`]-like empty parts give the root.
    pub fn find(&self, part: &Part) -> Option<BodyPart<'_>> {
        if part.is_root() {
            return Some(self.root());
        }
        self.parts().find(|candidate| !candidate.is_transparent() && candidate.part() == *part)
    }

    /// True when the server's text was odd enough that something had to be skipped, guessed or cut off.
    pub fn is_damaged(&self) -> bool {
        self.arena.damaged
    }
}

impl fmt::Debug for BodyStructure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_damaged() {
            f.write_str("damaged ")?;
        }
        f.debug_list().entries(self.parts()).finish()
    }
}

/// A part of a [`BodyStructure`]. Cheap to copy.
#[derive(Clone, Copy)]
pub struct BodyPart<'a> {
    tree: &'a BodyStructure,
    index: u32,
}

impl<'a> BodyPart<'a> {
    fn node(&self) -> &'a BodyNode {
        self.tree.arena.nodes.get(to_usize(self.index)).unwrap_or(&BodyNode::EMPTY)
    }

    /// Leaf, text, message or multipart.
    pub fn kind(&self) -> BodyKind {
        self.node().kind
    }

    /// Top-level media type as sent, `multipart` for a multipart; `application` when the server sent NIL (H72).
    pub fn media_type(&self) -> Cow<'a, [u8]> {
        let default: &[u8] = if self.kind() == BodyKind::Multipart { b"multipart" } else { b"application" };
        self.tree.frame.get(self.node().media_type).unwrap_or(Cow::Borrowed(default))
    }

    /// Media subtype; the default of its type when the server sent none (H73).
    pub fn subtype(&self) -> Cow<'a, [u8]> {
        let default: &[u8] = match self.kind() {
            BodyKind::Text => b"plain",
            BodyKind::Multipart => b"mixed",
            BodyKind::Message => b"rfc822",
            BodyKind::Basic => b"octet-stream",
        };
        self.tree.frame.get(self.node().subtype).unwrap_or(Cow::Borrowed(default))
    }

    /// True when type and subtype are these, whatever their case.
    pub fn is(&self, media_type: &str, subtype: &str) -> bool {
        self.media_type().eq_ignore_ascii_case(media_type.as_bytes())
            && self.subtype().eq_ignore_ascii_case(subtype.as_bytes())
    }

    /// Parameters of the media type, as sent.
    pub fn params(&self) -> impl Iterator<Item = (Cow<'a, [u8]>, Text<'a>)> + use<'a> {
        self.pairs(self.node().params)
    }

    /// A parameter of the media type by its name in any case, as sent (RFC 2231 forms are not decoded).
    pub fn param(&self, name: &str) -> Text<'a> {
        self.params().find(|(n, _)| n.eq_ignore_ascii_case(name.as_bytes())).and_then(|(_, value)| value)
    }

    /// `Content-Disposition`: `inline`, `attachment`, …
    pub fn disposition(&self) -> Text<'a> {
        self.text(self.node().disposition)
    }

    /// Parameters of the disposition, as sent.
    pub fn disposition_params(&self) -> impl Iterator<Item = (Cow<'a, [u8]>, Text<'a>)> + use<'a> {
        self.pairs(self.node().disposition_params)
    }

    /// A parameter of the disposition by its name in any case.
    pub fn disposition_param(&self, name: &str) -> Text<'a> {
        self.disposition_params().find(|(n, _)| n.eq_ignore_ascii_case(name.as_bytes())).and_then(|(_, value)| value)
    }

    /// The name a sender gave the file, not decoded: `filename` of the disposition, else `name` of the type. Never a path to write to.
    pub fn file_name(&self) -> Text<'a> {
        self.disposition_param("filename")
            .or_else(|| self.disposition_param("filename*"))
            .or_else(|| self.param("name"))
            .or_else(|| self.param("name*"))
    }

    /// `Content-Language`.
    pub fn languages(&self) -> impl Iterator<Item = Cow<'a, [u8]>> + use<'a> {
        self.pairs(self.node().languages).map(|(language, _)| language)
    }

    /// `Content-ID`.
    pub fn id(&self) -> Text<'a> {
        self.text(self.node().id)
    }

    /// `Content-Description`, not decoded.
    pub fn description(&self) -> Text<'a> {
        self.text(self.node().description)
    }

    /// `Content-Transfer-Encoding`; absent means `7bit`.
    pub fn encoding(&self) -> Text<'a> {
        self.text(self.node().encoding)
    }

    /// `Content-MD5`.
    pub fn md5(&self) -> Text<'a> {
        self.text(self.node().md5)
    }

    /// `Content-Location`.
    pub fn location(&self) -> Text<'a> {
        self.text(self.node().location)
    }

    /// Size in octets in its transfer encoding; 0 for a multipart. Servers miscount: never allocate by it.
    pub fn octets(&self) -> u64 {
        self.node().octets
    }

    /// Size in lines, for text and messages.
    pub fn lines(&self) -> u64 {
        self.node().lines
    }

    /// The envelope of a nested message.
    pub fn envelope(&self) -> Option<Envelope> {
        let parts = self.tree.arena.envelopes.get(to_usize(self.node().envelope))?;
        Some(Envelope::new(self.tree.frame.clone(), parts.clone()))
    }

    /// The enclosing part.
    pub fn parent(&self) -> Option<Self> {
        self.at(self.node().parent)
    }

    /// The parts directly inside.
    pub fn children(&self) -> impl Iterator<Item = Self> + use<'a> {
        let first = self.at(self.index.saturating_add(1)).filter(|part| part.node().parent == self.index);
        core::iter::successors(first, |part| part.at(part.node().next).filter(|next| next.index > part.index))
    }

    /// The part number for `BODY[…]`. A single-part message is part 1; the root multipart has the empty number; a multipart that is the
    /// body of a nested message shares the number of that message.
    pub fn part(&self) -> Part {
        let mut numbers = Vec::new();
        let mut at = *self;
        loop {
            let Some(parent) = at.parent() else {
                if at.kind() != BodyKind::Multipart {
                    numbers.push(NonZeroU32::MIN);
                }
                break;
            };
            match parent.kind() {
                BodyKind::Multipart => {
                    let before = parent.children().take_while(|sibling| sibling.index != at.index).count();
                    let number = u32::try_from(before).unwrap_or(u32::MAX).saturating_add(1);
                    numbers.extend(NonZeroU32::new(number));
                }
                _ if at.kind() != BodyKind::Multipart => numbers.push(NonZeroU32::MIN),
                _ => {}
            }
            at = parent;
            if at.parent().is_none() && at.kind() == BodyKind::Multipart {
                break;
            }
        }
        numbers.reverse();
        Part::new(numbers)
    }

    /// A multipart that has no number of its own: the root, or the body of a nested message.
    fn is_transparent(&self) -> bool {
        self.kind() == BodyKind::Multipart && self.parent().is_none_or(|parent| parent.kind() == BodyKind::Message)
    }

    fn at(&self, index: u32) -> Option<Self> {
        self.tree.arena.nodes.get(to_usize(index)).map(|_| Self { tree: self.tree, index })
    }

    fn text(&self, span: Span) -> Text<'a> {
        self.tree.frame.get(span)
    }

    fn pairs(&self, (first, end): (u32, u32)) -> impl Iterator<Item = (Cow<'a, [u8]>, Text<'a>)> + use<'a> {
        let tree = self.tree;
        let pairs = tree.arena.pairs.get(to_usize(first)..to_usize(end)).unwrap_or_default();
        pairs.iter().map(|&(name, value)| (tree.frame.get(name).unwrap_or_default(), tree.frame.get(value)))
    }
}

impl fmt::Debug for BodyPart<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let node = self.node();
        write!(f, "[{}] {}/{}", self.part(), self.media_type().escape_ascii(), self.subtype().escape_ascii())?;
        for (name, value) in self.params() {
            write!(f, " {}={:?}", name.escape_ascii(), Show(value))?;
        }
        for (label, span) in [
            ("id", node.id),
            ("description", node.description),
            ("encoding", node.encoding),
            ("md5", node.md5),
            ("disposition", node.disposition),
            ("location", node.location),
        ] {
            if !span.is_nil() {
                write!(f, " {label}:{:?}", Show(self.text(span)))?;
            }
        }
        for (name, value) in self.disposition_params() {
            write!(f, " {}={:?}", name.escape_ascii(), Show(value))?;
        }
        for language in self.languages() {
            write!(f, " language:{}", language.escape_ascii())?;
        }
        write!(f, " {} octets {} lines", node.octets, node.lines)?;
        match self.envelope() {
            Some(envelope) => write!(f, " {envelope:?}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;
    use alloc::vec;

    fn tree(nodes: Vec<(BodyKind, u32, u32)>) -> BodyStructure {
        let nodes = nodes
            .into_iter()
            .map(|(kind, parent, next)| BodyNode { kind, parent, next, ..Default::default() })
            .collect();
        BodyStructure::new(Frame::default(), BodyArena { nodes, ..Default::default() })
    }

    #[test]
    fn part_numbers_follow_the_example_of_rfc_9051_6_4_5_1() {
        use BodyKind::{Basic, Message, Multipart, Text};
        // mixed( text, basic, message( mixed( text, basic ) ), mixed( basic, message( mixed( text, alternative( text, text ) ) ) ) )
        let body = tree(vec![
            (Multipart, NO_NODE, NO_NODE),
            (Text, 0, 2),
            (Basic, 0, 3),
            (Message, 0, 7),
            (Multipart, 3, NO_NODE),
            (Text, 4, 6),
            (Basic, 4, NO_NODE),
            (Multipart, 0, NO_NODE),
            (Basic, 7, 9),
            (Message, 7, NO_NODE),
            (Multipart, 9, NO_NODE),
            (Text, 10, 12),
            (Multipart, 10, NO_NODE),
            (Text, 12, 14),
            (Text, 12, NO_NODE),
        ]);
        let numbers: Vec<_> = body.parts().map(|part| part.part().to_string()).collect();
        assert_eq!(
            numbers,
            ["", "1", "2", "3", "3", "3.1", "3.2", "4", "4.1", "4.2", "4.2", "4.2.1", "4.2.2", "4.2.2.1", "4.2.2.2"]
        );
        assert_eq!(body.find(&"4.2.2.1".parse().unwrap()).unwrap().kind(), Text);
        assert_eq!(body.find(&"3".parse().unwrap()).unwrap().kind(), Message);
        assert!(body.find(&"9".parse().unwrap()).is_none());
    }

    #[test]
    fn a_single_part_is_part_1_and_a_message_root_numbers_below_1() {
        use BodyKind::{Message, Text};
        assert_eq!(tree(vec![(Text, NO_NODE, NO_NODE)]).root().part().to_string(), "1");
        let nested = tree(vec![(Message, NO_NODE, NO_NODE), (Text, 0, NO_NODE)]);
        assert_eq!(nested.parts().map(|p| p.part().to_string()).collect::<Vec<_>>(), ["1", "1.1"]);
    }

    #[test]
    fn h072_an_empty_arena_still_has_a_root() {
        let body = tree(vec![]);
        assert!(body.root().is("application", "octet-stream"));
        assert_eq!(body.parts().count(), 1);
    }

    #[test]
    fn links_that_loop_end() {
        let body = tree(vec![(BodyKind::Multipart, NO_NODE, 0), (BodyKind::Text, 0, 1)]);
        assert_eq!(body.root().children().count(), 1);
    }
}
