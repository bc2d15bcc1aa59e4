//! The command line as it is meant.
//!
//! Separate from [`super::low`] so that verbs never see a string they would have to understand: a [`Target`] has a place, a [`Task`] has
//! compiled queries and checked flags. Invariant: whatever is refused here is refused before a packet is sent or a password asked for.

mod login;

use std::path::PathBuf;
use std::time::Duration;

use imapkit::dial::{Host, Route, Security};
use imapkit::sasl::{Accept, Method};
use imapkit::transport::Digest;
use imapkit::types::{Capability, Date, Flag, Flags, Key, Uid};

pub(crate) use login::{ClientSecret, Login, Way as LoginWay};

use super::low::{self, Connection, DateFrom, Format, Item, SourceFormat, Verb};
use super::terms;
use super::way::Way;
use crate::config::{self, Account};
use crate::errors::{Outcome, Problem};
use crate::output::Manner;
use crate::place::{Place, Server, Shown};
use crate::query;
use crate::secrets::{self, ClientCert, Source, Tokens};

/// A verb with everything it needs.
#[derive(Debug)]
pub(crate) enum Task {
    /// See it work.
    Demo { keep: bool, to: Option<PathBuf> },
    /// Explain a connection.
    Doctor(Box<Doctor>),
    /// List folders.
    Ls { target: Target, subscribed: bool, status: bool },
    /// List messages.
    Search { target: Target, key: Key, limit: Option<u32> },
    /// Show a message.
    Show { target: Target, uid: Uid, view: View },
    /// Download messages.
    Fetch(Box<Fetch>),
    /// Append messages.
    Put(Box<Put>),
    /// Tell what happens.
    Watch { target: Target, exec: Option<String>, count: Option<u64>, time: Option<Duration> },
    /// Log in, and keep the login.
    Login(Box<Login>),
    /// Print an access token.
    Token { account: Option<String>, fresh: bool },
    /// List accounts.
    Accounts,
    /// Forget a login.
    Logout { account: String, revoke: bool, forget: bool },
    /// Man pages and completions.
    Generate(low::Generate),
}

/// What `doctor` is to do.
#[derive(Debug)]
pub(crate) struct Doctor {
    pub(crate) target: Target,
    pub(crate) login: bool,
    pub(crate) write_test: bool,
    pub(crate) starttls_port: Option<u16>,
    pub(crate) redact: bool,
    pub(crate) html: Option<PathBuf>,
    pub(crate) prom: Option<PathBuf>,
    pub(crate) transcript: Option<PathBuf>,
}

/// How `show` shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum View {
    /// Headers, text, attachments.
    Text,
    /// Bytes.
    Raw,
    /// All header fields.
    Headers,
    /// The tree of parts.
    Structure,
}

/// What `fetch` is to do.
#[derive(Debug)]
pub(crate) struct Fetch {
    pub(crate) target: Target,
    pub(crate) key: Key,
    pub(crate) what: What,
    pub(crate) to: Option<PathBuf>,
    pub(crate) mark_seen: bool,
}

/// What `fetch` writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum What {
    /// Whole messages.
    Messages(Format),
    /// These facts of each message, one object a line.
    Facts(Vec<Item>),
    /// Attachments, decoded.
    Attachments,
}

/// What `put` is to do.
#[derive(Debug)]
pub(crate) struct Put {
    pub(crate) target: Target,
    pub(crate) files: Vec<PathBuf>,
    pub(crate) format: Option<SourceFormat>,
    pub(crate) flags: Option<Flags>,
    pub(crate) date: DateFrom,
    pub(crate) dry_run: bool,
}

/// A server, how to get to it, and what to trust.
#[derive(Clone, Debug)]
#[allow(clippy::struct_excessive_bools, reason = "independent switches")]
pub(crate) struct Target {
    pub(crate) place: Place,
    pub(crate) secret: Source,
    /// Tokens instead of a password.
    pub(crate) tokens: Option<Tokens>,
    pub(crate) ca_file: Option<PathBuf>,
    pub(crate) pins: Vec<Digest>,
    pub(crate) trusted_site: bool,
    pub(crate) client_cert: Option<ClientCert>,
    pub(crate) secure_fallback: bool,
    pub(crate) timeout: Option<Duration>,
    /// Ask nobody where the server of an address is.
    pub(crate) no_discover: bool,
    pub(crate) auth: Option<Accept>,
    pub(crate) disabled: Vec<Capability>,
    pub(crate) allow_cleartext: bool,
    pub(crate) way: Way,
    pub(crate) compress: bool,
    pub(crate) trace: Option<PathBuf>,
}

