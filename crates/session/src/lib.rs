//! IMAP over time: tags, queue, state and commands as a sans-IO state machine
