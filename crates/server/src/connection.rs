//! A client from greeting to goodbye: the commands that change how the connection is read, and a loop for all others.
//!
//! STARTTLS, AUTHENTICATE, IDLE and LOGOUT live here because each of them takes over the stream for a while; everything
//! else is one command in, some responses out, and lives in `session`. RFC 3501 §6.1.3, §6.2.1, §6.2.2; RFC 2177; RFC
//! 4959.

use std::sync::Arc;

use imap_codec::{AuthenticateDataCodec, CommandCodec, IdleDoneCodec, fragmentizer::DecodeMessageError};
use imap_types::{
    IntoStatic,
    auth::{AuthMechanism, AuthenticateData},
    command::{Command, CommandBody},
    core::Tag,
};
use tokio::{net::TcpStream, sync::watch};

use crate::{
    config::Capability,
    link::{End, Link, Literals},
    outbox::{Outcome, code},
    server::Shared,
    session::{Reply, Session},
};

/// A connected client.
pub(crate) struct Connection {
    shared: Arc<Shared>,
    pub(crate) link: Link,
    session: Session,
}

impl Connection {
    pub(crate) fn new(shared: Arc<Shared>, stream: TcpStream) -> Self {
        let link = Link::new(stream, shared.limits, shared.offers(Capability::LiteralPlus));
        Self { session: Session::new(shared.clone()), link, shared }
    }

    /// Serves the client until the connection ends.
    pub(crate) async fn serve(&mut self, tls: bool) -> End {
        match self.serve_until_end(tls).await {
            Ok(never) => match never {},
            Err(end) => end,
        }
    }

    async fn serve_until_end(&mut self, tls: bool) -> Result<std::convert::Infallible, End> {
        if tls {
            self.start_tls().await?;
        }
        self.link.out.greeting(self.session.capability_code());
        loop {
            let literals = if self.session.is_authenticated() { Literals::Any } else { Literals::Small };
            self.link.next(literals).await?;
            match self.link.frames.decode_message(&CommandCodec::default()) {
                Ok(command) => {
                    let command = command.into_static();
                    self.take(command).await?;
                }
                Err(error) => {
                    let outcome = Outcome::bad(match error {
                        DecodeMessageError::DecodingRemainder { .. } => "Something follows the command",
                        _ => "Not a command this server understands",
                    });
                    self.link.out.finish(self.link.frames.decode_tag(), outcome);
                }
            }
        }
    }

    async fn start_tls(&mut self) -> Result<(), End> {
        self.link.start_tls(&self.shared.tls).await?;
        self.session.tls = true;
        Ok(())
    }

    async fn take(&mut self, command: Command<'static>) -> Result<(), End> {
        let Command { tag, body } = command;
        if let Err(outcome) = self.session.check_offered(&body) {
            self.link.out.finish(Some(tag), outcome);
            return Ok(());
        }
        match body {
            CommandBody::Logout => {
                self.link.out.bye(None, "Logging out");
                self.link.out.finish(Some(tag), Outcome::ok("LOGOUT completed"));
                Err(End::Logout)
            }
            CommandBody::StartTLS => {
                let allowed = !self.session.tls && !self.session.is_authenticated();
                if !allowed {
                    self.link.out.finish(Some(tag), Outcome::bad("STARTTLS is not possible now"));
                    return Ok(());
                }
                self.link.out.finish(Some(tag), Outcome::ok("Begin TLS negotiation now"));
                self.start_tls().await
            }
            CommandBody::Authenticate { mechanism, initial_response } => {
                let initial = initial_response.map(|response| response.declassify().to_vec());
                let outcome = match self.authenticate(&mechanism, initial).await? {
                    Ok(outcome) | Err(outcome) => outcome,
                };
                self.link.out.finish(Some(tag), outcome);
                Ok(())
            }
            CommandBody::Idle => self.idle(tag).await,
            body => self.session.execute(&mut self.link, tag, body).await,
        }
    }