/// How to answer, which is known even where the rest cannot be understood.
pub(crate) fn manner(verb: &Verb) -> Manner {
    let (answer, verbose) = match verb {
        Verb::Demo(verb) => (verb.answer, false),
        Verb::Doctor(verb) => (verb.answer, verb.connection.verbose),
        Verb::Ls(verb) => (verb.answer, verb.connection.verbose),
        Verb::Search(verb) => (verb.answer, verb.connection.verbose),
        Verb::Show(verb) => (verb.answer, verb.connection.verbose),
        Verb::Fetch(verb) => (verb.answer, verb.connection.verbose),
        Verb::Put(verb) => (verb.answer, verb.connection.verbose),
        Verb::Watch(verb) => (verb.answer, verb.connection.verbose),
        Verb::Login(verb) => (verb.answer, verb.connection.verbose),
        Verb::Token(verb) => (verb.answer, false),
        Verb::Accounts(verb) => (verb.answer, false),
        Verb::Logout(verb) => (verb.answer, false),
        Verb::Generate(_) => return Manner { json: false, progress: crate::output::Progress::Never, verbose: false },
    };
    Manner { json: answer.json, progress: answer.progress, verbose }
}

/// Says what is meant. `today` is the day that `7d` counts back from.
pub(crate) fn task(verb: Verb, today: Date) -> Outcome<Task> {
    Ok(match verb {
        Verb::Demo(verb) => Task::Demo { keep: verb.keep, to: verb.to },
        Verb::Doctor(verb) => Task::Doctor(Box::new(doctor(verb)?)),
        Verb::Ls(verb) => Task::Ls {
            target: Target::new(verb.connection, verb.place.as_deref())?,
            subscribed: verb.subscribed,
            status: !verb.no_status,
        },
        Verb::Search(verb) => Task::Search {
            target: Target::new(verb.connection, Some(&verb.place))?,
            key: compile(&verb.query, today)?,
            limit: verb.limit,
        },
        Verb::Show(verb) => show(verb)?,
        Verb::Fetch(verb) => Task::Fetch(Box::new(fetch(verb, today)?)),
        Verb::Put(verb) => Task::Put(Box::new(put(verb)?)),
        Verb::Watch(verb) => Task::Watch {
            target: Target::new(verb.connection, Some(&verb.place))?,
            exec: verb.exec,
            count: verb.count,
            time: verb.seconds.map(Duration::from_secs),
        },
        Verb::Login(verb) => Task::Login(Box::new(Login::new(*verb)?)),
        Verb::Token(verb) => Task::Token { account: verb.account, fresh: verb.refresh },
        Verb::Accounts(_) => Task::Accounts,
        Verb::Logout(verb) => Task::Logout { account: verb.account, revoke: !verb.no_revoke, forget: verb.forget },
        Verb::Generate(verb) => Task::Generate(verb),
    })
}

fn doctor(verb: low::Doctor) -> Outcome<Doctor> {
    Ok(Doctor {
        target: Target::new(verb.connection, verb.place.as_deref())?,
        login: !verb.no_login,
        write_test: verb.write_test,
        starttls_port: verb.starttls_port,
        redact: verb.redact,
        html: verb.html,
        prom: verb.prom,
        transcript: verb.transcript,
    })
}

fn compile(words: &[String], today: Date) -> Outcome<Key> {
    query::compile(&terms::join(words), today)
        .map_err(|error| Problem::usage(error.to_string()).next("the terms are listed by: imapkit search --help"))
}

