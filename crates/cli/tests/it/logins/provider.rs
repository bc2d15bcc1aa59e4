//! A provider of tokens on loopback. It checks what a real one checks: the client and its secret, the redirect, PKCE, that a code and a
//! refresh token are used once. RFC 6749, 7636, 8628, 7009.

use std::collections::{HashMap, HashSet, VecDeque};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use imapkit_testkit::certs::Identity;
use rustls::{ServerConnection, StreamOwned};
use serde_json::json;
use sha2::{Digest, Sha256};

use super::{CLIENT, SECRET};

/// What it knows.
#[derive(Default)]
pub(crate) struct State {
    number: u32,
    /// Codes, and the redirect and challenge each was asked for with.
    codes: HashMap<String, (String, String)>,
    /// Refresh tokens that are good.
    pub(crate) refresh: HashSet<String>,
    /// Access tokens that are good.
    pub(crate) access: HashSet<String>,
    /// All access tokens and refresh tokens ever given, and codes.
    pub(crate) secrets: Vec<String>,
    /// How long an access token is said to live; an hour.
    pub(crate) lifetime: Option<u64>,
    /// What polls are answered before a token: codes of RFC 8628 §3.5.
    pub(crate) polls: VecDeque<&'static str>,
    /// Token requests by grant type, in order.
    pub(crate) asked: Vec<String>,
    /// Answer token requests so, whatever they are: status and body; `{request}` is what was asked.
    pub(crate) instead: Option<(u16, String)>,
    /// Sends browsers back with this state instead of theirs.
    pub(crate) forged: Option<String>,
    /// The access tokens to give, in this order, before ones of its own.
    pub(crate) ready: VecDeque<String>,
    /// Says no in the browser, with this code.
    pub(crate) deny: Option<&'static str>,
}

#[derive(Clone)]
pub(crate) struct Provider {
    url: String,
    pub(crate) state: Arc<Mutex<State>>,
}

impl Provider {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://127.0.0.1:{}", listener.local_addr().unwrap().port());
        let provider = Self { url, state: Arc::default() };
        provider.listen(listener, Self::serve);
        provider
    }

    /// Serves https as well, with this certificate, on this port or any.
    pub(crate) fn secure(&self, identity: &Identity, port: u16) -> u16 {
        let listener = TcpListener::bind(("127.0.0.1", port)).unwrap();
        let (port, config) = (listener.local_addr().unwrap().port(), identity.server_config());
        self.listen(listener, move |server, stream| {
            server.serve(StreamOwned::new(ServerConnection::new(Arc::clone(&config)).unwrap(), stream));
        });
        port
    }

    fn listen(&self, listener: TcpListener, serve: impl Fn(&Self, TcpStream) + Clone + Send + 'static) {
        let server = self.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (server, serve) = (server.clone(), serve.clone());
                thread::spawn(move || serve(&server, stream));
            }
        });
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    pub(crate) fn set(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state.lock().unwrap());
    }

    /// A person with a browser: opens the page, consents, is sent back. What the program's page says.
    pub(crate) fn browse(url: &str) -> String {
        let (status, headers, _) = get(url);
        assert_eq!(status, 302, "{url}: {headers:?}");
        let (status, _, page) = get(&headers["location"]);
        format!("{status} {page}")
    }

    pub(crate) fn consent(url: &str) {
        let page = Self::browse(url);
        assert!(page.starts_with("200 ") && page.contains("close this page"), "{page}");
    }

    fn serve(&self, mut stream: impl Read + Write) {
        let mut reader = BufReader::new(&mut stream);
        let Some((line, headers)) = head(&mut reader) else { return };
        let length = headers.get("content-length").map_or(0, |length| length.parse().unwrap());
        let mut body = vec![0; length];
        reader.read_exact(&mut body).unwrap();
        let target = line.split(' ').nth(1).unwrap().to_owned();
        let (path, query) = target.split_once('?').unwrap_or((&target, ""));
        let body = String::from_utf8(body).unwrap();
        let answer = match path {
            "/auth" => self.auth(&form(query)),
            "/token" => self.token(&form(&body), headers.get("authorization").map(String::as_str), &body),
            "/device" => self.device(&form(&body)),
            "/revoke" => self.revoke(&form(&body)),
            _ => (404, String::new(), String::new()),
        };
        let (status, more, body) = answer;
        let _ = write!(
            stream,
            "HTTP/1.1 {status} x\r\nContent-Type: application/json\r\nContent-Length: {}\r\n{more}Connection: close\r\n\r\n{body}",
            body.len()
        );
    }

    fn auth(&self, query: &HashMap<String, String>) -> (u16, String, String) {
        let mut state = self.state.lock().unwrap();
        assert_eq!(query["response_type"], "code");
        assert_eq!(query["client_id"], CLIENT);
        assert_eq!(query["scope"], "mail");
        assert_eq!(query["code_challenge_method"], "S256");
        assert_eq!(query["login_hint"], "ann");
        let redirect = &query["redirect_uri"];
        assert!(redirect.starts_with("http://127.0.0.1:"), "{redirect}");
        let back = state.forged.clone().unwrap_or_else(|| query["state"].clone());
        if let Some(error) = state.deny {
            let location = format!("{redirect}?error={error}&error_description=The+user%20said+no&state={back}");
            return (302, format!("Location: {location}\r\n"), String::new());
        }
        let code = state.name("c4n4ry-code");
        state.codes.insert(code.clone(), (redirect.clone(), query["code_challenge"].clone()));
        (302, format!("Location: {redirect}?code={code}&state={back}\r\n"), String::new())
    }

    fn token(&self, form: &HashMap<String, String>, header: Option<&str>, body: &str) -> (u16, String, String) {
        let mut state = self.state.lock().unwrap();
        state.asked.push(form["grant_type"].clone());
        if let Some((status, text)) = &state.instead {
            return (*status, String::new(), text.replace("{request}", body));
        }
        let basic = format!("Basic {}", STANDARD.encode(format!("{CLIENT}:{SECRET}")));
        if header != Some(basic.as_str()) {
            return refuse(401, "invalid_client", "who is this");
        }
        match form["grant_type"].as_str() {
            "authorization_code" => {
                let Some((redirect, challenge)) = state.codes.remove(&form["code"]) else {
                    return refuse(400, "invalid_grant", "no such code");
                };
                let hash = URL_SAFE_NO_PAD.encode(Sha256::digest(&form["code_verifier"]));
                if (&redirect, &challenge) != (&form["redirect_uri"], &hash) {
                    return refuse(400, "invalid_grant", "PKCE or redirect do not match");
                }
            }
            "refresh_token" => {
                if !state.refresh.remove(&form["refresh_token"]) {
                    return refuse(400, "invalid_grant", "AADSTS700082: used already or revoked");
                }
            }
            "urn:ietf:params:oauth:grant-type:device_code" => {
                assert_eq!(form["device_code"], "c4n4ry-device");
                if let Some(poll) = state.polls.pop_front() {
                    return refuse(400, poll, "");
                }
            }
            other => panic!("{other}"),
        }
        let access = state.ready.pop_front().unwrap_or_else(|| state.name("c4n4ry-access"));
        let refresh = state.name("c4n4ry-refresh");
        state.access.insert(access.clone());
        state.refresh.insert(refresh.clone());
        let answer = json!({"access_token": access, "token_type": "Bearer", "refresh_token": refresh,
            "expires_in": state.lifetime.unwrap_or(3600), "scope": "mail"});
        (200, String::new(), answer.to_string())
    }

    fn device(&self, form: &HashMap<String, String>) -> (u16, String, String) {
        assert_eq!(form["scope"], "mail");
        let answer = json!({"device_code": "c4n4ry-device", "user_code": "ABCD-EFGH", "expires_in": 900, "interval": 1,
            "verification_uri": "https://login.example/device"});
        self.set(|state| state.secrets.push("c4n4ry-device".into()));
        (200, String::new(), answer.to_string())
    }

    fn revoke(&self, form: &HashMap<String, String>) -> (u16, String, String) {
        let mut state = self.state.lock().unwrap();
        assert_eq!((form["client_id"].as_str(), form["client_secret"].as_str()), (CLIENT, SECRET));
        if !state.refresh.remove(&form["token"]) {
            return refuse(400, "invalid_request", "no such token");
        }
        state.access.clear();
        (200, String::new(), String::new())
    }
}