    async fn authenticate(&mut self, mechanism: &AuthMechanism<'_>, initial: Option<Vec<u8>>) -> Result<Reply, End> {
        let capability = match mechanism {
            AuthMechanism::Plain => Capability::AuthPlain,
            AuthMechanism::Login => Capability::AuthLogin,
            _ => return Ok(Err(Outcome::no("No such mechanism"))),
        };
        if let Err(outcome) = self.session.check_login_allowed() {
            return Ok(Err(outcome));
        }
        if !self.shared.offers(capability) {
            return Ok(Err(Outcome::no("No such mechanism")));
        }
        if initial.is_some() && !self.shared.offers(Capability::SaslIr) {
            return Ok(Err(Outcome::bad("SASL-IR is not offered")));
        }
        let cancelled = || Ok(Err(Outcome::bad("Authentication cancelled")));
        let (user, password) = if capability == Capability::AuthPlain {
            let Some(message) = self.response(b"", initial).await? else { return cancelled() };
            let parts: Vec<&[u8]> = message.split(|&byte| byte == 0).collect();
            match parts[..] {
                [authorization, user, password] if authorization.is_empty() || authorization == user => {
                    (user.to_vec(), password.to_vec())
                }
                _ => return Ok(Err(Outcome::no("Not acceptable").with(code("AUTHENTICATIONFAILED")))),
            }
        } else {
            let Some(user) = self.response(b"Username:", initial).await? else { return cancelled() };
            let Some(password) = self.response(b"Password:", None).await? else { return cancelled() };
            (user, password)
        };
        Ok(self.session.log_in(&user, &password))
    }

    /// The client's answer to a challenge, or `None` if it gives up or cannot be understood.
    async fn response(&mut self, challenge: &'static [u8], initial: Option<Vec<u8>>) -> Result<Option<Vec<u8>>, End> {
        if initial.is_some() {
            return Ok(initial);
        }
        self.link.out.challenge(challenge);
        self.link.next(Literals::Refused).await?;
        // `imap-codec` wants at least four characters of base64, but an empty answer is a legal one.
        if self.link.frames.message_bytes() == b"\r\n" {
            return Ok(Some(Vec::new()));
        }
        Ok(match self.link.frames.decode_message(&AuthenticateDataCodec::default()) {
            Ok(AuthenticateData::Continue(data)) => Some(data.declassify().to_vec()),
            Ok(AuthenticateData::Cancel) | Err(_) => None,
        })
    }

    /// Tells of changes as they happen, until the client says DONE.
    async fn idle(&mut self, tag: Tag<'static>) -> Result<(), End> {
        if !self.session.is_authenticated() {
            self.link.out.finish(Some(tag), Outcome::bad("Log in first"));
            return Ok(());
        }
        self.link.out.go_ahead("Idling, end with DONE");
        let mut changes = self.session.view.as_ref().map(|view| view.mailbox.watch());
        loop {
            if let Some(view) = &mut self.session.view {
                view.sync(&mut self.link.out, true);
            }
            // Waiting for a line can be given up at any time: see `link`.
            tokio::select! {
                line = self.link.next(Literals::Refused) => {
                    line?;
                    break;
                }
                () = next_change(changes.as_mut()) => {}
            }
        }
        let done = self.link.frames.decode_message(&IdleDoneCodec::default()).is_ok();
        let outcome = if done { Outcome::ok("IDLE completed") } else { Outcome::bad("Expected DONE") };
        self.link.out.finish(Some(tag), outcome);
        Ok(())
    }
}

/// Waits for a change of the selected mailbox; for ever where none is selected.
async fn next_change(changes: Option<&mut watch::Receiver<u64>>) {
    if let Some(changes) = changes {
        // An error would mean that the mailbox is gone, but whoever idles on it keeps it.
        if changes.changed().await.is_ok() {
            return;
        }
    }
    std::future::pending::<()>().await;
}
