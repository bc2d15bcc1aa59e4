//! Access tokens for an account: what is kept, as long as it is good, and a fresh one otherwise.
//!
//! Separate because verbs, `token` and connections that are made again all ask here. Providers may give a new refresh token with each access
//! token and refuse the old one from then on (RFC 6749 §6, RFC 9700 §4.14.2): the entry is locked from reading it to writing it, so that of
//! two processes one refreshes and the other finds what came of it.
//!
//! Invariants: a token that the server refused is not given again; a fresh one is kept before it is used.

use std::sync::{Arc, Mutex, PoisonError};

use imapkit::types::Secret;

use super::provider::Provider;
use super::{Client, now};
use crate::args::way::Way;
use crate::config::Account;
use crate::errors::{Outcome, Problem};
use crate::exit::Exit;
use crate::vault::{Grant, Login, Vault};

/// A token that ends sooner than this, in seconds, is as good as ended.
const MARGIN: i64 = 90;

/// Held from asking the provider to keeping what it gave.
static RENEWAL: Mutex<()> = Mutex::new(());

/// Who has the tokens of an account. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Keeper {
    vault: Vault,
    provider: Provider,
    client_id: String,
    way: Way,
    /// What was given last.
    given: Arc<Mutex<Option<Secret>>>,
}

impl Keeper {
    /// That of an account whose login is kept and came by OAuth 2.0; it asks the provider by this way.
    pub(crate) fn of(account: &Account, way: &Way) -> Outcome<Option<Self>> {
        let (Some(vault), Some(provider)) = (Vault::of(account)?, Provider::of(account)?) else { return Ok(None) };
        let client_id = account
            .client_id
            .clone()
            .ok_or_else(|| Problem::usage(format!("the account {} has a provider, but no client-id", account.name)))?;
        Ok(Some(Self { vault, provider, client_id, way: way.clone(), given: Arc::default() }))
    }

    /// A token to log in with; after `refused`, another than the last one. Blocks.
    pub(crate) fn token(&self, refused: bool) -> Outcome<Grant> {
        let last = self.given.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let bad = last.filter(|_| refused);
        let good = |grant: &Grant| {
            bad.as_ref() != Some(&grant.access_token) && grant.expires.is_none_or(|end| end - now() > MARGIN)
        };
        let kept = self.load()?;
        let grant = if good(&kept) { kept } else { self.renew(good)? };
        *self.given.lock().unwrap_or_else(PoisonError::into_inner) = Some(grant.access_token.clone());
        Ok(grant)
    }

    /// A fresh token, whatever is kept. Blocks.
    pub(crate) fn fresh(&self) -> Outcome<Grant> {
        self.renew(|_| false)
    }

    fn renew(&self, good: impl Fn(&Grant) -> bool) -> Outcome<Grant> {
        let _lock = self.vault.lock()?;
        let old = self.load()?;
        if good(&old) {
            // Another process was faster.
            return Ok(old);
        }
        let account = self.vault.account();
        let _renewal = RENEWAL.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = self.client(&old).refresh(&old).map_err(|problem| match problem.exit() {
            Exit::Auth => problem.next(format!("for this account: imapkit login --account {account}")),
            _ => problem,
        })?;
        self.vault.save(&Login::OAuth(fresh.clone()))?;
        Ok(fresh)
    }

    /// The program the grant was given to.
    pub(crate) fn client(&self, grant: &Grant) -> Client {
        Client {
            provider: self.provider.clone(),
            id: self.client_id.clone(),
            secret: grant.client_secret.clone(),
            way: self.way.clone(),
        }
    }

    fn load(&self) -> Outcome<Grant> {
        match self.vault.load()? {
            Some(Login::OAuth(grant)) => Ok(grant),
            _ => Err(nothing_kept(&self.vault)),
        }
    }
}

/// Waits until a token that is being renewed is kept, and has none renewed from now on: for the end of the program. Blocks, for no longer
/// than the provider and the store may take.
pub(crate) fn settle() {
    std::mem::forget(RENEWAL.lock().unwrap_or_else(PoisonError::into_inner));
}

/// The configuration says that there is a login, and there is none.
pub(crate) fn nothing_kept(vault: &Vault) -> Problem {
    let account = vault.account();
    Problem::new(Exit::Auth, "no-login", format!("no login for {account} is kept in {}", vault.whereabouts()))
        .next(format!("log in: imapkit login --account {account}"))
}
