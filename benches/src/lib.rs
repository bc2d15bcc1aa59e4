//! What the measuring programs share: captures, the clock, the allocation counter, the table.
//!
//! README.md says what is measured and how; setup.sh makes the captures. This is a measuring tool, not a library: it panics
//! when a capture is missing, because there is nothing else to do.

pub mod count;
pub mod held;
pub mod stream;
pub mod table;

use std::path::PathBuf;

/// The folder with the captures: `IMAPKIT_BENCH_DIR`, or `imapkit-bench` in the temporary directory.
pub fn data_dir() -> PathBuf {
    std::env::var_os("IMAPKIT_BENCH_DIR").map_or_else(|| std::env::temp_dir().join("imapkit-bench"), PathBuf::from)
}

/// A captured stream of whole responses, such as `w2`.
///
/// # Panics
/// When setup.sh has not been run.
pub fn capture(name: &str) -> Vec<u8> {
    let path = data_dir().join(format!("{name}.cap"));
    std::fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}; run benches/setup.sh", path.display()))
}
