//! By browser: PKCE, the state, what goes wrong. RFC 7636, RFC 8252.

use std::io::Write;
use std::net::TcpStream;

use super::provider::{Provider, get};
use super::{CLIENT, Scene};
use crate::bench::piped;

#[test]
fn a_login_by_browser_is_tried_kept_and_used_by_every_verb() {
    let scene = Scene::new();
    std::fs::write(scene.path("config.toml"), "# mine\n[accounts.other]\nwhere = \"bob@example.org\" # his\n").unwrap();
    let ran = Scene::visit(scene.login(&["--no-browser"]), Provider::consent).good();
    assert!(ran.text().starts_with("logged in to ann at 127.0.0.1"), "{ran:?}");
    assert!(ran.err.contains("is not encrypted"), "{ran:?}");
    assert_eq!(scene.mail.logins(), [true], "it was tried");
    let config = std::fs::read_to_string(scene.path("config.toml")).unwrap();
    assert!(config.starts_with("# mine\n[accounts.other]\nwhere = \"bob@example.org\" # his\n"), "{config}");
    assert!(config.contains(&format!("client-id = \"{CLIENT}\"")), "{config}");
    // By name, and by the place itself.
    assert_eq!(scene.run(&["ls", "--account", "ann"]).good().text().lines().count(), 3);
    assert_eq!(scene.run(&["ls", scene.mail.place()]).good().text().lines().count(), 3);
    assert_eq!(scene.mail.logins(), [true; 3]);
    assert_eq!(scene.provider.state.lock().unwrap().asked, ["authorization_code"], "the token was good all the time");
    let again = scene.command(&["login", "--account", "ann", "--no-browser"]);
    let mut again = again;
    again.env("IMAPKIT_CLIENT_SECRET", super::SECRET);
    Scene::visit(again, Provider::consent).good();
}

#[test]
fn the_users_browser_is_opened() {
    let scene = Scene::new();
    let opened = scene.path("opened");
    let script = scene.path("browser.sh");
    std::fs::write(&script, "printf '%s' \"$1\" > \"$2.part\"; mv \"$2.part\" \"$2\"").unwrap();
    let mut command = scene.login(&[]);
    command.env("BROWSER", format!("sh {} %s {}", script.display(), opened.display()));
    let ran = Scene::visit(command, |url| {
        let until = std::time::Instant::now() + std::time::Duration::from_secs(30);
        while !opened.exists() {
            assert!(std::time::Instant::now() < until, "no browser was opened");
            std::thread::yield_now();
        }
        assert_eq!(std::fs::read_to_string(&opened).unwrap(), url);
        Provider::consent(url);
    });
    ran.good();
}

#[test]
fn what_goes_wrong_is_named_and_nothing_is_kept() {
    type Change = fn(&mut super::provider::State);
    let cases: [(Change, &str, i32); 6] = [
        (
            |state| state.deny = Some("access_denied"),
            "consent was declined\n  the server said: The user said no [access_denied]",
            3,
        ),
        (|state| state.forged = Some("another".into()), "with the state of another login", 3),
        (
            |state| {
                state.instead =
                    Some((400, r#"{"error":"invalid_grant","error_description":"AADSTS50076: MFA"}"#.into()));
            },
            "a second factor",
            3,
        ),
        (
            |state| state.instead = Some((400, r#"{"error":"invalid_client"}"#.into())),
            "does not know this client id",
            3,
        ),
        (|state| state.instead = Some((200, "<html>login</html>".into())), "something that is not OAuth 2.0", 3),
        (|state| state.instead = Some((302, String::new())), "sent us elsewhere", 4),
    ];
    for (change, words, exit) in cases {
        let scene = Scene::new();
        scene.provider.set(change);
        let ran = Scene::visit(scene.login(&["--no-browser"]), |url| drop(Provider::browse(url))).exits(exit);
        assert!(ran.err.contains(words), "{words}: {ran:?}");
        assert_eq!(scene.kept(), None);
        assert!(!scene.path("config.toml").exists());
    }
}

#[test]
fn a_wrong_client_secret_is_told() {
    let scene = Scene::new();
    let mut command = scene.login(&["--no-browser"]);
    command.env("IMAPKIT_CLIENT_SECRET", "wrong-secret");
    let ran = Scene::visit(command, Provider::consent).exits(3);
    assert!(ran.err.contains("[invalid_client]") && ran.err.contains("--client-secret-file"), "{ran:?}");
    assert!(!ran.err.contains("wrong-secret"), "{ran:?}");
}

#[test]
fn a_login_the_mail_server_refuses_is_not_kept() {
    let scene = Scene::new();
    let ran = Scene::visit(scene.login(&["--no-browser"]), |url| {
        scene
            .provider
            .set(|state| state.instead = Some((200, r#"{"access_token":"not-yours","token_type":"Bearer"}"#.into())));
        Provider::consent(url);
    });
    let ran = ran.exits(3);
    assert!(ran.err.contains("refused the token for ann") && ran.err.contains("nothing is kept"), "{ran:?}");
    assert_eq!(scene.kept(), None);
    assert!(!scene.path("config.toml").exists());
}

#[test]
fn knocks_at_the_port_end_nothing() {
    let scene = Scene::new();
    let ran = Scene::visit(scene.login(&["--no-browser"]), |url| {
        let redirect = url.split("redirect_uri=http%3A%2F%2F").nth(1).unwrap().split("%2F").next().unwrap();
        let host = redirect.replace("%3A", ":");
        // A connection that says nothing, one that is not HTTP, an icon.
        let silent = TcpStream::connect(&host).unwrap();
        TcpStream::connect(&host).unwrap().write_all(b"\x16\x03\x01 what\r\n\r\n").unwrap();
        assert_eq!(get(&format!("http://{host}/favicon.ico")).0, 404);
        Provider::consent(url);
        drop(silent);
    });
    ran.good();
}

#[test]
fn nobody_is_waited_for_forever() {
    let scene = Scene::new();
    let ran = Scene::visit(scene.login(&["--no-browser", "--wait", "1"]), |_| ()).exits(3);
    assert!(ran.err.contains("nobody came back from the browser within 1 s"), "{ran:?}");
}

#[cfg(unix)]
#[test]
fn ctrl_c_breaks_off() {
    for how in ["--no-browser", "--device"] {
        let scene = Scene::new();
        scene.provider.set(|state| state.polls = ["authorization_pending"; 50].into());
        let mut child = piped(&mut scene.login(&[how]));
        let said = super::said_until(&mut child, if how == "--device" { "Ctrl-C" } else { "  http" });
        let pid = child.id().to_string();
        assert!(std::process::Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
        let ran = super::end(child).exits(1);
        assert!(ran.err.contains("broken off; nothing is kept"), "{said}{ran:?}");
        assert_eq!(scene.kept(), None);
    }
}
