//! `logout`: has the provider revoke a login, and removes it here, whatever the provider says. RFC 7009.

use super::token::named;
use crate::args::way::Way;
use crate::config::{Account, write};
use crate::errors::{Outcome, Problem};
use crate::exit::Exit;
use crate::oauth::keeper::Keeper;
use crate::output::Output;
use crate::output::json::{LoggedOut, Object};
use crate::output::text::clean;
use crate::vault::{Login, Vault};

pub(super) fn run(name: &str, revoke: bool, forget: bool, output: &mut Output) -> Outcome {
    let account = named(name)?;
    let vault = Vault::of(&account)?;
    if vault.is_none() && !forget {
        return Err(Problem::usage(format!("nothing is kept for the account {}", clean(&account.name))));
    }
    let (mut removed, mut revoked, mut exit) = (false, None, Exit::Done);
    if let Some(vault) = &vault {
        let _lock = vault.lock()?;
        if revoke {
            revoked = at_provider(&account, vault, output);
        }
        removed = vault.remove()?;
    }
    if revoked == Some(false) {
        exit = Exit::Partial;
    }
    if forget {
        write::forget(&account.name)?;
    } else {
        write::account(&account.name, vec![("secret", None)], None)?;
    }
    output.object(&Object::new("logged-out", LoggedOut { account: &account.name, removed, revoked }))?;
    let name = clean(&account.name);
    let here = if removed { "the login is removed" } else { "no login was kept" };
    let there = match revoked {
        Some(true) => ", and revoked by the provider",
        Some(false) => "; the provider still knows it: remove it in the account's security page",
        None => "",
    };
    output.line(&format!("{name}: {here}{there}"))?;
    Ok(exit)
}

/// Whether the provider revoked it; `None` where there is nothing to revoke or no way to.
fn at_provider(account: &Account, vault: &Vault, output: &mut Output) -> Option<bool> {
    // An entry that cannot be read is removed all the same.
    let Ok(Some(Login::OAuth(grant))) = vault.load() else { return None };
    let keeper = Keeper::of(account, &Way::of(account).ok()?).ok().flatten()?;
    match keeper.client(&grant).revoke(&grant) {
        Some(Ok(())) => Some(true),
        Some(Err(problem)) => {
            output.warn(problem.what());
            Some(false)
        }
        None => {
            output.note("the provider has no way to revoke it from here: remove it in the account's security page");
            None
        }
    }
}
