//! Real servers that check the token themselves: both Dovecots, with JSON Web Tokens whose dates the test chooses.

use std::time::Duration;

use imapkit_testkit::{jwt, live};

use super::Scene;
use crate::bench::ran;

#[test]
fn a_real_server_takes_the_token_and_gets_a_new_one_when_it_ended() {
    let ci = std::env::var_os("CI").is_some_and(|value| value == "true");
    let servers = live::servers_with(&["auth=oauthbearer"]);
    assert!(!ci || servers.len() >= 2, "both Dovecots take tokens");
    for server in servers {
        let scene = Scene::new();
        let user = &server.users[0].name;
        let fresh = || jwt::fresh(user, Duration::from_mins(10));
        let place = format!("{user}@{}:{}", server.host, server.tls_port);
        let ca = server.ca_file.to_str().unwrap();
        let list = || scene.run(&["ls", "--account", "ann", "--ca-file", ca]);
        let asked = || scene.provider.state.lock().unwrap().asked.split_off(1);

        // Good, but said to end in a moment: the next use asks for another, which has ended for the server, and so for a third.
        scene.provider.set(|state| {
            state.lifetime = Some(1);
            state.ready = [fresh(), jwt::expired(user), fresh()].into();
        });
        ran(scene.login_at(&place, &["--device", "--ca-file", ca])).good();
        scene.provider.set(|state| state.lifetime = None);
        let listed = list().good();
        assert!(listed.text().contains("INBOX"), "{}: {listed:?}", server.name);
        assert_eq!(asked(), ["refresh_token", "refresh_token"], "{}", server.name);

        // The third is kept.
        list().good();
        assert!(asked().is_empty(), "{}", server.name);
    }
}

#[test]
fn a_login_can_be_tied_to_the_connection() {
    for server in live::servers().iter().filter(|server| server.name == "dovecot24") {
        let scene = Scene::new();
        let user = &server.users[0];
        let place = format!("{}@{}:{}", user.name, server.host, server.tls_port);
        let ca = server.ca_file.to_str().unwrap();
        let mut list = scene.command(&["ls", "-v", &place, "--ca-file", ca, "--auth", "scram-sha-256-plus"]);
        list.env("IMAPKIT_PASSWORD", &user.password);
        let listed = ran(list).good();
        assert!(listed.err.contains("login by SCRAM-SHA-256-PLUS"), "{listed:?}");
    }
}
