//! The component against real servers: Dovecot and Cyrus in the versions that `tests/servers` raises.
//!
//! A suite of its own because its promise is that every row of its contract works, or fails with the documented number, on each of them. Each
//! test runs on all live servers, one after the other, with mailboxes of its own that are removed whatever happens.
//!
//! Without `IMAPKIT_LIVE` the tests say aloud that they skip; in CI they fail instead.

mod connecting;
mod mail;
#[cfg(feature = "legacy-tls")]
mod old;
mod proxies;

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicU32, Ordering};

use imapkit_control::{AuthType, Control, Options};
use imapkit_testkit::live::{self, LiveServer, LiveUser};

/// One server, one user, one name.
pub(crate) struct Place {
    pub(crate) server: LiveServer,
    pub(crate) user: LiveUser,
    /// A mailbox name nobody else has.
    pub(crate) name: String,
}

impl Place {
    /// A control that knows where to go and as whom, and how to trust.
    pub(crate) fn control(&self) -> Control {
        let control = Control::new();
        control.set_host_name(&self.server.host).unwrap();
        control.set_user_name(&self.user.name);
        control.set_password(&self.user.password);
        control.set_certificate_authorities(&self.server.ca_file);
        control
    }

    /// A control that is connected over TLS by the best way.
    pub(crate) fn connected(&self) -> Control {
        let control = self.control();
        control.set_auth_type(AuthType::Auto);
        let port = Some(self.server.tls_port);
        control.connect(None, port, None, None, None, Some(Options::SecureImplicit)).expect("a connection");
        control
    }

    fn tidy_up(&self) {
        let control = self.connected();
        control.set_mailbox_mask(&format!("{}*", self.name));
        let names: Vec<String> = (0..control.mailboxes().unwrap()).map(|at| control.mailbox(at).unwrap()).collect();
        for name in names.iter().rev() {
            let _ = control.unsubscribe_mailbox(name);
            control.delete_mailbox(name).unwrap_or_else(|error| panic!("removing {name}: {error}"));
        }
    }
}

/// Runs a test on each server.
pub(crate) fn everywhere(test: impl Fn(&Place)) {
    static NEXT: AtomicU32 = AtomicU32::new(1);
    for server in live::servers() {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let users = u32::try_from(server.users.len()).expect("a few");
        let user = server.users[usize::try_from(number % users).expect("a few")].clone();
        let place = Place { name: format!("c{}-{number}", std::process::id()), server, user };
        let outcome = catch_unwind(AssertUnwindSafe(|| test(&place)));
        let tidied = catch_unwind(AssertUnwindSafe(|| place.tidy_up()));
        if let Err(panic) = outcome.and(tidied) {
            say(&format!("on {} as {}", place.server.name, place.user.name));
            resume_unwind(panic);
        }
    }
}

#[allow(clippy::print_stderr, reason = "it belongs to the failure above it")]
fn say(text: &str) {
    eprintln!("{text}");
}
