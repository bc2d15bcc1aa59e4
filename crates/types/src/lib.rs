//! IMAP vocabulary: the values of the protocol, with no parsing and no I/O
