//! What a transcript tells the client to do, read from its words into the library's own types.
//!
//! Separate from the front ends so that all three are told the same thing. `corpus/README.md` lists the verbs. A word that is not understood
//! is a mistake in the transcript and panics with its line.

use bytes::Bytes;
use imapkit_sasl::{Accept, Credentials, Method, Policy};
use imapkit_session::commands::StoreHow;
use imapkit_session::types::{
    Capability, FetchItem, Flag, Flags, Invalid, Items, Key, Mailbox, Secret, Section, StatusItem, StatusItems, UidSet,
};
use imapkit_testkit::script::{Script, Step};

/// How a link is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tls {
    /// Not at all: the link is trusted by its nature.
    Trusted,
    /// STARTTLS.
    Start,
    /// From the first byte.
    Implicit,
}

/// The arguments of `do connect`.
#[derive(Clone, Debug)]
pub(crate) struct Connect {
    pub(crate) login: Option<(String, String)>,
    pub(crate) tls: Tls,
    /// Pin this way to log in.
    pub(crate) method: Option<Method>,
    pub(crate) preauth: bool,
    pub(crate) enable: Vec<Capability>,
    pub(crate) identify: bool,
    /// Trust another authority than the one that issued the server's certificate.
    pub(crate) other_roots: bool,
}

/// One `do` line.
#[derive(Clone, Debug)]
pub(crate) enum Action {
    Connect(Connect),
    Select {
        mailbox: Mailbox,
        read_only: bool,
    },
    Fetch {
        uids: UidSet,
        items: Items,
    },
    Search(Key),
    /// The same, asked for with RETURN (ALL).
    Esearch(Key),
    Store {
        uids: UidSet,
        how: StoreHow,
        flags: Flags,
    },
    Copy {
        uids: UidSet,
        mailbox: Mailbox,
    },
    Move {
        uids: UidSet,
        mailbox: Mailbox,
    },
    Expunge(Option<UidSet>),
    Append {
        mailbox: Mailbox,
        message: Bytes,
    },
    List {
        reference: Mailbox,
        pattern: String,
    },
    Status {
        mailbox: Mailbox,
        items: StatusItems,
    },
    Idle,
    /// A command in the words of a person; what comes of it is told by the exchange alone.
    Raw(String),
    Noop,
    Logout,
    Compress,
}

impl Action {
    /// Reads a `do` line.
    pub(crate) fn read(script: &Script, step: &Step) -> Self {
        Words { script, step }.action()
    }
}

/// The words of one line, and where it stands.
struct Words<'a> {
    script: &'a Script,
    step: &'a Step,
}

