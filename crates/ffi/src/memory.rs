//! Memory that is handed to callers: texts, bytes, lists, and lists of structures.
//!
//! Separate because it is owned by nobody in Rust: it comes from malloc, is one block each, and goes by `imapkit_free`. A list of structures
//! holds the texts its members point to, so freeing the list frees all.

use std::ffi::{c_char, c_void};
use std::mem::{align_of, size_of};
use std::ptr;

use crate::argument::Out;
use crate::outcome::Failure;

/// Frees what a function of this library has handed out: texts, bytes and lists. NULL is permitted.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn imapkit_free(memory: *mut c_void) {
    // SAFETY: NULL, or what `block` got from malloc; that it is freed once is the caller's promise, as with free itself.
    unsafe { libc::free(memory) };
}

/// A block of so many bytes, set to zero.
fn block(size: usize) -> Result<*mut u8, Failure> {
    // SAFETY: calloc may be called with any sizes.
    let block = unsafe { libc::calloc(1, size.max(1)) };
    if block.is_null() { Err(Failure::Memory) } else { Ok(block.cast()) }
}

/// A block with these bytes and a zero byte behind them.
fn copy(bytes: &[u8]) -> Result<*mut u8, Failure> {
    let copy = block(bytes.len().saturating_add(1))?;
    // SAFETY: the block was just made, one byte longer than what is copied.
    unsafe { ptr::copy_nonoverlapping(bytes.as_ptr(), copy, bytes.len()) };
    Ok(copy)
}

/// Where a text goes, and its length without the zero byte at the end. The length may be left out.
pub(crate) struct Text(Out<*mut c_char>, Out<usize>);

impl Text {
    /// # Safety
    /// As for [`Out::new`].
    pub(crate) unsafe fn new(text: *mut *mut c_char, length: *mut usize) -> Result<Self, Failure> {
        // SAFETY: as promised by the caller.
        unsafe { Ok(Self(Out::new(text, "text")?, Out::optional(length))) }
    }

    /// Hands it over; a text that holds a zero byte seems to end there to those who do not look at the length.
    pub(crate) fn put(&self, text: &str) -> Result<(), Failure> {
        self.0.put(copy(text.as_bytes())?.cast());
        self.1.put(text.len());
        Ok(())
    }
}

/// Where bytes go.
pub(crate) struct ByteList(Out<*mut u8>, Out<usize>);

impl ByteList {
    /// # Safety
    /// As for [`Out::new`].
    pub(crate) unsafe fn new(data: *mut *mut u8, length: *mut usize) -> Result<Self, Failure> {
        // SAFETY: as promised by the caller.
        unsafe { Ok(Self(Out::new(data, "data")?, Out::new(length, "length")?)) }
    }

    /// Hands them over, a zero byte behind them.
    pub(crate) fn put(&self, data: &[u8]) -> Result<(), Failure> {
        self.0.put(copy(data)?);
        self.1.put(data.len());
        Ok(())
    }
}

/// Where numbers go.
pub(crate) struct NumberList(Out<*mut u32>, Out<usize>);

impl NumberList {
    /// # Safety
    /// As for [`Out::new`].
    pub(crate) unsafe fn new(numbers: *mut *mut u32, count: *mut usize) -> Result<Self, Failure> {
        // SAFETY: as promised by the caller.
        unsafe { Ok(Self(Out::new(numbers, "numbers")?, Out::new(count, "count")?)) }
    }

    pub(crate) fn put(&self, numbers: &[u32]) -> Result<(), Failure> {
        let copy = block(numbers.len().saturating_mul(size_of::<u32>()))?.cast();
        // SAFETY: the block was just made for so many numbers, and malloc aligns for any of C's types.
        unsafe { ptr::copy_nonoverlapping(numbers.as_ptr(), copy, numbers.len()) };
        self.0.put(copy);
        self.1.put(numbers.len());
        Ok(())
    }
}

