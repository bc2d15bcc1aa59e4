//! Leave by browser: the provider's page, a redirect to a port of this machine, a code, a token. RFC 8252 §7.3, RFC 7636.
//!
//! ```text
//! page in the browser --consent--> http://127.0.0.1:PORT/?code&state --> code + PKCE verifier --> token
//! ```
//!
//! Separate because we are a web server here, for one request. Browsers open connections they do not use, and anybody on this machine may
//! knock: each connection has its own time and size, and only one that knows the state counts. The code is worthless without the verifier,
//! which never leaves this process but to the provider.

use std::borrow::Cow;
use std::process::{Command, Stdio};
use std::time::Duration;

use oauth2::{AuthorizationCode, CsrfToken, PkceCodeChallenge, RedirectUrl, Scope};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::{Client, http, trouble};
use crate::errors::{Outcome, Problem, plain};
use crate::exit::Exit;
use crate::interrupt::Interrupt;
use crate::output::Output;
use crate::vault::Grant;
use imapkit::types::Secret;

/// A browser says what it has to say at once.
const PATIENCE: Duration = Duration::from_secs(10);
/// Its whole head.
const MAX_HEAD: usize = 16 << 10;

/// What the browser came back with.
struct Back {
    code: Option<Secret>,
    state: String,
    error: Option<String>,
    words: Option<String>,
}

/// Asks for leave in a browser, which is opened if `open`; waits for it no longer than `wait`.
pub(crate) async fn login(
    client: &Client,
    hint: &str,
    open: bool,
    wait: Duration,
    output: &mut Output,
) -> Outcome<Grant> {
    let deaf = |error: &std::io::Error| {
        Problem::new(Exit::Failed, "system", format!("cannot listen on this machine: {}", plain(error)))
    };
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.map_err(|error| deaf(&error))?;
    let port = listener.local_addr().map_err(|error| deaf(&error))?.port();
    let redirect = RedirectUrl::new(format!("http://{}:{port}/", client.provider.redirect_host()))
        .map_err(|_| Problem::new(Exit::Failed, "bug", "the redirect is no URL"))?;
    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let basic = client.basic().set_auth_uri(client.provider.auth()?).set_token_uri(client.provider.token()?);
    let mut request = basic.authorize_url(CsrfToken::new_random).set_pkce_challenge(challenge);
    request = request.set_redirect_uri(Cow::Borrowed(&redirect));
    request = request.add_scopes(client.provider.endpoints.scope.iter().cloned().map(Scope::new));
    request =
        client.provider.extra().iter().fold(request, |request, &(name, value)| request.add_extra_param(name, value));
    let (url, state) = request.add_extra_param("login_hint", hint).url();
    if open && show(url.as_str()) {
        output.note(&format!("log in to {} in the browser that opens; if none does, here:", client.provider.name));
    } else {
        output.note(&format!("log in to {} in a browser, here:", client.provider.name));
    }
    output.note(&format!("  {url}"));
    let mut interrupt = Interrupt::listen();
    let back = tokio::select! {
        back = timeout(wait, wait_for(listener, state.secret())) => back.map_err(|_| late(wait))??,
        () = interrupt.pressed() => return Err(trouble::cut_off()),
    };
    if let Some(code) = &back.error {
        return Err(trouble::refused(&client.provider, code, back.words.as_deref(), &[client.secret.as_ref()]));
    }
    let code = back.code.ok_or_else(|| Problem::new(Exit::Auth, "oauth", "the browser came back without a code"))?;
    let secrets = [Some(&code), client.secret.as_ref()];
    let exchange = basic
        .exchange_code(AuthorizationCode::new(code.expose().to_owned()))
        .set_pkce_verifier(verifier)
        .set_redirect_uri(Cow::Borrowed(&redirect));
    let send = |request| http::send(request, client.way.clone());
    let answer = tokio::select! {
        answer = exchange.request_async(&send) => answer,
        () = interrupt.pressed() => return Err(trouble::cut_off()),
    };
    answer
        .map(|answer| client.grant(&answer, None))
        .map_err(|error| trouble::explain(&client.provider, &error, &secrets))
}

fn late(wait: Duration) -> Problem {
    Problem::new(Exit::Auth, "oauth", format!("nobody came back from the browser within {} s", wait.as_secs()))
        .next("run the same command again; --wait SECONDS gives more time")
}