fn show(verb: low::Show) -> Outcome<Task> {
    let view = match (verb.raw, verb.headers, verb.structure) {
        (true, _, _) => View::Raw,
        (_, true, _) => View::Headers,
        (_, _, true) => View::Structure,
        _ => View::Text,
    };
    let target = Target::new(verb.connection, Some(&verb.place))?;
    let uid = verb.uid.or(target.place.uid).ok_or_else(|| {
        Problem::usage("which message is not said").next("add its UID behind the folder; `imapkit search` lists UIDs")
    })?;
    let uid = Uid::new(uid).ok_or_else(|| Problem::usage("UIDs begin at 1"))?;
    Ok(Task::Show { target, uid, view })
}

fn fetch(verb: low::Fetch, today: Date) -> Outcome<Fetch> {
    let target = Target::new(verb.connection, Some(&verb.place))?;
    let mut key = compile(&verb.query, today)?;
    if let Some(uid) = target.place.uid.and_then(Uid::new) {
        key = Key::Uid(uid.into()).and(key);
    }
    let what = match verb.format {
        _ if verb.attachments => What::Attachments,
        Some(Format::Jsonl) => What::Facts(verb.items),
        Some(format) => What::Messages(format),
        None => What::Messages(Format::Eml),
    };
    if verb.to.is_none() && what == What::Messages(Format::Maildir) {
        return Err(Problem::usage("a Maildir cannot be written to stdout").next("say where with --to FOLDER"));
    }
    if verb.to.is_none() && verb.answer.json && matches!(what, What::Messages(_)) {
        let problem = Problem::usage("messages and JSON cannot both go to stdout");
        return Err(
            problem.next("say where messages go with --to FOLDER, or use --format jsonl --items flags,date,body")
        );
    }
    Ok(Fetch { target, key, what, to: verb.to, mark_seen: verb.mark_seen })
}

fn put(verb: low::Put) -> Outcome<Put> {
    let flags = verb.flags.map(|names| names.iter().filter(|name| !name.is_empty()).map(|name| flag(name)).collect());
    Ok(Put {
        target: Target::new(verb.connection, Some(&verb.place))?,
        files: verb.files,
        format: verb.format,
        flags: flags.transpose()?,
        date: verb.date,
        dry_run: verb.dry_run,
    })
}

/// `seen`, `\Seen` or a keyword.
fn flag(name: &str) -> Outcome<Flag> {
    let known = ["seen", "answered", "flagged", "draft", "deleted"];
    let word = if known.contains(&name.to_ascii_lowercase().as_str()) { format!("\\{name}") } else { name.to_owned() };
    match Flag::parse(&word) {
        Ok(flag @ (Flag::Recent | Flag::Any)) => Err(Problem::usage(format!("the flag {flag} cannot be set"))),
        Ok(flag) => Ok(flag),
        Err(_) => Err(Problem::usage(format!("{name:?} is no flag")).next(format!("known are {}", known.join(", ")))),
    }
}

impl Target {
    fn new(flags: Connection, typed: Option<&str>) -> Outcome<Self> {
        let account = flags.account.as_deref().map(config::account).transpose()?;
        let place = find(account.as_ref(), typed)?;
        let account = match account {
            Some(account) => account,
            None => logged_in(&place, flags.user.as_deref())?.unwrap_or_default(),
        };
        Self::at(flags, place, account)
    }

