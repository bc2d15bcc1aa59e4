//! Tokens that end, are refused, or are refreshed by two at once; `token`, `accounts`, `logout`. RFC 6749 §6, RFC 7009.

use super::Scene;
use super::provider::Provider;
use crate::bench::{piped, ran};

#[test]
fn a_token_about_to_end_is_refreshed_before_it_is_used() {
    let scene = Scene::logged_in();
    age(&scene);
    scene.provider.set(|state| state.access.clear());
    scene.run(&["ls", "--account", "ann"]).good();
    assert_eq!(scene.mail.logins(), [true, true], "no login with the old one");
    assert_eq!(scene.provider.state.lock().unwrap().asked, ["authorization_code", "refresh_token"]);
    assert_eq!(scene.kept().unwrap()["refresh_token"], "c4n4ry-refresh-5", "the new one is kept");
}

#[test]
fn a_token_the_server_refuses_is_refreshed_once() {
    let scene = Scene::logged_in();
    scene.provider.set(|state| state.access.clear());
    scene.run(&["ls", "--account", "ann"]).good();
    assert_eq!(scene.mail.logins(), [true, false, true]);
    scene.provider.set(|state| {
        state.access.clear();
        state.instead = Some((400, r#"{"error":"invalid_grant","error_description":"revoked"}"#.into()));
    });
    let ran = scene.run(&["ls", "--account", "ann"]).exits(3);
    assert!(ran.err.contains("expired, was revoked or was used already"), "{ran:?}");
    assert!(ran.err.contains("imapkit login --account ann"), "{ran:?}");
    assert!(scene.kept().is_some(), "what is kept stays, for who looks into it");
}

#[test]
fn to_log_in_again_the_account_says_all_that_is_needed() {
    let scene = Scene::logged_in();
    scene.provider.set(|state| state.refresh.clear());
    scene.run(&["token", "--refresh"]).exits(3);
    let before = std::fs::read_to_string(scene.path("config.toml")).unwrap();
    // No URL, no client id, no secret of the client.
    let again = scene.command(&["login", "--account", "ann", "--no-browser"]);
    Scene::visit(again, Provider::consent).good();
    assert_eq!(std::fs::read_to_string(scene.path("config.toml")).unwrap(), before);
    scene.run(&["token", "--refresh"]).good();
}

#[test]
fn the_secret_of_a_client_goes_to_no_other_provider() {
    let scene = Scene::logged_in();
    let other = Provider::start();
    let (auth, token) = (format!("{}/auth", other.url()), format!("{}/token", other.url()));
    let endpoints = ["--auth-url", &auth, "--token-url", &token, "--provider", "other"];
    let again = scene.command(&[&["login", "--account", "ann", "--no-browser"], &endpoints[..]].concat());
    let ran = Scene::visit(again, |url| _ = Provider::browse(url)).exits(3);
    assert!(ran.err.contains("invalid_client"), "{ran:?}");
    other.set(|state| assert!(state.access.is_empty()));
}

#[test]
fn of_many_at_once_one_refreshes_and_none_loses_the_token() {
    let scene = Scene::logged_in();
    for _ in 0..3 {
        age(&scene);
        let mut children: Vec<_> = (0..6).map(|_| piped(&mut scene.command(&["token", "ann"]))).collect();
        let tokens: Vec<String> = children.drain(..).map(|child| super::end(child).good().text().to_owned()).collect();
        assert!(tokens.iter().all(|token| *token == tokens[0]), "{tokens:?}");
    }
    let asked = scene.provider.state.lock().unwrap().asked.clone();
    assert_eq!(asked, ["authorization_code", "refresh_token", "refresh_token", "refresh_token"]);
}

#[test]
fn token_prints_one_that_is_good_and_a_fresh_one_on_request() {
    let scene = Scene::logged_in();
    let first = scene.run(&["token"]).good().text().to_owned();
    assert_eq!(first, "c4n4ry-access-2\n");
    assert_eq!(scene.run(&["token", "ann"]).good().text(), first);
    let object = scene.run(&["token", scene.mail.place(), "--refresh", "--json"]).good().objects()[0].clone();
    assert_eq!((&object["type"], &object["access_token"]), (&"token".into(), &"c4n4ry-access-4".into()));
    assert!(object["expires"].as_str().unwrap().ends_with('Z'), "{object}");
    let ran = scene.run(&["token", "nobody"]).exits(64);
    assert!(ran.err.contains("it has ann"), "{ran:?}");
}

#[test]
fn accounts_are_listed_without_secrets() {
    let scene = Scene::logged_in();
    let ran = scene.run(&["accounts"]).good();
    assert!(ran.text().contains("ann by OAuth, file") && ran.text().contains("token good for"), "{ran:?}");
    let object = scene.run(&["accounts", "--json"]).good().objects()[0].clone();
    assert_eq!(
        (&object["name"], &object["logged_in"], &object["provider"]),
        (&"ann".into(), &true.into(), &"ann".into())
    );
    assert!(object["expires"].is_string());
    assert!(!ran.text().contains("c4n4ry"));
}

#[test]
fn logout_revokes_and_removes() {
    let scene = Scene::logged_in();
    let object = scene.run(&["logout", "ann", "--json"]).good().objects()[0].clone();
    assert_eq!(
        (&object["type"], &object["removed"], &object["revoked"]),
        (&"logged-out".into(), &true.into(), &true.into())
    );
    assert_eq!(scene.kept(), None);
    let ran = scene.run(&["ls", "--account", "ann"]).exits(3);
    assert!(ran.err.contains("no password for ann"), "{ran:?}");
    // What the provider will not revoke is removed here all the same, and told.
    let scene = Scene::logged_in();
    scene.run(&["token", "--refresh"]).good();
    scene.provider.set(|state| *state = super::provider::State::default());
    let ran = scene.run(&["logout", "ann", "--forget"]).exits(2);
    assert!(ran.text().contains("the provider still knows it") && ran.err.contains("it answered 400"), "{ran:?}");
    assert_eq!(scene.kept(), None);
    assert!(!std::fs::read_to_string(scene.path("config.toml")).unwrap().contains("[accounts"));
}

#[test]
fn a_token_from_a_command_or_the_environment_is_as_good() {
    let scene = Scene::logged_in();
    let token = scene.run(&["token"]).good().text().trim().to_owned();
    std::fs::write(scene.path("token"), &token).unwrap();
    std::fs::remove_file(scene.path("config.toml")).unwrap();
    scene.run(&["ls", scene.mail.place(), "--token-command", "cat token"]).good();
    let mut command = scene.command(&["ls", scene.mail.place()]);
    command.env("IMAPKIT_TOKEN", &token);
    ran(command).good();
    let account = format!("[accounts.x]\nwhere = \"{}\"\ntoken-command = \"cat token\"\n", scene.mail.place());
    std::fs::write(scene.path("config.toml"), account).unwrap();
    scene.run(&["ls", "--account", "x"]).good();
    let failed = scene.run(&["ls", scene.mail.place(), "--token-command", "echo hush; exit 3"]).exits(3);
    assert!(failed.err.contains("the token command failed") && !failed.err.contains("hush"), "{failed:?}");
    scene.provider.set(|state| state.access.clear());
    let mut command = scene.command(&["ls", scene.mail.place()]);
    command.env("IMAPKIT_TOKEN", &token);
    let refused = ran(command).exits(3);
    assert!(refused.err.contains("refused the token") && !refused.err.contains(&token), "{refused:?}");
}

/// Lets the kept token be about to end.
pub(super) fn age(scene: &Scene) {
    let mut kept = scene.kept().unwrap();
    kept["expires"] = 1.into();
    std::fs::write(scene.path("data/imapkit/logins/ann"), kept.to_string()).unwrap();
}
