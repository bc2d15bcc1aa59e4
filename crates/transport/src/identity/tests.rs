//! Every kind of file, and every way to fail.
