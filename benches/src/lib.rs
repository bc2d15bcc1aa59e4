//! Benchmarks: see README.md.
