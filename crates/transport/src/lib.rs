//! Sans-IO byte layers: TLS and DEFLATE, swapped at a byte boundary; knows no IMAP
