//! An allocator that counts. Separate because it is the one place here with `unsafe` in it.
//!
//! A program opts in with `#[global_allocator]`. The counters are plain loads and stores, not atomic additions, so that
//! counting costs about a nanosecond: they are right for one thread, which is what the parser benches have.
#![allow(unsafe_code, reason = "GlobalAlloc is an unsafe trait; every call is handed on to the system's allocator")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

static CALLS: AtomicU64 = AtomicU64::new(0);
static OCTETS: AtomicU64 = AtomicU64::new(0);

/// The system's allocator, counted.
#[derive(Debug)]
pub struct Counting;

/// Allocations since the program began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Allocations {
    /// Calls of alloc and realloc.
    pub calls: u64,
    /// Octets they asked for.
    pub octets: u64,
}

impl Allocations {
    /// Up to now. Stays zero in programs whose allocator is not [`Counting`].
    pub fn now() -> Self {
        Self { calls: CALLS.load(Relaxed), octets: OCTETS.load(Relaxed) }
    }

    /// Between `earlier` and this.
    pub fn since(self, earlier: Self) -> Self {
        Self { calls: self.calls - earlier.calls, octets: self.octets - earlier.octets }
    }
}

fn count(octets: usize) {
    CALLS.store(CALLS.load(Relaxed) + 1, Relaxed);
    OCTETS.store(OCTETS.load(Relaxed) + octets as u64, Relaxed);
}

// SAFETY: all calls are handed on unchanged to `System`, which keeps the contract.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size());
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(layout.size());
        // SAFETY: the caller keeps the contract of `alloc_zeroed`.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(size);
        // SAFETY: the caller keeps the contract of `realloc`.
        unsafe { System.realloc(at, layout, size) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        // SAFETY: the caller keeps the contract of `dealloc`.
        unsafe { System.dealloc(at, layout) }
    }
}
