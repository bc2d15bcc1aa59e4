//! Ctrl-C, heard once and for all.
//!
//! Separate because a signal must not be lost between two waits: one task listens from the start, whoever wants to know asks it. The first
//! Ctrl-C ends the verb in order, with everything resumable; a second one ends the program at once.

use std::sync::OnceLock;

use tokio::sync::watch;

use crate::exit::Exit;

/// Whether somebody pressed Ctrl-C.
#[derive(Clone, Debug)]
pub(crate) struct Interrupt(watch::Receiver<bool>);

impl Interrupt {
    /// Listens from the first call on, until the program ends; everybody who asks hears the same.
    pub(crate) fn listen() -> Self {
        static SHARED: OnceLock<Interrupt> = OnceLock::new();
        SHARED.get_or_init(Self::begin).clone()
    }

    fn begin() -> Self {
        let (pressed, told) = watch::channel(false);
        tokio::spawn(async move {
            // Where there are no signals, nobody presses anything.
            while tokio::signal::ctrl_c().await.is_ok() {
                if pressed.send_replace(true) {
                    leave();
                }
            }
            std::future::pending::<()>().await;
        });
        Self(told)
    }

    /// Somebody has pressed it.
    pub(crate) fn is_pressed(&self) -> bool {
        *self.0.borrow()
    }

    /// Waits until somebody presses it, or has pressed it.
    pub(crate) async fn pressed(&mut self) {
        if self.0.wait_for(|pressed| *pressed).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

#[expect(clippy::exit, reason = "the second Ctrl-C means now; files have their names or are temporary")]
fn leave() -> ! {
    std::process::exit(Exit::Partial.number().into())
}
