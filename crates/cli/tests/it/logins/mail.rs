//! A mail server that lets in whoever has a token the provider has given and still stands by. RFC 7628.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::provider::{Provider, State};

pub(crate) struct Mail {
    place: String,
    /// Whether each login was let in.
    pub(crate) logins: Arc<Mutex<Vec<bool>>>,
}

impl Mail {
    pub(crate) fn start(provider: &Provider) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let place = format!("imap+insecure://ann@127.0.0.1:{}", listener.local_addr().unwrap().port());
        let mail = Self { place, logins: Arc::default() };
        let (state, logins) = (Arc::clone(&provider.state), Arc::clone(&mail.logins));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (state, logins) = (Arc::clone(&state), Arc::clone(&logins));
                // A client may go at any time.
                thread::spawn(move || talk(&stream, &state, &logins));
            }
        });
        mail
    }

    pub(crate) fn place(&self) -> &str {
        &self.place
    }

    pub(crate) fn logins(&self) -> Vec<bool> {
        self.logins.lock().unwrap().clone()
    }
}

fn talk(stream: &TcpStream, state: &Mutex<State>, logins: &Mutex<Vec<bool>>) -> Option<()> {
    let mut out = stream;
    let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
    let capabilities = "CAPABILITY IMAP4rev1 SASL-IR AUTH=XOAUTH2 AUTH=OAUTHBEARER";
    write!(out, "* OK [{capabilities}] ready\r\n").ok()?;
    loop {
        let line = lines.next()?;
        let (tag, command) = line.split_once(' ')?;
        let mut words = command.split(' ');
        match words.next()?.to_ascii_uppercase().as_str() {
            "AUTHENTICATE" => {
                words.next()?;
                let said = String::from_utf8(STANDARD.decode(words.next()?).ok()?).ok()?;
                let token = said.split('\u{1}').find_map(|part| part.strip_prefix("auth=Bearer "))?;
                let good = state.lock().unwrap().access.contains(token);
                logins.lock().unwrap().push(good);
                if good {
                    write!(out, "{tag} OK [{capabilities}] in\r\n").ok()?;
                } else {
                    write!(out, "+ {}\r\n", STANDARD.encode("{\"status\":\"401\",\"scope\":\"mail\"}")).ok()?;
                    lines.next()?;
                    write!(out, "{tag} NO [AUTHENTICATIONFAILED] not with this token\r\n").ok()?;
                }
            }
            "LIST" => write!(out, "* LIST () \"/\" INBOX\r\n{tag} OK done\r\n").ok()?,
            "LOGOUT" => {
                write!(out, "* BYE\r\n{tag} OK bye\r\n").ok()?;
                return None;
            }
            "CAPABILITY" => write!(out, "* {capabilities}\r\n{tag} OK done\r\n").ok()?,
            "STATUS" => write!(out, "* STATUS INBOX (MESSAGES 0 UNSEEN 0)\r\n{tag} OK done\r\n").ok()?,
            _ => write!(out, "{tag} OK done\r\n").ok()?,
        }
    }
}
