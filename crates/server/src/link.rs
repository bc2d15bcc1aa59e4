//! One client's byte stream: framing in, buffered responses out, TLS in between.
//!
//! `imap-codec`'s fragmentizer finds where commands end; this file decides which literals to let in and keeps the
//! limits. RFC 3501 §4.3, §7.5; RFC 7888 (non-synchronizing literals).
//!
//! Invariants: a refused literal is never read as commands; memory per connection stays below the two limits together;
//! every wait ends after the idle limit; a future that is dropped loses no byte, so waiting for a line can be given up
//! at any time.

use std::{io, time::Duration};

use imap_codec::fragmentizer::{FragmentInfo, Fragmentizer, LiteralAnnouncement};
use imap_types::core::LiteralMode;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};

use crate::{
    config::Limits,
    outbox::{Outbox, Outcome},
};

/// Responses are sent once this many bytes wait, or when the client has to act.
const SEND_AT: usize = 64 << 10;

/// How many bytes are read at once.
const READ_AT_ONCE: usize = 16 << 10;

/// Why a connection ends.
pub(crate) enum End {
    /// The client is gone, or cannot be talked to.
    Closed,
    /// The server says goodbye with this reason.
    Bye(&'static str),
    /// LOGOUT; all is said.
    Logout,
}

impl From<io::Error> for End {
    fn from(_: io::Error) -> Self {
        Self::Closed
    }
}

/// Which literals the client may send now.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Literals {
    /// None: the client owes a single line.
    Refused,
    /// Those of a command before login.
    Small,
    /// Those of a command after login, where APPEND may carry a message.
    Any,
}

enum Socket {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
    /// A handshake has taken the stream and not given it back.
    Gone,
}

impl Socket {
    async fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(stream) => stream.read(buffer).await,
            Self::Tls(stream) => stream.read(buffer).await,
            Self::Gone => Ok(0),
        }
    }

    async fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(stream) => stream.write(bytes).await,
            Self::Tls(stream) => stream.write(bytes).await,
            Self::Gone => Err(io::ErrorKind::NotConnected.into()),
        }
    }

    async fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Tls(stream) => stream.flush().await,
            Self::Plain(_) | Self::Gone => Ok(()),
        }
    }

    async fn shutdown(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(stream) => stream.shutdown().await,
            Self::Tls(stream) => stream.shutdown().await,
            Self::Gone => Ok(()),
        }
    }
}

/// A connection below the level of commands.
pub(crate) struct Link {
    socket: Socket,
    pub(crate) frames: Fragmentizer,
    pub(crate) out: Outbox,
    sent: usize,
    limits: Limits,
    literal_plus: bool,
    command: Progress,
    buffer: Box<[u8]>,
}

/// How much of the current command has come in.
#[derive(Default)]
struct Progress {
    /// Bytes that count towards the command limit.
    counted: usize,
    /// Where the fragment now being read started.
    fragment_start: usize,
    in_literal: bool,
    /// Set when a literal was refused that the client sends all the same.
    refused: Option<Refusal>,
}

#[derive(Clone, Copy)]
enum Refusal {
    MessageTooBig,
    CommandTooBig,
    NotOffered,
}

impl Refusal {
    fn outcome(self) -> Outcome {
        match self {
            Self::MessageTooBig => {
                Outcome::no("Message exceeds the message limit").with(imap_types::response::Code::TooBig)
            }
            Self::CommandTooBig => Outcome::bad("Literal exceeds the command limit"),
            Self::NotOffered => Outcome::bad("LITERAL+ is not offered"),
        }
    }
}

impl Link {
    pub(crate) fn new(stream: TcpStream, limits: Limits, literal_plus: bool) -> Self {
        Self {
            socket: Socket::Plain(stream),
            frames: Fragmentizer::new(limits.command.saturating_add(limits.message)),
            out: Outbox::default(),
            sent: 0,
            limits,
            literal_plus,
            command: Progress::default(),
            buffer: vec![0; READ_AT_ONCE].into(),
        }
    }

    /// Starts TLS. Whatever the client sent before its handshake is forgotten, so that nothing said in the clear can
    /// pass for something said in private (RFC 3501 §6.2.1; M12).
    pub(crate) async fn start_tls(&mut self, acceptor: &TlsAcceptor) -> io::Result<()> {
        self.send().await?;
        self.frames = Fragmentizer::new(self.limits.command.saturating_add(self.limits.message));
        if let Socket::Plain(stream) = std::mem::replace(&mut self.socket, Socket::Gone) {
            self.socket = Socket::Tls(Box::new(within(self.limits.idle, acceptor.accept(stream)).await?));
        }
        Ok(())
    }

    /// Sends all that waits.
    pub(crate) async fn send(&mut self) -> io::Result<()> {
        let unsent = self.sent < self.out.bytes.len();
        while self.sent < self.out.bytes.len() {
            match within(self.limits.idle, self.socket.write(&self.out.bytes[self.sent..])).await? {
                0 => return Err(io::ErrorKind::WriteZero.into()),
                count => self.sent += count,
            }
        }
        self.out.bytes.clear();
        self.out.bytes.shrink_to(SEND_AT);
        self.sent = 0;
        if unsent { within(self.limits.idle, self.socket.flush()).await } else { Ok(()) }
    }

