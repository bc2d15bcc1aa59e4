//! One whole server response as bytes, and ranges into it.
//!
//! ENVELOPE and BODYSTRUCTURE hold dozens of small strings a message. A `String` each would cost an allocation, a `Bytes`
//! each an atomic; a [`Span`] costs eight bytes. The value that owns the spans keeps the [`Frame`] alive, so it is
//! `'static + Send` and may be kept as long as the caller likes. RFC 9051 §4 (data formats); this is our own shape, no RFC.
//!
//! Invariant: a span is only meaningful with the frame it was made for; one that does not fit reads as NIL, it never panics.

use alloc::borrow::Cow;
use alloc::vec::Vec;
use bytes::Bytes;
use core::fmt;

/// One response of the server, from its first octet to its final CRLF, inline literals included.
///
/// Cheap to clone (a reference count). Keeping one alive may keep the read buffer it was cut from alive: call
/// [`Frame::detach`] to hold on to one item of many.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Frame(Bytes);

impl Frame {
    /// Wraps the octets of one response.
    pub fn new(bytes: Bytes) -> Self {
        Self(bytes)
    }

    /// The octets as the server sent them.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Number of octets.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// True for the frame of a value that was not decoded from a server's response.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The octets a span names, without undoing quoted-string escapes. `None` for NIL.
    #[inline]
    pub fn raw(&self, span: Span) -> Option<&[u8]> {
        let start = to_usize(span.start);
        let end = start.checked_add(span.len())?;
        self.0.get(start..end)
    }

    /// The string a span names, with quoted-string escapes undone. `None` for NIL.
    #[inline]
    pub fn get(&self, span: Span) -> Option<Cow<'_, [u8]>> {
        let raw = self.raw(span)?;
        Some(if span.is_escaped() { Cow::Owned(unescape(raw)) } else { Cow::Borrowed(raw) })
    }

    /// The octets of a span as a shared buffer: no copy unless escapes have to be undone. `None` for NIL.
    pub fn bytes(&self, span: Span) -> Option<Bytes> {
        match self.get(span)? {
            Cow::Borrowed(raw) => Some(self.0.slice_ref(raw)),
            Cow::Owned(owned) => Some(Bytes::from(owned)),
        }
    }

    /// A copy that no longer pins the buffer this frame was read into.
    #[must_use]
    pub fn detach(&self) -> Self {
        Self(Bytes::copy_from_slice(&self.0))
    }
}

impl fmt::Debug for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Frame({} octets)", self.0.len())
    }
}

/// A range of octets in a [`Frame`], or NIL.
///
/// NIL, `""`, and a string that is not there are three different things: the last is `Option<Span>::None` where it can happen.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Span {
    start: u32,
    /// Length in octets; the top bit says that the octets hold quoted-string escapes.
    len: u32,
}

const ESCAPED: u32 = 1 << 31;

impl Span {
    /// The absent string, `NIL`.
    pub const NIL: Self = Self { start: u32::MAX, len: 0 };
    /// The empty string.
    pub const EMPTY: Self = Self { start: 0, len: 0 };

    /// A range of `len` octets from `start`. Frames are far below 2 GiB; a range that does not fit becomes NIL.
    #[inline]
    pub fn new(start: usize, len: usize) -> Self {
        match (u32::try_from(start), u32::try_from(len)) {
            (Ok(start), Ok(len)) if len & ESCAPED == 0 => Self { start, len },
            _ => Self::NIL,
        }
    }

    /// The content of a quoted string that holds backslash escapes.
    #[inline]
    pub fn escaped(start: usize, len: usize) -> Self {
        let mut span = Self::new(start, len);
        if !span.is_nil() {
            span.len |= ESCAPED;
        }
        span
    }

    /// True for `NIL`.
    #[inline]
    pub const fn is_nil(self) -> bool {
        self.start == u32::MAX
    }

    /// True when reading it has to undo escapes.
    #[inline]
    pub const fn is_escaped(self) -> bool {
        self.len & ESCAPED != 0
    }

    /// Number of octets in the frame, escapes counted; 0 for NIL.
    #[inline]
    pub fn len(self) -> usize {
        to_usize(self.len & !ESCAPED)
    }

    /// True for NIL and for the empty string.
    #[inline]
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// Offset of the first octet in the frame.
    #[inline]
    pub fn start(self) -> usize {
        to_usize(self.start)
    }
}

impl Default for Span {
    fn default() -> Self {
        Self::NIL
    }
}

impl fmt::Debug for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_nil() { f.write_str("NIL") } else { write!(f, "{}+{}", self.start, self.len()) }
    }
}

/// Widening that cannot lose: every platform this runs on has at least 32-bit addresses.
#[inline]
pub(crate) fn to_usize(n: u32) -> usize {
    usize::try_from(n).unwrap_or(usize::MAX)
}

/// Removes the backslash before every escaped octet. Servers escape more than `"` and `\`: the next octet is kept (H48).
fn unescape(raw: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(raw.len());
    let mut octets = raw.iter();
    while let Some(&octet) = octets.next() {
        match octet {
            b'\\' => out.extend(octets.next()),
            _ => out.push(octet),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_reads_raw_escaped_nil_and_out_of_range() {
        let frame = Frame::new(Bytes::from_static(br#"x "a\"b\\c\n" y"#));
        let span = Span::escaped(3, 9);
        assert_eq!(frame.raw(span).unwrap(), br#"a\"b\\c\n"#);
        assert_eq!(frame.get(span).unwrap().as_ref(), br#"a"b\cn"#);
        assert_eq!(frame.get(Span::NIL), None);
        assert_eq!(frame.get(Span::EMPTY).unwrap().as_ref(), b"");
        assert_eq!(frame.raw(Span::new(10, 100)), None, "a span of another frame is NIL, not a panic");
        assert!(Span::new(usize::MAX, 1).is_nil());
        assert!(Span::new(1, 1 << 31).is_nil());
    }

    #[test]
    fn bytes_share_the_buffer_and_detach_leaves_it() {
        let whole = Bytes::from(alloc::vec![b'a'; 64]);
        let frame = Frame::new(whole.clone());
        let part = frame.bytes(Span::new(8, 4)).unwrap();
        assert_eq!(part.as_ptr(), whole[8..].as_ptr());
        assert_ne!(frame.detach().as_bytes().as_ptr(), whole.as_ptr());
    }
}
