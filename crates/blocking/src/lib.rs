//! The imapkit client without a runtime: the same verbs, on the caller's thread
