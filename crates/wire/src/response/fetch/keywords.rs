//! FLAGS of a row.
//!
//! Separate from other flag lists because this one is read a hundred thousand times, and says the same few things each time: lists are
//! remembered by their octets. A list that was seen before costs a comparison, and rows with equal keywords share one allocation. RFC 9051
//! §2.3.2.
//!
//! Invariant: what is remembered is bounded in number and in size, whatever a server invents.

use alloc::boxed::Box;
use alloc::vec::Vec;
use imapkit_types::Flags;
use memchr::memchr;

use crate::cursor::Cursor;
use crate::error::Parsed;
use crate::response::flags;

/// Lists that are remembered.
const LISTS: usize = 64;
/// Octets of the longest list that is remembered.
const LONGEST: usize = 256;

/// Lists of flags, each in a place that follows from its octets.
#[derive(Debug, Default)]
pub(super) struct Keywords {
    lists: Vec<Option<(Box<[u8]>, Flags)>>,
}

impl Keywords {
    /// `flag-list`; `None` for NIL (H44).
    #[inline]
    pub(super) fn flags(&mut self, cursor: &mut Cursor<'_>) -> Parsed<Option<Flags>> {
        let rest = cursor.rest();
        let list = memchr(b')', rest).and_then(|last| rest.get(..=last)).unwrap_or_default();
        if let Some(Some((known, flags))) = self.lists.get(place(list)) {
            if **known == *list {
                cursor.advance(list.len());
                return Ok(Some(flags.clone()));
            }
        }
        self.new_list(cursor, list)
    }

    /// Reads a list and remembers it, provided that it ends with its first parenthesis.
    fn new_list(&mut self, cursor: &mut Cursor<'_>, list: &[u8]) -> Parsed<Option<Flags>> {
        let start = cursor.pos();
        let odd = cursor.noted();
        let flags = flags::flags(cursor)?;
        let read = cursor.since(start);
        if !read.starts_with(b"(") {
            return Ok(None);
        }
        // What was odd about a list has to be noted each time it is read.
        if read == list && read.len() <= LONGEST && cursor.noted() == odd {
            self.lists.resize(LISTS, None);
            if let Some(entry) = self.lists.get_mut(place(list)) {
                *entry = Some((list.into(), flags.clone()));
            }
        }
        Ok(Some(flags))
    }
}

/// Where a list is remembered: its length, and an octet near its end, where lists that begin alike differ.
#[inline]
fn place(list: &[u8]) -> usize {
    let end = list.len().wrapping_sub(3);
    let octet = list.get(end).copied().unwrap_or_default();
    list.len().wrapping_mul(7).wrapping_add(usize::from(octet)) & LISTS.wrapping_sub(1)
}

#[cfg(test)]
impl Keywords {
    pub(super) fn is_bounded(&self) -> bool {
        self.lists.len() <= LISTS && self.lists.iter().flatten().all(|(list, _)| list.len() <= LONGEST)
    }
}
