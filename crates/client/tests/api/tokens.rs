//! Access tokens from a source: asked at each connect, once more when refused, and never a third time. T061, T066, C47; RFC 7628 §3.2.3.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use imapkit::sasl::{Accept, Method, Policy, TokenRequest};
use imapkit::{Config, Error, ErrorKind};
use imapkit_testkit::canary::contains_secret;
use imapkit_testkit::peer::{Peer, PeerConn};
use imapkit_testkit::script::Mismatch;

use crate::support::{over, soon};

type Asked = Arc<Mutex<Vec<TokenRequest>>>;

const STALE: &str = "st4le-t0ken";
const FRESH: &str = "fr3sh-t0ken";
const JSON: &str = "eyJzdGF0dXMiOiI0MDEiLCJzY29wZSI6Imh0dHBzOi8vbWFpbC5leGFtcGxlLm9yZy8ifQ==";

/// A configuration with a source that gives the stale token first, then the fresh one; and what it was asked.
fn config(peer: &Peer, method: Method) -> (Config, Asked) {
    let asked = Asked::default();
    let log = Arc::clone(&asked);
    let config = Config::danger_plaintext("127.0.0.1").port(peer.port()).identify([("", ""); 0]);
    let policy = Policy { accept: Accept::Only(method), ..Policy::default() };
    let config = config.auth(policy).token_source("me", move |request| {
        let first = request == TokenRequest::First;
        log.lock().unwrap().push(request);
        std::future::ready(Ok(if first { STALE } else { FRESH }))
    });
    (config, asked)
}

fn greet(conn: &mut PeerConn) -> Result<(), Mismatch> {
    conn.send("* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=XOAUTH2 AUTH=OAUTHBEARER] ready\r\n")
}

/// Takes AUTHENTICATE with this token.
fn token(conn: &mut PeerConn, expected: &str) -> Result<String, Mismatch> {
    let (tag, line) = conn.expect_line()?;
    assert!(line.starts_with("AUTHENTICATE ") && contains_secret(&line, expected), "{line}");
    Ok(tag)
}

fn refuse(conn: &mut PeerConn, dummy: &str) -> Result<(), Mismatch> {
    let tag = token(conn, STALE)?;
    conn.send(format!("+ {JSON}\r\n"))?;
    conn.expect_bytes(format!("{dummy}\r\n"))?;
    conn.send(format!("{tag} NO [AUTHENTICATIONFAILED] expired\r\n"))
}

fn accept(conn: &mut PeerConn) -> Result<(), Mismatch> {
    let tag = token(conn, FRESH)?;
    conn.send(format!("{tag} OK [CAPABILITY IMAP4rev1] in\r\n"))?;
    conn.drain()
}

fn refusal(asked: &Asked) -> String {
    match asked.lock().unwrap().as_slice() {
        [TokenRequest::First, TokenRequest::Refused(refusal)] => refusal.to_string(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn t061_a_fresh_token_is_tried_on_the_same_connection() {
    for (method, dummy) in [(Method::OAuthBearer, "AQ=="), (Method::XOAuth2, "")] {
        let peer = Peer::serve_fn(move |conn| {
            greet(conn)?;
            refuse(conn, dummy)?;
            accept(conn)
        });
        let (config, asked) = config(&peer, method);
        let client = soon(imapkit::connect(&config)).await.unwrap();
        assert_eq!(client.opened().opened.mechanism.as_deref(), Some(method.name()));
        assert_eq!(refusal(&asked), "the server refused the token: status 401, scope https://mail.example.org/");
        drop(client);
        over(peer).await;
    }
}

#[tokio::test]
async fn t061_a_server_that_closes_after_a_refusal_is_called_again() {
    // It closes at once; after it has been given the fresh token, without a word and with one; or before it has said NO.
    for how in 0..4 {
        let peer = Peer::serve_fn(move |conn| {
            greet(conn)?;
            if how == 3 {
                token(conn, STALE)?;
                conn.send(format!("+ {JSON}\r\n"))?;
                conn.expect_bytes("\r\n")?;
            } else {
                refuse(conn, "")?;
                if how > 0 {
                    token(conn, FRESH)?;
                }
                if how == 2 {
                    conn.send("* BYE one attempt a connection\r\n")?;
                }
            }
            conn.close()?;
            conn.accept()?;
            greet(conn)?;
            accept(conn)
        });
        let (config, asked) = config(&peer, Method::XOAuth2);
        let client = soon(imapkit::connect(&config)).await.unwrap_or_else(|error| panic!("{how}: {error}"));
        assert!(refusal(&asked).contains("401"));
        drop(client);
        over(peer).await;
    }
}

#[tokio::test]
async fn t066_two_refusals_are_the_end() {
    let peer = Peer::serve_fn(|conn| {
        greet(conn)?;
        refuse(conn, "")?;
        let tag = token(conn, FRESH)?;
        conn.send(format!("+ {JSON}\r\n"))?;
        conn.expect_bytes("\r\n")?;
        conn.send(format!("{tag} NO [AUTHENTICATIONFAILED] no\r\n"))?;
        conn.expect_eof()
    });
    let (config, asked) = config(&peer, Method::XOAuth2);
    let error = soon(imapkit::connect(&config)).await.unwrap_err();
    assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::Auth, false));
    let why = error.token_refusal().expect("the server explained it");
    assert_eq!((why.status.as_deref(), why.scope.as_deref()), (Some("401"), Some("https://mail.example.org/")));
    assert_eq!(asked.lock().unwrap().len(), 2);
    for secret in [STALE, FRESH] {
        assert!(!contains_secret(format!("{error} {error:?} {config:?}"), secret), "{error:?}");
    }
    over(peer).await;
}

#[tokio::test]
async fn t066_what_is_no_fault_of_the_token_asks_for_no_other() {
    for answer in ["NO [UNAVAILABLE] later", "NO [LIMIT] too many", "NO [CONTACTADMIN] no", "BAD what"] {
        let peer = Peer::serve_fn(move |conn| {
            greet(conn)?;
            let tag = token(conn, STALE)?;
            conn.send(format!("{tag} {answer}\r\n"))?;
            conn.expect_eof()
        });
        let (config, asked) = config(&peer, Method::XOAuth2);
        let error = soon(imapkit::connect(&config)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Auth, "{answer}: {error}");
        assert_eq!(*asked.lock().unwrap(), [TokenRequest::First], "{answer}");
        over(peer).await;
    }
}

#[tokio::test]
async fn c047_what_the_source_says_is_what_went_wrong() {
    let nobody = Config::danger_plaintext("127.0.0.1").port(1);
    let config = nobody.clone().token_source("me", |_| {
        let error = Err::<String, _>(Error::new(ErrorKind::Auth, "the login was withdrawn"));
        std::future::ready(error)
    });
    let error = soon(imapkit::connect(&config)).await.unwrap_err();
    assert_eq!((error.kind(), error.to_string().as_str()), (ErrorKind::Auth, "the login was withdrawn"));
    let config = nobody.token_source("me", |_| std::future::pending::<Result<String, Error>>());
    let config = config.connect_timeout(Duration::from_millis(50));
    let error = soon(imapkit::connect(&config)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
    assert!(error.to_string().contains("waiting for an access token"), "{error}");
}