/// Answers browsers until one brings what the provider said.
async fn wait_for(listener: TcpListener, state: &str) -> Outcome<Back> {
    let (tell, mut told) = mpsc::channel(1);
    loop {
        tokio::select! {
            Ok((stream, _)) = listener.accept() => {
                let (tell, state) = (tell.clone(), state.to_owned());
                // Ends by its own timeout when nobody waits any more.
                tokio::spawn(timeout(PATIENCE, answer(stream, state, tell)));
            }
            Some(back) = told.recv() => return back,
        }
    }
}

/// One connection.
async fn answer(mut stream: TcpStream, state: String, tell: mpsc::Sender<Outcome<Back>>) {
    let mut head = Vec::new();
    while !head.windows(4).any(|end| end == b"\r\n\r\n") && head.len() < MAX_HEAD {
        match stream.read_buf(&mut head).await {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let back = head.strip_prefix("GET /?").and_then(|rest| rest.split_once(' ')).map(|(query, _)| parse(query));
    let (status, text, outcome) = match back {
        Some(back) if back.state == state && back.error.is_none() => {
            ("200 OK", "You can close this page: imapkit goes on in the terminal.", Some(Ok(back)))
        }
        Some(back) if back.state == state => {
            ("200 OK", "The provider refused: the terminal says why. You can close this page.", Some(Ok(back)))
        }
        Some(_) => ("400 Bad Request", "This does not belong to the login that is under way.", Some(Err(foreign()))),
        // What browsers ask for besides: an icon.
        None => ("404 Not Found", "Nothing is here.", None),
    };
    let page = format!(
        "<!doctype html><html lang=en><meta charset=utf-8><title>imapkit</title>\
         <body style=\"font-family:sans-serif;margin:4em auto;max-width:32em\"><h1>imapkit</h1><p>{text}</p></body></html>"
    );
    let answer = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {}\r\nConnection: close\r\n\
         Cache-Control: no-store\r\nReferrer-Policy: no-referrer\r\nContent-Security-Policy: default-src 'none'; style-src 'unsafe-inline'\r\n\r\n{page}",
        page.len()
    );
    // The browser may be gone; what it brought counts all the same.
    let _ = stream.write_all(answer.as_bytes()).await;
    let _ = stream.shutdown().await;
    if let Some(outcome) = outcome {
        let _ = tell.send(outcome).await;
    }
}

fn foreign() -> Problem {
    Problem::new(Exit::Auth, "oauth", "the browser came back with the state of another login; nothing is kept")
        .next("somebody may have tried to have you log in as them; run the same command again, in one window")
}

fn parse(query: &str) -> Back {
    let mut back = Back { code: None, state: String::new(), error: None, words: None };
    for (name, value) in query.split('&').filter_map(|pair| pair.split_once('=')) {
        let value = decoded(value);
        match name {
            "code" => back.code = Some(Secret::new(value)),
            "state" => back.state = value,
            "error" => back.error = Some(value),
            "error_description" => back.words = Some(value),
            _ => {}
        }
    }
    back
}

fn decoded(text: &str) -> String {
    let (mut out, mut rest) = (Vec::with_capacity(text.len()), text.as_bytes());
    while let [first, after @ ..] = rest {
        let octet = after.get(..2).and_then(|hex| u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok());
        let (octet, left) = match (first, octet) {
            (b'%', Some(octet)) => (octet, &after[2..]),
            (b'+', _) => (b' ', after),
            (&first, _) => (first, after),
        };
        out.push(octet);
        rest = left;
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// Opens a browser; whether there was one to open. The address holds no secret that is worth anything without the PKCE verifier.
fn show(url: &str) -> bool {
    let own = std::env::var("BROWSER").ok().filter(|own| !own.is_empty());
    let typed = own.as_deref().and_then(|own| own.split(':').next()).unwrap_or(match std::env::consts::OS {
        "macos" => "open",
        "windows" => "rundll32 url.dll,FileProtocolHandler",
        _ => "xdg-open",
    });
    let mut words = typed.split_whitespace();
    let Some(program) = words.next() else { return false };
    let mut command = Command::new(program);
    let mut named = false;
    for word in words {
        named |= word.contains("%s");
        command.arg(word.replace("%s", url));
    }
    if !named {
        command.arg(url);
    }
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_browser_brings_is_read() {
        let back = parse("state=a%2Db+c&code=4%2F0%&x=y&error_description=no%0d%0A");
        assert_eq!((back.state.as_str(), back.words.as_deref()), ("a-b c", Some("no\r\n")));
        assert_eq!(back.code.unwrap().expose(), "4/0%");
        assert_eq!(back.error, None);
    }
}
