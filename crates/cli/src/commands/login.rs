//! `login`: gets a password or leave by OAuth 2.0, tries it on the mail server, and only then keeps it and writes the account.
//!
//! ```text
//! where is the server --> who gives tokens --> password | browser | device --> IMAP login --> vault --> config.toml
//! ```
//!
//! Everything that can fail without a person is tried before the person is asked. RFC 8252, RFC 8628.

use imapkit::sasl::{Credentials, Proof};

use crate::args::high::{Login, LoginWay, Target};
use crate::config::{Endpoints, write};
use crate::connect;
use crate::discovery;
use crate::errors::{Outcome, Problem};
use crate::exit::Exit;
use crate::oauth::{Client, browser, device, provider::Provider};
use crate::output::Output;
use crate::output::json::{self, Account, Object};
use crate::output::text::clean;
use crate::place::{Place, Shown};
use crate::vault::{self, Login as Kept};

pub(super) async fn run(wanted: &Login, output: &mut Output) -> Outcome {
    let place = discovery::locate(&wanted.target, output).await?;
    if place.user.is_none() {
        let server = place.server_text();
        return Err(Problem::usage(format!("who logs in to {server} is not said")).next("add --user NAME"));
    }
    if wanted.vault.place() == vault::Place::File {
        output.warn(&format!("{} is not encrypted: who can read your files can read it", wanted.vault.whereabouts()));
    }
    let mut client = client(wanted, &place)?;
    // A keyring that is not there is told before somebody goes through the provider's pages. What is not ours will be replaced.
    match wanted.vault.load() {
        Err(problem) if wanted.vault.place() == vault::Place::Keyring => return Err(problem),
        // Who logs in again need not find the client's secret again. It goes to the provider it was for, and to no other.
        Ok(Some(Kept::OAuth(old))) => {
            let before = Provider::of(&wanted.account).unwrap_or_default();
            let same = |client: &&mut Client| {
                wanted.account.client_id.as_ref() == Some(&client.id) && before.as_ref() == Some(&client.provider)
            };
            if let Some(client) = client.as_mut().filter(same) {
                client.secret = client.secret.take().or(old.client_secret);
            }
        }
        _ => {}
    }
    let kept = match (&wanted.way, &client) {
        (LoginWay::OAuth { device, open, wait, .. }, Some(client)) => {
            let user = place.user.as_deref().unwrap_or_default();
            let grant = if *device {
                device::login(client, *wait, output).await?
            } else {
                browser::login(client, user, *open, LoginWay::patience(*wait), output).await?
            };
            if grant.refresh_token.is_none() {
                output.warn(&format!(
                    "{} gave nothing to renew the token with: log in again when it has ended",
                    clean(&client.provider.name)
                ));
            }
            Kept::OAuth(grant)
        }
        (LoginWay::Password(source), _) => Kept::Password { password: source.read(&place.to_string())? },
        (LoginWay::OAuth { .. }, None) => return Err(no_provider(&place)),
    };
    if wanted.verify {
        verify(wanted, &place, &kept, output).await?;
    }
    keep(wanted, &kept, client.as_ref())?;
    tell(wanted, &place, &kept, client.as_ref(), output)
}

/// The program as the provider knows it; `None` with a password.
fn client(wanted: &Login, place: &Place) -> Outcome<Option<Client>> {
    let LoginWay::OAuth { provider, endpoints, client_id, client_secret, .. } = &wanted.way else { return Ok(None) };
    let provider = Provider::new(provider.as_deref(), place.host(), endpoints)?.ok_or_else(|| no_provider(place))?;
    let id = client_id.clone().ok_or_else(|| {
        Problem::usage(format!("{} wants to know which program asks", clean(&provider.name)))
            .next(format!("make a client id at {}", provider.console()))
            .next("then add --client-id ID; docs/login.md has it step by step; --password uses an app password instead")
    })?;
    let secret = client_secret.as_ref().map(crate::args::high::ClientSecret::read).transpose()?;
    Ok(Some(Client { provider, id, secret, way: wanted.target.way.clone() }))
}

fn no_provider(place: &Place) -> Problem {
    Problem::usage(format!("nothing is known of OAuth 2.0 at {}", place.server_text()))
        .next("use a password, an app password where there is one: --password")
        .next("or name who gives tokens: --provider google or microsoft, or --auth-url and --token-url")
}

/// Logs in to the mail server for real.
async fn verify(wanted: &Login, place: &Place, kept: &Kept, output: &mut Output) -> Outcome<()> {
    let (proof, shown) = match kept {
        Kept::Password { password } => (Proof::Password(password.clone()), Shown::Password),
        Kept::OAuth(grant) => (Proof::Token(grant.access_token.clone()), Shown::Token),
    };
    let place = &Place { proof: shown, ..place.clone() };
    let target = Target { place: place.clone(), ..wanted.target.clone() };
    let config = connect::config(&target, place)?;
    let user = place.user.clone().unwrap_or_default();
    let config = config.credentials(Credentials::new(user, proof)).auth(connect::policy(&target));
    let link = connect::connect(&config, place.clone(), output).await.map_err(|problem| match kept {
        Kept::OAuth(_) => problem.next("nothing is kept; --no-verify keeps a login without trying it"),
        Kept::Password { .. } => problem.next("nothing is kept"),
    })?;
    link.close().await;
    Ok(())
}

/// The secret first: an account without one says what is missing, a secret without an account is lost.
fn keep(wanted: &Login, kept: &Kept, client: Option<&Client>) -> Outcome<()> {
    let lock = wanted.vault.lock()?;
    wanted.vault.save(kept)?;
    drop(lock);
    let mut changes = wanted.changes.clone();
    changes.retain(|(key, _)| *key != "secret");
    changes.push(("secret", Some(wanted.vault.place().name().into())));
    changes.push(("provider", client.map(|client| client.provider.name.as_str().into())));
    changes.push(("client-id", client.map(|client| client.id.as_str().into())));
    // These would go before what is kept.
    changes.push(("password-command", None));
    changes.push(("token-command", None));
    let own = match (&wanted.way, client) {
        (LoginWay::OAuth { endpoints, .. }, Some(client)) if *endpoints != Endpoints::default() => {
            Some((client.provider.name.as_str(), endpoints))
        }
        _ => None,
    };
    write::account(&wanted.account.name, changes, own)
}

fn tell(wanted: &Login, place: &Place, kept: &Kept, client: Option<&Client>, output: &mut Output) -> Outcome {
    let (kind, expires) = match kept {
        Kept::Password { .. } => ("password", None),
        Kept::OAuth(grant) => ("oauth", grant.expires),
    };
    output.object(&Object::new(
        "account",
        Account {
            name: &wanted.account.name,
            r#where: &wanted.account.r#where,
            user: place.user.as_deref(),
            kind,
            store: Some(wanted.vault.place().name()),
            provider: client.map(|client| client.provider.name.as_str()),
            expires: expires.and_then(json::unix),
            logged_in: Some(true),
        },
    ))?;
    let verified = if wanted.verify { "logged in to" } else { "not tried on" };
    let name = clean(&wanted.account.name);
    output.line(&format!("{verified} {place}; kept in {}, account {name}", wanted.vault.whereabouts()))?;
    output.line(&format!("next: imapkit ls --account {}", quoted(&name)))?;
    Ok(Exit::Done)
}

/// As a shell takes it.
fn quoted(name: &str) -> String {
    let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || "@._-+:/%".contains(c));
    if plain { name.to_owned() } else { format!("'{}'", name.replace('\'', "'\\''")) }
}