    /// Sends if much waits; called between responses, so that a large answer never piles up in memory.
    pub(crate) async fn relieve(&mut self) -> io::Result<()> {
        if self.out.bytes.len() < SEND_AT { Ok(()) } else { self.send().await }
    }

    /// Says goodbye, unless the client is in the middle of a response, and closes.
    pub(crate) async fn close(&mut self, reason: Option<&'static str>, patience: Duration) {
        if let Some(reason) = reason.filter(|_| self.sent == 0) {
            self.out.bye(None, reason);
        }
        // Nothing depends on the client taking it.
        let _ = timeout(patience, async {
            self.send().await?;
            self.socket.shutdown().await
        })
        .await;
    }

    /// Reads up to the end of the next command or line, for `frames` to decode. Answers refused literals itself.
    pub(crate) async fn next(&mut self, literals: Literals) -> Result<(), End> {
        loop {
            let Some(fragment) = self.frames.progress() else {
                self.check_length()?;
                self.send().await?;
                self.read().await?;
                continue;
            };
            self.command.fragment_start = fragment.range().end;
            self.command.in_literal = false;
            if let FragmentInfo::Line { start, end, announcement, .. } = fragment {
                self.command.counted += end - start;
                if self.command.counted > to_usize(self.limits.command) {
                    return Err(End::Bye("Command exceeds the command limit"));
                }
                if let Some(announcement) = announcement {
                    self.announced(announcement, literals)?;
                }
            }
            if self.frames.is_message_complete() {
                match std::mem::take(&mut self.command).refused {
                    Some(refusal) => self.out.finish(self.frames.decode_tag(), refusal.outcome()),
                    None => return Ok(()),
                }
            }
        }
    }

    /// Ends a line that never ends.
    fn check_length(&self) -> Result<(), End> {
        let pending = self.frames.message_bytes().len().saturating_sub(self.command.fragment_start);
        if self.command.in_literal || self.command.counted + pending <= to_usize(self.limits.command) {
            Ok(())
        } else {
            Err(End::Bye("Command exceeds the command limit"))
        }
    }

    async fn read(&mut self) -> Result<(), End> {
        match timeout(self.limits.idle, self.socket.read(&mut self.buffer)).await {
            Ok(Ok(0) | Err(_)) => Err(End::Closed),
            Ok(Ok(count)) => {
                self.frames.enqueue_bytes(&self.buffer[..count]);
                Ok(())
            }
            Err(_) => Err(End::Bye("Idle for too long")),
        }
    }

    fn announced(&mut self, literal: LiteralAnnouncement, literals: Literals) -> Result<(), End> {
        let is_sync = literal.mode == LiteralMode::Sync;
        let refusal = self.refusal(literal, literals);
        match refusal {
            _ if literals == Literals::Refused => return Err(End::Bye("A literal has no place here")),
            None => {
                if is_sync {
                    self.out.go_ahead("Ready for literal data");
                }
                self.command.in_literal = true;
            }
            Some(refusal) if is_sync => {
                self.out.finish(self.frames.decode_tag(), refusal.outcome());
                // The client may only send the literal after a go-ahead, so the next byte starts a command.
                self.frames.skip_message();
                self.command = Progress::default();
            }
            // The literal follows unasked. Before login nobody may make us read megabytes.
            Some(_) if literals == Literals::Small => return Err(End::Bye("Literal exceeds the command limit")),
            Some(refusal) => {
                self.frames.poison_message();
                self.command.refused = Some(refusal);
                self.command.in_literal = true;
            }
        }
        Ok(())
    }

    fn refusal(&mut self, literal: LiteralAnnouncement, literals: Literals) -> Option<Refusal> {
        if literal.mode == LiteralMode::NonSync && !self.literal_plus {
            return Some(Refusal::NotOffered);
        }
        if literals == Literals::Any && is_append(self.frames.message_bytes()) {
            return (literal.length > self.limits.message).then_some(Refusal::MessageTooBig);
        }
        let counted = self.command.counted.saturating_add(to_usize(literal.length));
        if counted > to_usize(self.limits.command) {
            return Some(Refusal::CommandTooBig);
        }
        self.command.counted = counted;
        None
    }
}

/// Whether a command that has begun to come in is an APPEND.
fn is_append(command: &[u8]) -> bool {
    let mut words = command.splitn(3, |&byte| byte == b' ').skip(1);
    words.next().is_some_and(|verb| verb.eq_ignore_ascii_case(b"APPEND"))
}

fn to_usize(limit: u32) -> usize {
    usize::try_from(limit).unwrap_or(usize::MAX)
}

async fn within<T>(limit: Duration, wait: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    timeout(limit, wait).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}
