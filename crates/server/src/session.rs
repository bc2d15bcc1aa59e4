//! A session: who is logged in, what is selected, and what each command does.
//!
//! One file per group of commands below this one. Each handler changes the store, appends untagged responses and
//! returns how the command ended; the dispatcher adds word of other sessions' changes and the tagged line. RFC 3501 §3,
//! §6.
//!
//! Invariant: responses a command causes come before its tagged line, and changes by others between the two.

mod append;
mod copy;
mod fetch;
mod mailboxes;
mod search;
mod select;
mod store;

use std::sync::Arc;

use imap_types::{
    IntoStatic,
    auth::AuthMechanism,
    command::CommandBody,
    core::{Atom, IString, NString, QuotedChar, Tag, Vec1},
    extensions::namespace::Namespace,
    flag::FlagNameAttribute,
    response::{Capability as Token, Code, Data},
};

use crate::{
    config::Capability,
    link::{End, Link},
    name,
    outbox::{Outbox, Outcome, code},
    server::Shared,
    store::Account,
    view::View,
};

/// How a command ended; `Err` where a handler gave up early.
pub(crate) type Reply = Result<Outcome, Outcome>;

/// One client's state.
pub(crate) struct Session {
    shared: Arc<Shared>,
    pub(crate) tls: bool,
    account: Option<Arc<Account>>,
    pub(crate) view: Option<View>,
}

/// The capability a command needs beyond IMAP4rev1.
fn needs(body: &CommandBody<'_>) -> Option<Capability> {
    Some(match body {
        CommandBody::Enable { .. } => Capability::Enable,
        CommandBody::ExpungeUid { .. } => Capability::UidPlus,
        CommandBody::Id { .. } => Capability::Id,
        CommandBody::Idle => Capability::Idle,
        CommandBody::Move { .. } => Capability::Move,
        CommandBody::Namespace => Capability::Namespace,
        CommandBody::StartTLS => Capability::StartTls,
        CommandBody::Unselect => Capability::Unselect,
        _ => return None,
    })
}

/// During these, sequence numbers must not change (RFC 3501 §7.4.1).
fn forbids_expunge(body: &CommandBody<'_>) -> bool {
    matches!(
        body,
        CommandBody::Fetch { uid: false, .. }
            | CommandBody::Store { uid: false, .. }
            | CommandBody::Search { uid: false, .. }
    )
}

