//! Plays a script over a connection: does what the player says and brings it the client's bytes.
//!
//! All that there is to know about scripts is in the player; this is the loop between it and a socket. It must not be
//! cleverer than the loops of other users of the player, or they would see another server.

use super::PeerConn;
use crate::script::{Act, Control, LONGEST_REAL_WAIT, Mismatch, Player, Script};

pub(super) fn play(conn: &mut PeerConn, script: &Script) -> Result<(), Mismatch> {
    let mut player = Player::new(script);
    let mut over = false;
    loop {
        let place = player.place();
        let at = |mismatch: Mismatch| Mismatch { place: place.clone(), ..mismatch };
        match player.next_act()? {
            Act::Send(writes) => {
                if let Err(mismatch) = send(conn, &writes) {
                    // A client that has to close need not hear us out.
                    return match player.next_act()? {
                        Act::Control(Control::Eof) => conn.expect_eof().map_err(at),
                        _ => Err(at(mismatch)),
                    };
                }
            }
            Act::Await => {
                let bytes = conn.read_some().map_err(|mismatch| player.gave_up(&mismatch.got))?;
                if bytes.is_empty() {
                    return Err(player.gave_up("the client closed"));
                }
                player.feed(&bytes);
            }
            Act::Advance(time) if time <= LONGEST_REAL_WAIT => std::thread::sleep(time),
            Act::Advance(time) => {
                return Err(Mismatch::new(place, "a virtual clock", format!("{time:?} on a real socket")));
            }
            Act::Control(control) => {
                perform(conn, control).map_err(at)?;
                over = !matches!(control, Control::Tls | Control::Deflate | Control::Accept);
            }
            Act::Done if over => return Ok(()),
            Act::Done => return conn.expect_eof().map_err(at),
        }
    }
}

fn send(conn: &mut PeerConn, writes: &[Vec<u8>]) -> Result<(), Mismatch> {
    for (index, bytes) in writes.iter().enumerate() {
        if index > 0 {
            PeerConn::pause();
        }
        conn.send(bytes)?;
    }
    Ok(())
}

fn perform(conn: &mut PeerConn, control: Control) -> Result<(), Mismatch> {
    match control {
        Control::Tls => conn.start_tls(),
        Control::TlsRefused => conn.start_tls_refused(),
        Control::Deflate => conn.start_deflate(),
        Control::Close => conn.close(),
        Control::Cut => conn.cut(),
        Control::Reset => conn.reset(),
        Control::Stall => conn.drain(),
        Control::Eof => conn.expect_eof(),
        Control::Accept => conn.accept(),
    }
}
