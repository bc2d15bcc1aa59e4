//! `token`: prints an access token, for programs that log in by themselves. It is what was asked for, so a terminal gets it, too.

use crate::args::way::Way;
use crate::config::{self, Account};
use crate::errors::{Outcome, Problem};
use crate::exit::Exit;
use crate::oauth::keeper::Keeper;
use crate::output::Output;
use crate::output::json::{self, Object};
use crate::output::text::clean;

pub(super) fn run(name: Option<&str>, fresh: bool, output: &mut Output) -> Outcome {
    let account = match name {
        Some(name) => named(name)?,
        None => only()?,
    };
    let keeper = Keeper::of(&account, &Way::of(&account)?)?.ok_or_else(|| {
        Problem::usage(format!("the account {} does not log in by OAuth 2.0", clean(&account.name)))
            .next(format!("imapkit login --account {} changes that", clean(&account.name)))
    })?;
    let grant = if fresh { keeper.fresh()? } else { keeper.token(false)? };
    let token = grant.access_token.expose();
    output.object(&Object::new(
        "token",
        json::Token { account: &account.name, access_token: token, expires: grant.expires.and_then(json::unix) },
    ))?;
    output.line(token)?;
    Ok(Exit::Done)
}

/// The account of this name, or the only one of this address.
pub(super) fn named(name: &str) -> Outcome<Account> {
    let mut accounts = config::accounts()?;
    if let Some(at) = accounts.iter().position(|account| account.name == name) {
        return Ok(accounts.swap_remove(at));
    }
    let mut same: Vec<Account> = accounts.into_iter().filter(|account| account.r#where == name).collect();
    match same.len() {
        1 => Ok(same.swap_remove(0)),
        // Says which there are.
        _ => config::account(name),
    }
}

/// The only account that has tokens.
fn only() -> Outcome<Account> {
    let mut accounts = config::accounts()?;
    accounts.retain(|account| account.secret.is_some() && account.provider.is_some());
    let names = accounts.iter().map(|account| clean(&account.name)).collect::<Vec<_>>().join(", ");
    match accounts.len() {
        1 => Ok(accounts.swap_remove(0)),
        0 => Err(Problem::usage("no account logs in by OAuth 2.0").next("make one: imapkit login ann@example.org")),
        _ => Err(Problem::usage("whose token is not said").next(format!("say one of: {names}"))),
    }
}