impl State {
    fn name(&mut self, kind: &str) -> String {
        self.number += 1;
        let name = format!("{kind}-{}", self.number);
        self.secrets.push(name.clone());
        name
    }
}

fn refuse(status: u16, error: &str, words: &str) -> (u16, String, String) {
    (status, String::new(), json!({"error": error, "error_description": words}).to_string())
}

/// GET; status, headers, body.
pub(crate) fn get(url: &str) -> (u16, HashMap<String, String>, String) {
    let (host, path) = url.strip_prefix("http://").unwrap().split_once('/').unwrap();
    let mut stream = TcpStream::connect(host).unwrap();
    write!(stream, "GET /{path} HTTP/1.1\r\nHost: {host}\r\n\r\n").unwrap();
    let mut reader = BufReader::new(stream);
    let (line, headers) = head(&mut reader).unwrap();
    let mut body = String::new();
    reader.read_to_string(&mut body).unwrap();
    (line.split(' ').nth(1).unwrap().parse().unwrap(), headers, body)
}

fn head(reader: &mut impl BufRead) -> Option<(String, HashMap<String, String>)> {
    let mut lines = reader.lines().map_while(Result::ok).take_while(|line| !line.is_empty());
    let first = lines.next()?;
    let headers = lines.filter_map(|line| {
        let (name, value) = line.split_once(':')?;
        Some((name.to_ascii_lowercase(), value.trim().to_owned()))
    });
    Some((first, headers.collect()))
}

fn form(text: &str) -> HashMap<String, String> {
    let pairs = text.split('&').filter_map(|pair| pair.split_once('='));
    pairs.map(|(name, value)| (decoded(name), decoded(value))).collect()
}

fn decoded(text: &str) -> String {
    let text = text.replace('+', " ");
    let mut pieces = text.split('%');
    let mut out = pieces.next().unwrap().as_bytes().to_vec();
    for piece in pieces {
        out.push(u8::from_str_radix(&piece[..2], 16).unwrap());
        out.extend(&piece.as_bytes()[2..]);
    }
    String::from_utf8(out).unwrap()
}
