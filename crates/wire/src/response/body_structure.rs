//! BODY and BODYSTRUCTURE.
//!
//! ```text
//! body       = "(" (body-1part / body-mpart) ")"
//! body-mpart = 1*body SP subtype [SP params [SP dsp [SP lang [SP loc *(SP ext)]]]]
//! body-1part = type SP subtype SP params SP id SP desc SP enc SP octets [SP lines / SP envelope SP body SP lines]
//!              [SP md5 [SP dsp [SP lang [SP loc *(SP ext)]]]]
//! ```
//! RFC 9051 §7.5.2, §9 `body`. The reader is a loop with a stack of its own: a thousand forwards in forwards cost heap, not stack (H82, T086).
//! What a part says about itself is read in [`fields`].
//!
//! Invariants: at most `max_nodes` parts and `max_depth` levels, what is beyond is passed and the tree is marked as damaged; two
//! allocations, for parts and parameters (and one for each envelope of a nested message).

mod fields;
#[cfg(test)]
mod tests;

use alloc::vec::Vec;
use imapkit_types::{AddressParts, BodyArena, BodyKind, BodyNode, EnvelopeParts, NO_NODE, Span};

use crate::cursor::{Cursor, Quoting};
use crate::error::Parsed;
use crate::hazard;

/// Working memory, kept from one tree to the next.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    /// Of envelopes, here and elsewhere.
    pub(super) addresses: Vec<AddressParts>,
    nodes: Vec<BodyNode>,
    pairs: Vec<(Span, Span)>,
    envelopes: Vec<EnvelopeParts>,
    /// The parts that are open, outermost first.
    stack: Vec<Open>,
    damaged: bool,
}

/// A part whose children are being read.
#[derive(Clone, Copy, Debug)]
struct Open {
    node: u32,
    last_child: u32,
}

/// A body structure, or NIL.
pub(super) fn read(cursor: &mut Cursor<'_>, scratch: &mut Scratch) -> Parsed<Option<BodyArena>> {
    if cursor.nil() {
        return Ok(None);
    }
    scratch.nodes.clear();
    scratch.pairs.clear();
    scratch.envelopes.clear();
    scratch.stack.clear();
    scratch.damaged = cursor.is_lenient() || cursor.quoting() != Quoting::Strict;
    scratch.tree(cursor)?;
    Ok(Some(BodyArena {
        nodes: scratch.nodes.drain(..).collect(),
        pairs: scratch.pairs.as_slice().into(),
        envelopes: scratch.envelopes.drain(..).collect(),
        damaged: scratch.damaged,
    }))
}

impl Scratch {
    fn tree(&mut self, cursor: &mut Cursor<'_>) -> Parsed<()> {
        loop {
            self.part(cursor)?;
            // The part is complete, and perhaps those around it.
            loop {
                let Some(open) = self.stack.last().copied() else {
                    return Ok(());
                };
                cursor.skip_spaces();
                if self.is_multipart(open.node) && cursor.peek() == Some(b'(') {
                    break;
                }
                self.stack.pop();
                self.close(cursor, open.node)?;
            }
        }
    }

    /// Reads parts down to one that is complete.
    fn part(&mut self, cursor: &mut Cursor<'_>) -> Parsed<()> {
        loop {
            cursor.skip_spaces();
            if self.is_missing(cursor) {
                return Ok(());
            }
            cursor.expect(b'(', "a body part")?;
            if self.is_full(cursor) {
                return cursor.skip_to_close();
            }
            cursor.skip_spaces();
            let parent = self.stack.last().map_or(NO_NODE, |open| open.node);
            let mut part = BodyNode { parent, ..BodyNode::EMPTY };
            let has_child = if cursor.peek() == Some(b'(') {
                part.kind = BodyKind::Multipart;
                true
            } else {
                self.single(cursor, &mut part)?
            };
            let node = self.push(part);
            if !has_child {
                return Ok(());
            }
            self.stack.push(Open { node, last_child: NO_NODE });
        }
    }

    /// NIL or `()` where a part belongs: Domino says so of the body of a nested message, Dovecot of the children of a multipart.
    fn is_missing(&mut self, cursor: &mut Cursor<'_>) -> bool {
        if self.stack.is_empty() {
            return false;
        }
        if cursor.rest().starts_with(b"()") {
            cursor.note(hazard::EMPTY_LIST);
            cursor.advance(2);
            return true;
        }
        let missing = cursor.nil() || (cursor.is_lenient() && cursor.peek() != Some(b'('));
        if missing {
            cursor.note(hazard::NIL_PART);
        }
        missing
    }

    /// True when another part would be beyond the limits.
    fn is_full(&mut self, cursor: &mut Cursor<'_>) -> bool {
        let limits = cursor.limits();
        let full = self.nodes.len() >= limits.max_nodes || self.stack.len() >= limits.max_depth;
        if full {
            self.damaged = true;
            cursor.note(hazard::DEPTH);
        }
        full
    }

    /// Adds a part below the innermost open one.
    fn push(&mut self, part: BodyNode) -> u32 {
        let node = index(self.nodes.len());
        if let Some(open) = self.stack.last_mut() {
            let before = core::mem::replace(&mut open.last_child, node);
            if let Some(before) = self.nodes.get_mut(offset(before)) {
                before.next = node;
            }
        }
        self.nodes.push(part);
        node
    }

    /// What stands behind the children of a part, and its `)`.
    fn close(&mut self, cursor: &mut Cursor<'_>, node: u32) -> Parsed<()> {
        let mut part = self.nodes.get(offset(node)).cloned().unwrap_or_default();
        if part.kind == BodyKind::Message {
            cursor.skip_spaces();
            if cursor.peek().is_some_and(|octet| octet.is_ascii_digit() || octet == b'-') {
                part.lines = cursor.count()?.unwrap_or_default();
            }
            self.single_extension(cursor, &mut part)?;
        } else {
            self.multipart(cursor, &mut part)?;
        }
        if let Some(place) = self.nodes.get_mut(offset(node)) {
            *place = part;
        }
        Ok(())
    }

    fn is_multipart(&self, node: u32) -> bool {
        self.nodes.get(offset(node)).is_some_and(|node| node.kind == BodyKind::Multipart)
    }
}

fn index(len: usize) -> u32 {
    u32::try_from(len).unwrap_or(NO_NODE)
}

fn offset(index: u32) -> usize {
    usize::try_from(index).unwrap_or(usize::MAX)
}