impl Words<'_> {
    fn action(&self) -> Action {
        match self.step.verb.as_str() {
            "connect" => Action::Connect(self.connect()),
            "select" => Action::Select { mailbox: self.parsed(0), read_only: false },
            "examine" => Action::Select { mailbox: self.parsed(0), read_only: true },
            "fetch" => Action::Fetch {
                uids: self.parsed(0),
                items: self.word(1).split(',').map(|word| self.item(word)).collect(),
            },
            "search" => Action::Search(self.keys()),
            "esearch" => Action::Esearch(self.keys()),
            "store" => self.store(),
            "copy" => Action::Copy { uids: self.parsed(0), mailbox: self.parsed(1) },
            "move" => Action::Move { uids: self.parsed(0), mailbox: self.parsed(1) },
            "expunge" => Action::Expunge(self.step.arg(0).map(|_| self.parsed(0))),
            "append" => Action::Append { mailbox: self.parsed(0), message: Bytes::from(self.word(1).to_owned()) },
            "list" => Action::List { reference: self.parsed(0), pattern: self.word(1).to_owned() },
            "status" => Action::Status { mailbox: self.parsed(0), items: self.status_items() },
            "idle" => Action::Idle,
            "raw" => Action::Raw(self.word(0).to_owned()),
            "noop" => Action::Noop,
            "logout" => Action::Logout,
            "compress" => Action::Compress,
            verb => self.wrong(&format!("the verb {verb:?} is not known")),
        }
    }

    fn connect(&self) -> Connect {
        let known = ["user", "pass", "tls", "mech", "preauth", "enable", "id", "roots"];
        for arg in &self.step.args {
            if !arg.split_once('=').is_some_and(|(key, _)| known.contains(&key)) {
                self.wrong(&format!("connect does not know {arg:?}"));
            }
        }
        let user = self.step.named("user");
        Connect {
            login: user.map(|user| (user.to_owned(), self.step.named("pass").unwrap_or_default().to_owned())),
            tls: match self.step.named("tls") {
                None | Some("none") => Tls::Trusted,
                Some("starttls") => Tls::Start,
                Some("implicit") => Tls::Implicit,
                Some(other) => self.wrong(&format!("tls={other}?")),
            },
            method: self
                .step
                .named("mech")
                .map(|name| name.parse().unwrap_or_else(|error: Invalid| self.wrong(&error.to_string()))),
            preauth: self.step.named("preauth") == Some("allow"),
            enable: self
                .step
                .named("enable")
                .into_iter()
                .flat_map(|names| names.split(','))
                .map(Capability::parse)
                .collect(),
            identify: self.step.named("id") == Some("on"),
            other_roots: self.step.named("roots") == Some("other"),
        }
    }

    fn store(&self) -> Action {
        let word = self.word(1);
        let how = match word.get(..1) {
            Some("+") => StoreHow::Add,
            Some("-") => StoreHow::Remove,
            Some("=") => StoreHow::Replace,
            _ => self.wrong("a change of flags begins with +, - or ="),
        };
        let names = word[1..].split(',').filter(|name| !name.is_empty());
        let mut flags = Flags::new();
        for name in names {
            flags.insert(Flag::parse(name).unwrap_or_else(|error| self.wrong(&error.to_string())));
        }
        Action::Store { uids: self.parsed(0), how, flags }
    }

    fn item(&self, word: &str) -> FetchItem {
        match word {
            "flags" => FetchItem::Flags,
            "size" => FetchItem::Size,
            "date" => FetchItem::InternalDate,
            "modseq" => FetchItem::ModSeq,
            "body" => FetchItem::Body { section: Section::whole(), partial: None, peek: true },
            _ => self.wrong(&format!("the item {word:?} is not known")),
        }
    }

    fn status_items(&self) -> StatusItems {
        let item = |word: &str| {
            StatusItem::parse(word).unwrap_or_else(|| self.wrong(&format!("{word:?} is no item of STATUS")))
        };
        self.word(1).split(',').map(item).fold(StatusItems::new(), StatusItems::with)
    }

    fn keys(&self) -> Key {
        let mut words = self.step.args.iter();
        let mut keys = Vec::new();
        while let Some(word) = words.next() {
            keys.push(match word.to_ascii_uppercase().as_str() {
                "ALL" => Key::All,
                "SEEN" => Key::Seen,
                "UNSEEN" => Key::Unseen,
                "FLAGGED" => Key::Flagged,
                "DELETED" => Key::Deleted,
                "SUBJECT" => {
                    let text = words.next().unwrap_or_else(|| self.wrong("SUBJECT of what?"));
                    Key::subject(text).unwrap_or_else(|error| self.wrong(&error.to_string()))
                }
                _ => self.wrong(&format!("the search key {word:?} is not known")),
            });
        }
        Key::all_of(keys)
    }

    fn word(&self, index: usize) -> &str {
        self.step.arg(index).unwrap_or_else(|| self.wrong("a word is missing"))
    }

    fn parsed<T: std::str::FromStr>(&self, index: usize) -> T
    where
        T::Err: std::fmt::Display,
    {
        self.word(index).parse().unwrap_or_else(|error: T::Err| self.wrong(&error.to_string()))
    }

    fn wrong(&self, problem: &str) -> ! {
        panic!("{}:{}: do {}: {problem}", self.script.name(), self.step.line, self.step.verb)
    }
}

impl Connect {
    /// Who logs in, if anybody does.
    pub(crate) fn credentials(&self) -> Option<Credentials> {
        let (user, password) = self.login.clone()?;
        let accept = self.method.map_or(Accept::Best, Accept::Only);
        let policy = Policy { accept, ..Policy::default() };
        Some(Credentials::password(user, Secret::new(password)).policy(policy))
    }

    /// What to say in ID; nothing unless asked to.
    pub(crate) fn identity(&self) -> Vec<(String, String)> {
        if self.identify { vec![("name".to_owned(), "imapkit".to_owned())] } else { Vec::new() }
    }
}
