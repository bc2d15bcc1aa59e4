//! An allocator that knows what each thread holds: octets it has allocated and not freed.
//!
//! Separate from the one that counts calls, so that its cost is not in those figures. What one thread allocates and another frees is held by
//! the first and owed by the second; what is measured with it stays on one thread.
#![allow(unsafe_code, reason = "GlobalAlloc is an unsafe trait; every call is handed on to the system's allocator")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

thread_local! {
    static HELD: Cell<i64> = const { Cell::new(0) };
}

/// The system's allocator, with a balance for each thread.
#[derive(Debug)]
pub struct Holding;

/// Octets this thread holds. Stays zero in programs whose allocator is not [`Holding`].
pub fn held() -> i64 {
    HELD.get()
}

fn book(octets: usize, sign: i64) {
    // A thread that is ending has no balance any more.
    let _ = HELD.try_with(|held| held.set(held.get() + sign * i64::try_from(octets).unwrap_or(i64::MAX)));
}

// SAFETY: all calls are handed on unchanged to `System`, which keeps the contract.
unsafe impl GlobalAlloc for Holding {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        book(layout.size(), 1);
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        book(layout.size(), -1);
        // SAFETY: the caller keeps the contract of `dealloc`.
        unsafe { System.dealloc(at, layout) }
    }
}
