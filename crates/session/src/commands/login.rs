//! LOGIN: user name and password, as they are. RFC 9051 §6.2.3.
//!
//! Only on a confidential link; the opening sees to that, and to LOGINDISABLED (T028).

use alloc::string::String;

use imapkit_types::Secret;
use imapkit_wire::Encoder;

use crate::command::{Command, Effect, Needs, Nothing, Rules};

/// Logs in with a password.
#[derive(Debug)]
pub(crate) struct Login {
    user: String,
    password: Secret,
}

impl Login {
    /// Logs in as `user`.
    pub(crate) fn new(user: impl Into<String>, password: Secret) -> Self {
        Self { user: user.into(), password }
    }
}

impl Command for Login {
    type Output = ();
    type Gather = Nothing;

    fn name(&self) -> &'static str {
        "LOGIN"
    }

    fn encode(&self, out: &mut Encoder) {
        out.verb("LOGIN").sp().astring(self.user.as_bytes()).sp().astring(self.password.expose().as_bytes());
    }

    fn rules(&self) -> Rules {
        Rules {
            state: Needs::NotAuthenticated,
            effect: Effect::Login,
            exclusive: true,
            secret: true,
            ..Rules::default()
        }
    }

    fn gather(self) -> Nothing {
        Nothing
    }
}

#[cfg(test)]
mod tests {
    use super::super::encoded;
    use super::*;
    use imapkit_wire::Mode;

    #[test]
    fn bytes() {
        let login = Login::new("me", Secret::from("it's \"quoted\""));
        assert_eq!(encoded(&login, Mode::default()).unwrap(), "A1 LOGIN me \"it's \\\"quoted\\\"\"\r\n");
        assert_eq!(
            encoded(&Login::new("", Secret::from("a b")), Mode::default()).unwrap(),
            "A1 LOGIN \"\" \"a b\"\r\n"
        );
    }

    #[test]
    fn t065_a_null_octet_is_refused_and_nothing_shows_the_password() {
        assert!(encoded(&Login::new("me", Secret::from("a\0b")), Mode::default()).is_err());
        assert!(!alloc::format!("{:?}", Login::new("me", Secret::from("hunter2"))).contains("hunter2"));
    }
}
