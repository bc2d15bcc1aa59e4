//! placeholder during construction
use crate::limits::Limit;
/// A literal that was too large to keep and is not in its frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Elided {
    /// Offset in the frame: just behind the marker that announced it.
    pub at: usize,
    /// Octets it had.
    pub len: u64,
    /// Why it was left out.
    pub limit: Limit,
}