/// Structures for C in one block, with the texts their members point to behind them.
pub(crate) struct Structures<T> {
    members: Vec<T>,
    texts: Vec<u8>,
}

/// Where a text will be, counted from the first text.
#[derive(Clone, Copy)]
pub(crate) struct Place(usize);

impl<T: Copy> Structures<T> {
    pub(crate) fn new() -> Self {
        Self { members: Vec::new(), texts: Vec::new() }
    }

    /// Keeps a text for the next member.
    pub(crate) fn text(&mut self, text: &str) -> Place {
        let place = self.texts.len();
        self.texts.extend_from_slice(text.as_bytes());
        self.texts.push(0);
        Place(place)
    }

    pub(crate) fn push(&mut self, member: T) {
        self.members.push(member);
    }

    /// Makes the block. `point` sets the pointers of a member to its texts.
    pub(crate) fn put(
        self,
        list: &Out<*mut T>,
        count: &Out<usize>,
        mut point: impl FnMut(usize, &mut T, &dyn Fn(Place) -> *const c_char),
    ) -> Result<(), Failure> {
        debug_assert!(align_of::<T>() <= align_of::<libc::max_align_t>(), "malloc aligns for any of C's types");
        let head = self.members.len().saturating_mul(size_of::<T>());
        let whole = block(head.saturating_add(self.texts.len()))?;
        // SAFETY: the block was just made for the members and the texts behind them.
        let texts = unsafe {
            let texts = whole.add(head);
            ptr::copy_nonoverlapping(self.texts.as_ptr(), texts, self.texts.len());
            texts
        };
        let members = whole.cast::<T>();
        for (at, mut member) in self.members.into_iter().enumerate() {
            // SAFETY: a place was given by `text`, so it lies within the texts.
            point(at, &mut member, &|place| unsafe { texts.add(place.0) }.cast_const().cast());
            // SAFETY: one of the members the block was made for; aligned, see above.
            unsafe { members.add(at).write(member) };
            count.put(at.saturating_add(1));
        }
        if head == 0 {
            count.put(0);
        }
        list.put(members);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::CStr;

    #[test]
    fn texts_end_in_a_zero_byte_and_tell_their_length() {
        let (mut text, mut length) = (ptr::null_mut(), 0_usize);
        // SAFETY: both are ours.
        let out = unsafe { Text::new(&raw mut text, &raw mut length) }.ok().expect("both are given");
        assert!(out.put("Grüße").is_ok());
        assert_eq!(length, 7);
        // SAFETY: it was just made.
        assert_eq!(unsafe { CStr::from_ptr(text) }.to_str().unwrap(), "Grüße");
        // SAFETY: freed once.
        unsafe { imapkit_free(text.cast()) };
    }

    #[test]
    fn structures_point_into_their_own_block() {
        #[derive(Clone, Copy)]
        #[repr(C)]
        struct Pair {
            name: *const c_char,
            number: u32,
        }
        let mut list = Structures::new();
        let places: Vec<_> = ["one", "", "drei"].iter().map(|name| list.text(name)).collect();
        for number in 1..=3 {
            list.push(Pair { name: ptr::null(), number });
        }
        let (mut pairs, mut count) = (ptr::null_mut::<Pair>(), 9_usize);
        // SAFETY: both are ours.
        let (out, length) = unsafe { (Out::optional(&raw mut pairs), Out::optional(&raw mut count)) };
        assert!(list.put(&out, &length, |at, pair, text| pair.name = text(places[at])).is_ok());
        assert_eq!(count, 3);
        // SAFETY: three pairs were just made.
        let seen = unsafe { std::slice::from_raw_parts(pairs, count) };
        // SAFETY: each name is a text of the block.
        let names: Vec<_> = seen.iter().map(|pair| unsafe { CStr::from_ptr(pair.name) }.to_str().unwrap()).collect();
        assert_eq!((names, seen[2].number), (vec!["one", "", "drei"], 3));
        // SAFETY: freed once.
        unsafe { imapkit_free(pairs.cast()) };
    }
}