    /// The same, when account and place are known.
    fn at(flags: Connection, mut place: Place, account: Account) -> Outcome<Self> {
        let way = Way::new(&flags, &account)?;
        if let Some(user) = flags.user.or_else(|| account.user.clone()) {
            place.user = Some(user);
        }
        guard(&place, &way, flags.allow_cleartext)?;
        let (secret, tokens) =
            secrets::choose(flags.token_command.as_deref(), flags.password_command.as_deref(), &account, &way)?;
        let auth = flags.auth.or(account.auth).or_else(|| place.auth.clone());
        let auth = auth.map(|name| method(&name)).transpose()?;
        place.proof = shown(tokens.as_ref(), auth);
        let pins = if flags.pin.is_empty() { account.pin } else { flags.pin };
        let timeout = flags.timeout.or(account.timeout).map(Duration::from_secs);
        Ok(Self {
            secret,
            tokens,
            ca_file: flags.ca_file.or(account.ca_file),
            pins: pins.iter().map(|pin| digest(pin)).collect::<Outcome<_>>()?,
            trusted_site: flags.trusted_site,
            client_cert: flags.client_cert.or(account.client_cert).map(|file| {
                let flag = flags.client_cert_password_command.as_deref();
                let source = Source::of_certificate(flag, account.client_cert_password_command.as_deref());
                ClientCert::new(file, source)
            }),
            secure_fallback: flags.secure_fallback || account.secure_fallback,
            timeout,
            no_discover: flags.no_discover || account.discover == Some(false),
            auth,
            disabled: flags.disable_extension.iter().map(|name| Capability::parse(name)).collect(),
            allow_cleartext: flags.allow_cleartext,
            way,
            compress: flags.compress || account.compress,
            trace: flags.trace.or(account.trace),
            place,
        })
    }
}

/// The account that `login` made for this place.
fn logged_in(place: &Place, user: Option<&str>) -> Outcome<Option<Account>> {
    let user = user.map(str::to_owned).or_else(|| place.user.clone());
    config::account_at(&Place { user, ..place.clone() })
}

/// With an account, what is typed is the folder; without one it is the whole place.
fn find(account: Option<&Account>, typed: Option<&str>) -> Outcome<Place> {
    match (account, typed) {
        (Some(account), folder) => {
            let mut place = Place::parse(&account.r#where)?;
            place.mailbox = folder.map(str::to_owned).or(place.mailbox);
            Ok(place)
        }
        (None, Some(text)) => Place::parse(text),
        (None, None) => Err(Problem::usage("where is not said").next(
            "say for example ann@example.org, imap.example.org or imaps://ann@imap.example.org, or use --account NAME",
        )),
    }
}

/// Clear text stays on this machine unless somebody insists (T027).
fn guard(place: &Place, way: &Way, allowed: bool) -> Outcome<()> {
    let direct = matches!(way.route, Route::Direct) && !way.tunnel;
    let here = way.is_private() || direct && matches!(&place.server, Server::Host(host) if host.is_loopback());
    if place.security != Security::Insecure || here || allowed {
        return Ok(());
    }
    let host = place.host().map(Host::to_string).unwrap_or_default();
    Err(Problem::guard(format!(
        "clear text to {host} is refused: everybody on the way could read the mail and the password"
    ))
    .next("use imaps:// or imap+starttls://; if it has to be, add --allow-cleartext"))
}

/// A mechanism by its name; one that ends in `-PLUS` is tied to the TLS connection.
fn method(name: &str) -> Outcome<Accept> {
    let known = "LOGIN, PLAIN, CRAM-MD5, SCRAM-SHA-1, SCRAM-SHA-256, SCRAM-SHA-512 and the same with -PLUS, XOAUTH2, OAUTHBEARER, EXTERNAL, \
                 ANONYMOUS";
    let accept = match name.to_ascii_uppercase().strip_suffix("-PLUS") {
        Some(plain) => plain.parse().ok().filter(|method: &Method| method.is_scram()).map(Accept::Bound),
        None => name.parse().ok().map(Accept::Only),
    };
    accept.ok_or_else(|| {
        Problem::usage(format!("the login mechanism {name:?} is not known")).next(format!("known are {known}"))
    })
}

/// What will prove who logs in.
fn shown(tokens: Option<&Tokens>, auth: Option<Accept>) -> Shown {
    match auth {
        _ if tokens.is_some() => Shown::Token,
        Some(Accept::Only(Method::XOAuth2 | Method::OAuthBearer)) => Shown::Token,
        Some(Accept::Only(Method::External | Method::Anonymous)) => Shown::Other,
        _ => Shown::Password,
    }
}

fn digest(text: &str) -> Outcome<Digest> {
    let text = text.strip_prefix("sha256:").unwrap_or(text);
    text.parse().map_err(|_| {
        Problem::usage(format!("the pin {text:?} is no SHA-256"))
            .next("`imapkit doctor` shows the key's: 64 hex digits")
    })
}

#[cfg(test)]
mod tests;
