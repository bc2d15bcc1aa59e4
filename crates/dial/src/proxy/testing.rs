//! Plays the proxy: what the client must send, what it gets for it, at every cut.

use super::{Negotiation, ProxyError};

/// The client's line, then the proxy's; the greeting of the server stands behind the last one, in the same segment.
pub(crate) const GREETING: &[u8] = b"* OK behind the proxy\r\n";

/// Runs the script with the proxy's bytes in pieces of `step`; checks that nothing of the greeting is taken.
pub(crate) fn play(mut negotiation: Negotiation, script: &[(&[u8], &[u8])], step: usize) -> Result<(), ProxyError> {
    for (at, (request, reply)) in script.iter().enumerate() {
        let sent = negotiation.poll_transmit().expect("nothing to send");
        assert_eq!(sent.escape_ascii().to_string(), request.escape_ascii().to_string());
        assert!(negotiation.poll_transmit().is_none() && !negotiation.is_done());
        let last = at + 1 == script.len();
        let bytes = if last { [reply, GREETING].concat() } else { reply.to_vec() };
        let mut taken = 0;
        for piece in bytes.chunks(step) {
            taken += negotiation.handle_input(piece)?;
            assert_eq!(negotiation.is_done(), last && taken == reply.len());
        }
        assert_eq!(taken, reply.len(), "took bytes that are not the proxy's");
    }
    assert!(negotiation.is_done() && negotiation.poll_transmit().is_none());
    Ok(())
}
