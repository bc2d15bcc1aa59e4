//! Suites that cross crates: see the folders beside this one.
