//! No token, code or secret of a client is shown: not in output, errors or traces, not to who lists processes (T109).

use std::fs;

use imapkit_testkit::canary::find_secret;

use super::provider::Provider;
use super::{SECRET, Scene};
use crate::bench::{piped, ran};

#[test]
fn t109_nothing_that_is_printed_or_traced_holds_a_secret() {
    let scene = Scene::new();
    let mut told = String::new();
    let mut tell = |ran: &crate::bench::Ran| told += &[ran.text(), &ran.err].concat();
    let verbose = ["--no-browser", "-v", "--json", "--trace", "trace"];
    tell(&Scene::visit(scene.login(&verbose), Provider::consent).good());
    scene.provider.set(|state| state.access.clear());
    tell(&scene.run(&["ls", "--account", "ann", "-v", "--trace", "trace2"]).good());
    tell(&scene.run(&["doctor", "--account", "ann", "-v", "--json", "--trace", "trace3"]));
    tell(&scene.run(&["accounts", "--json"]).good());
    // A provider that says back what it was sent, in the places that are shown.
    let echo = |text: &str| Some((400, format!("{{\"error\":\"invalid_grant\",\"error_description\":\"{text}\"}}")));
    for answer in [echo("you said {request}"), Some((200, "{request}".into())), Some((400, "{request}".into()))] {
        scene.provider.set(|state| {
            state.access.clear();
            state.instead = answer.clone();
        });
        tell(&scene.run(&["ls", "--account", "ann", "-v", "--json", "--trace", "trace4"]).exits(3));
        tell(&Scene::visit(scene.login(&verbose), Provider::consent).exits(3));
    }
    scene.provider.set(|state| state.instead = None);
    tell(&scene.run(&["logout", "ann", "--json"]).good());
    for trace in ["trace", "trace2", "trace3", "trace4"] {
        told += &fs::read_to_string(scene.path(trace)).unwrap_or_default();
    }
    assert!(told.contains("AUTHENTICATE"), "the traces show that there were logins: {told}");
    let secrets = scene.provider.state.lock().unwrap().secrets.clone();
    assert!(secrets.len() >= 8, "{secrets:?}");
    for secret in secrets.iter().map(String::as_str).chain([SECRET]) {
        assert_eq!(find_secret(&told, secret), None, "{secret} in {told}");
    }
    let config = fs::read_to_string(scene.path("config.toml")).unwrap();
    assert!(!config.contains("c4n4ry"), "{config}");
}

#[cfg(target_os = "linux")]
#[test]
fn t109_who_lists_processes_sees_no_secret() {
    let scene = Scene::new();
    // The commands that keep the login look at every process there is, as `ps` does, while the secret goes through them.
    let script =
        "cat > kept; for f in /proc/[0-9]*/cmdline; do tr '\\0' ' ' < $f 2>/dev/null; echo; done > listed; true";
    let more = ["--device", "--store", "command", "--store-get", "cat kept 2>/dev/null", "--store-set", script];
    let mut command = scene.login(&more);
    command.env_remove("IMAPKIT_CLIENT_SECRET").arg("--client-secret-command").arg("cat secret");
    fs::write(scene.path("secret"), format!("{SECRET}\n")).unwrap();
    ran(command).good();
    let kept = fs::read_to_string(scene.path("kept")).unwrap();
    let listed = fs::read_to_string(scene.path("listed")).unwrap();
    assert!(kept.contains("c4n4ry-access") && listed.contains("imapkit"), "{listed}");
    let secrets = scene.provider.state.lock().unwrap().secrets.clone();
    for secret in secrets.iter().map(String::as_str).chain([SECRET]) {
        assert!(!listed.contains(secret), "{secret} in {listed}");
    }
    let child = piped(&mut scene.command(&["token", "ann"]));
    assert_eq!(super::end(child).good().text().trim(), secrets[1]);
}
