//! `accounts`: what is in the configuration, how each account logs in, and when its token ends. Tells no secret.
//!
//! What a command keeps is not asked for: the user's password manager may want a passphrase each time.

use crate::config::{self, Account};
use crate::errors::Outcome;
use crate::exit::Exit;
use crate::oauth::now;
use crate::output::Output;
use crate::output::json::{self, Object};
use crate::output::text::{clean, duration, pad, width};
use crate::vault::{self, Login, Vault};

pub(super) fn run(output: &mut Output) -> Outcome {
    let accounts = config::accounts()?;
    let mut exit = Exit::Done;
    let mut rows: Vec<[String; 4]> = Vec::new();
    for account in &accounts {
        let kept = match Vault::of(account)?.filter(|vault| vault.place() != vault::Place::Command) {
            Some(vault) => vault.load().unwrap_or_else(|problem| {
                output.warn(&format!("{}: {}", clean(&account.name), problem.what()));
                exit = Exit::Partial;
                None
            }),
            None => None,
        };
        let expires = match &kept {
            Some(Login::OAuth(grant)) => grant.expires,
            _ => None,
        };
        let known = account.secret.filter(|&place| place != vault::Place::Command).map(|_| kept.is_some());
        output.object(&Object::new(
            "account",
            json::Account {
                name: &account.name,
                r#where: &account.r#where,
                user: account.user.as_deref(),
                kind: kind(account),
                store: account.secret.map(vault::Place::name),
                provider: account.provider.as_deref(),
                expires: expires.and_then(json::unix),
                logged_in: known,
            },
        ))?;
        rows.push([clean(&account.name), clean(&account.r#where), how(account), state(known, expires)]);
    }
    let widest = |column: usize| rows.iter().map(|row| width(&row[column])).max().unwrap_or_default();
    let widths = [widest(0), widest(1), widest(2)];
    for [name, place, how, state] in &rows {
        let line = format!("{}  {}  {}  {state}", pad(name, widths[0]), pad(place, widths[1]), pad(how, widths[2]));
        output.line(line.trim_end())?;
    }
    if rows.is_empty() {
        output.note("there are no accounts; make one: imapkit login ann@example.org");
    }
    Ok(exit)
}

/// How it logs in.
fn kind(account: &Account) -> &'static str {
    if account.token_command.is_some() {
        return "token-command";
    }
    if account.password_command.is_some() {
        return "password-command";
    }
    match (account.secret, &account.provider) {
        (Some(_), Some(_)) => "oauth",
        (Some(_), None) => "password",
        (None, _) => "none",
    }
}

fn how(account: &Account) -> String {
    let store = account.secret.map(vault::Place::name).unwrap_or_default();
    match kind(account) {
        "oauth" => format!("{} by OAuth, {store}", clean(account.provider.as_deref().unwrap_or_default())),
        "password" => format!("password, {store}"),
        "none" => "asks for the password".to_owned(),
        command => command.replace('-', " "),
    }
}

fn state(known: Option<bool>, expires: Option<i64>) -> String {
    let left = expires.map(|end| end - now());
    match (known, left) {
        (Some(false), _) => "not logged in".to_owned(),
        (_, Some(left)) if left > 0 => {
            format!("token good for {}", duration(std::time::Duration::from_secs(left.unsigned_abs())))
        }
        (_, Some(_)) => "token is renewed when needed".to_owned(),
        _ => String::new(),
    }
}
