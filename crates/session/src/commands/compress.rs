//! COMPRESS: starts DEFLATE below the commands. RFC 4978.
//!
//! The first octet behind the tagged OK is compressed already, so nothing is pipelined behind it and the session stops at that octet until
//! the layer is in place, which has to take what was read of it already ([`crate::Event::Upgrade`]; protocol.md M18). It needs a login: no credential is ever compressed.

use alloc::vec;

use imapkit_types::Capability;
use imapkit_wire::Encoder;

use crate::command::{Command, Effect, Nothing, Rules};

/// Starts DEFLATE, both ways.
#[derive(Clone, Copy, Debug)]
pub struct Compress;

impl Command for Compress {
    type Output = ();
    type Gather = Nothing;

    fn name(&self) -> &'static str {
        "COMPRESS"
    }

    fn encode(&self, out: &mut Encoder) {
        out.verb("COMPRESS DEFLATE");
    }

    fn rules(&self) -> Rules {
        Rules {
            capabilities: vec![Capability::CompressDeflate],
            effect: Effect::Compress,
            exclusive: true,
            ..Rules::default()
        }
    }

    fn gather(self) -> Nothing {
        Nothing
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes() {
        assert_eq!(super::super::encoded(&Compress, imapkit_wire::Mode::default()).unwrap(), "A1 COMPRESS DEFLATE\r\n");
    }
}