impl Session {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self { shared, tls: false, account: None, view: None }
    }

    pub(crate) fn is_authenticated(&self) -> bool {
        self.account.is_some()
    }

    pub(crate) fn check_offered(&self, body: &CommandBody<'_>) -> Result<(), Outcome> {
        match needs(body) {
            Some(capability) if !self.shared.offers(capability) => Err(Outcome::bad("Not offered")),
            _ => Ok(()),
        }
    }

    fn account(&self) -> Result<Arc<Account>, Outcome> {
        self.account.clone().ok_or_else(|| Outcome::bad("Log in first"))
    }

    fn selected(&mut self) -> Result<&mut View, Outcome> {
        self.account()?;
        self.view.as_mut().ok_or_else(|| Outcome::bad("No mailbox is selected"))
    }

    /// The selected mailbox, where it may be changed.
    fn writable(&mut self) -> Result<&mut View, Outcome> {
        let view = self.selected()?;
        if view.read_only { Err(Outcome::no("The mailbox is selected read-only")) } else { Ok(view) }
    }

    /// Carries out a command and answers it.
    pub(crate) async fn execute(
        &mut self,
        link: &mut Link,
        tag: Tag<'static>,
        body: CommandBody<'static>,
    ) -> Result<(), End> {
        let may_expunge = !forbids_expunge(&body);
        let (Ok(outcome) | Err(outcome)) = self.dispatch(link, body).await?;
        if let Some(view) = &mut self.view {
            view.sync(&mut link.out, may_expunge);
        }
        link.out.finish(Some(tag), outcome);
        link.relieve().await?;
        Ok(())
    }

    async fn dispatch(&mut self, link: &mut Link, body: CommandBody<'static>) -> Result<Reply, End> {
        let out = &mut link.out;
        Ok(match body {
            CommandBody::Fetch { sequence_set, macro_or_item_names, uid, modifiers } => {
                if !modifiers.is_empty() {
                    return Ok(Err(Outcome::bad("CONDSTORE is not offered")));
                }
                return self.fetch(link, &sequence_set, macro_or_item_names, uid).await;
            }
            CommandBody::Search { charset, criteria, uid } => {
                return self.search(link, charset.as_ref(), criteria, uid).await;
            }
            CommandBody::Capability => {
                out.data(Data::Capability(self.capabilities()));
                Ok(Outcome::ok("CAPABILITY completed"))
            }
            CommandBody::Noop => Ok(Outcome::ok("NOOP completed")),
            CommandBody::Id { .. } => Ok(id(out)),
            CommandBody::Login { username, password } => match self.check_login_allowed() {
                Ok(()) => self.log_in(username.as_ref(), password.declassify().as_ref()),
                Err(outcome) => Err(outcome),
            },
            body => match self.account() {
                Ok(account) => self.dispatch_authenticated(&account, out, body),
                Err(outcome) => Err(outcome),
            },
        })
    }

    fn dispatch_authenticated(&mut self, account: &Account, out: &mut Outbox, body: CommandBody<'static>) -> Reply {
        match body {
            CommandBody::Namespace => Ok(namespace(out)),
            CommandBody::Enable { .. } => {
                // Nothing here needs enabling; RFC 5161 wants an answer all the same.
                out.data(Data::Enabled { capabilities: Vec::new() });
                Ok(Outcome::ok("ENABLE completed"))
            }
            CommandBody::Select { mailbox, parameters } => self.select(account, out, &mailbox, &parameters, false),
            CommandBody::Examine { mailbox, parameters } => self.select(account, out, &mailbox, &parameters, true),
            CommandBody::Create { mailbox } => mailboxes::create(account, &mailbox),
            CommandBody::Delete { mailbox } => mailboxes::delete(account, &mailbox),
            CommandBody::Rename { from, to } => mailboxes::rename(account, &from, &to),
            CommandBody::Subscribe { mailbox } => mailboxes::subscribe(account, &mailbox, true),
            CommandBody::Unsubscribe { mailbox } => mailboxes::subscribe(account, &mailbox, false),
            CommandBody::List { reference, mailbox_wildcard } => self.list(account, out, &reference, &mailbox_wildcard),
            CommandBody::Lsub { reference, mailbox_wildcard } => {
                mailboxes::lsub(account, out, &reference, &mailbox_wildcard)
            }
            CommandBody::Status { mailbox, item_names } => self.status(account, out, &mailbox, &item_names),
            CommandBody::Append { mailbox, flags, date, message } => {
                self.append(account, &mailbox, flags, date, message)
            }
            CommandBody::Check => self.selected().map(|_| Outcome::ok("CHECK completed")),
            CommandBody::Close => self.close(),
            CommandBody::Unselect => self.unselect(),
            CommandBody::Expunge => self.expunge(None),
            CommandBody::ExpungeUid { sequence_set } => self.expunge(Some(&sequence_set)),
            CommandBody::Store { sequence_set, kind, response, flags, uid, modifiers } => {
                if !modifiers.is_empty() {
                    return Err(Outcome::bad("CONDSTORE is not offered"));
                }
                self.store(out, &sequence_set, &store::Change { kind, response, flags }, uid)
            }
            CommandBody::Copy { sequence_set, mailbox, uid } => self.copy(account, &sequence_set, &mailbox, uid),
            CommandBody::Move { sequence_set, mailbox, uid } => self.move_(account, out, &sequence_set, &mailbox, uid),
            _ => Err(Outcome::bad("Not offered")),
        }
    }

    /// Whether a password may be sent now.
    pub(crate) fn check_login_allowed(&self) -> Result<(), Outcome> {
        if self.is_authenticated() {
            return Err(Outcome::bad("Already logged in"));
        }
        if self.login_is_disabled() {
            return Err(Outcome::no("Start TLS first").with(code("PRIVACYREQUIRED")));
        }
        Ok(())
    }

    fn login_is_disabled(&self) -> bool {
        !self.tls && !self.shared.allow_plain_login
    }

    pub(crate) fn log_in(&mut self, user: &[u8], password: &[u8]) -> Reply {
        let account = self.shared.store.log_in(user, password);
        self.account = account;
        if self.is_authenticated() {
            Ok(Outcome::ok("Logged in").with(self.capability_code()))
        } else {
            Err(Outcome::no("Wrong user or password").with(code("AUTHENTICATIONFAILED")))
        }
    }

    pub(crate) fn capability_code(&self) -> Code<'static> {
        Code::Capability(self.capabilities())
    }

    /// What is offered in the current state: before login the ways to log in, after it the rest.
    fn capabilities(&self) -> Vec1<Token<'static>> {
        let token = |name: &'static str| Token::from(Atom::unvalidated(name));
        let mut tokens = vec![Token::Imap4Rev1];
        let mut offer = |capability, token| {
            if self.shared.offers(capability) {
                tokens.push(token);
            }
        };
        offer(Capability::LiteralPlus, Token::LiteralPlus);
        offer(Capability::Id, Token::Id);
        offer(Capability::Enable, Token::Enable);
        if self.is_authenticated() {
            offer(Capability::Idle, Token::Idle);
            offer(Capability::UidPlus, Token::UidPlus);
            offer(Capability::Move, Token::Move);
            offer(Capability::Unselect, Token::Unselect);
            offer(Capability::Namespace, Token::Namespace);
            offer(Capability::Children, token("CHILDREN"));
            offer(Capability::SpecialUse, token("SPECIAL-USE"));
            offer(Capability::StatusSize, Token::StatusSize);
            offer(Capability::Within, Token::Within);
            return Vec1::unvalidated(tokens);
        }
        offer(Capability::SaslIr, Token::SaslIr);
        if !self.tls {
            offer(Capability::StartTls, Token::StartTls);
        }
        if self.login_is_disabled() {
            tokens.push(Token::LoginDisabled);
        } else {
            offer(Capability::AuthPlain, Token::Auth(AuthMechanism::Plain));
            offer(Capability::AuthLogin, Token::Auth(AuthMechanism::Login));
        }
        Vec1::unvalidated(tokens)
    }
}

fn delimiter() -> Option<QuotedChar> {
    QuotedChar::try_from(name::DELIMITER).ok()
}

fn attribute(name: &'static str) -> FlagNameAttribute<'static> {
    FlagNameAttribute::from(Atom::unvalidated(name))
}

fn id(out: &mut Outbox) -> Outcome {
    let pair = |key: &str, value: &str| {
        let (key, value) = (IString::try_from(key).ok()?, NString::try_from(value).ok()?);
        Some((key.into_static(), value.into_static()))
    };
    let pairs = [pair("name", "imapkit-server"), pair("version", env!("CARGO_PKG_VERSION"))];
    out.data(Data::Id { parameters: Some(pairs.into_iter().flatten().collect()) });
    Outcome::ok("ID completed")
}

fn namespace(out: &mut Outbox) -> Outcome {
    let personal = IString::try_from("").map(|prefix| Namespace::new(prefix, delimiter()));
    out.data(Data::Namespace { personal: personal.into_iter().collect(), other: Vec::new(), shared: Vec::new() });
    Outcome::ok("NAMESPACE completed")
}
