//! Scripted peers and tools for testing IMAP code by bytes
