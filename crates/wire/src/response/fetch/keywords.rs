//! FLAGS of a row.
//!
//! Separate from other flag lists because this one is read a hundred thousand times: well-known flags are bits, and lists that hold other
//! keywords are remembered by their octets, so that rows with equal lists share one allocation. RFC 9051 §2.3.2.
//!
//! Invariant: what is remembered is bounded in number and in size, whatever a server invents.

use alloc::boxed::Box;
use alloc::vec::Vec;
use imapkit_types::Flags;

use crate::cursor::Cursor;
use crate::error::Parsed;
use crate::response::flags;

/// Lists that are remembered.
const LISTS: usize = 64;
/// Octets of the longest list that is remembered.
const LONGEST: usize = 256;

/// Lists of flags that hold unusual keywords.
#[derive(Debug, Default)]
pub(super) struct Keywords {
    lists: Vec<(Box<[u8]>, Flags)>,
    /// The one to forget next.
    oldest: usize,
}

impl Keywords {
    /// `flag-list`; `None` for NIL (H44).
    pub(super) fn flags(&mut self, cursor: &mut Cursor<'_>) -> Parsed<Option<Flags>> {
        let start = cursor.pos();
        let (mut bits, mut unusual) = (0, false);
        flags::names(cursor, |_, name| {
            match Flags::known_bit(name) {
                Some(bit) => bits |= bit,
                None => unusual = true,
            }
            Ok(())
        })?;
        let list = cursor.since(start);
        if !list.starts_with(b"(") {
            return Ok(None);
        }
        if !unusual {
            return Ok(Some(Flags::from_parts(bits, None)));
        }
        if let Some((_, flags)) = self.lists.iter().find(|(known, _)| **known == *list) {
            return Ok(Some(flags.clone()));
        }
        let flags = flags::flags(&mut cursor.window(start, cursor.pos()))?;
        self.remember(list, &flags);
        Ok(Some(flags))
    }

    fn remember(&mut self, list: &[u8], flags: &Flags) {
        if list.len() > LONGEST {
            return;
        }
        let entry = (list.into(), flags.clone());
        if self.lists.len() < LISTS {
            self.lists.push(entry);
        } else if let Some(place) = self.lists.get_mut(self.oldest) {
            *place = entry;
            self.oldest = self.oldest.wrapping_add(1).checked_rem(LISTS).unwrap_or_default();
        }
    }
}

#[cfg(test)]
impl Keywords {
    pub(super) fn is_bounded(&self) -> bool {
        self.lists.len() <= LISTS && self.lists.iter().all(|(list, _)| list.len() <= LONGEST)
    }
}
