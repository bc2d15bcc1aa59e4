//! The imapkit command line.

fn main() {}
