//! Requests to a provider go through the proxy that mail goes through, and never around it. protocol.md C20–C23, C27, T109.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::thread;

use imapkit_testkit::certs::Authority;
use imapkit_testkit::live;

use super::Scene;
use super::refresh::age;
use crate::bench::ran;

/// The port the live HTTP proxies lead to besides those of the servers.
const PERMITTED: u16 = 25993;

/// Has the account reach its provider by https at this name, through this proxy.
fn change(scene: &Scene, provider: &str, proxy: &str) {
    let path = scene.path("config.toml");
    let config = std::fs::read_to_string(&path).unwrap();
    let lines = config.lines().filter(|line| !line.starts_with("proxy ")).map(|line| match line.split_once(" = \"") {
        Some((key, url)) if key.ends_with("-url") => {
            format!("{key} = \"https://{provider}/{}", url.rsplit('/').next().unwrap())
        }
        _ if line.starts_with("[accounts.") => format!("{line}\nproxy = \"{proxy}\""),
        _ => line.to_owned(),
    });
    std::fs::write(path, lines.collect::<Vec<_>>().join("\n")).unwrap();
}

#[test]
fn every_kind_of_proxy_leads_to_the_provider() {
    let Some(ways) = live::ways() else { return };
    let (scene, authority) = (Scene::logged_in(), Authority::new("the web"));
    scene.provider.secure(&authority.issue_for(&[&ways.name_behind, "127.0.0.1"]), PERMITTED);
    // Of an https:// proxy, the certificate is checked as well.
    let trusted = scene.path("authorities.pem");
    let of_proxies = std::fs::read_to_string(&live::servers()[0].ca_file).unwrap();
    std::fs::write(&trusted, authority.pem() + &of_proxies).unwrap();
    let run = |args: &[&str]| {
        let mut command = scene.command(args);
        command.env("SSL_CERT_FILE", &trusted);
        ran(command)
    };
    for way in &ways.proxies {
        // SOCKS4 knows addresses only; others alone know the name.
        let name = if way.url.starts_with("socks4:") { "127.0.0.1" } else { &ways.name_behind };
        change(&scene, &format!("{name}:{PERMITTED}"), &way.url);
        run(&["token", "ann", "--refresh"]).good();
        let asked = scene.provider.state.lock().unwrap().asked.split_off(1);
        assert_eq!(asked, ["refresh_token"], "{}", way.name);
    }
    run(&["logout", "ann"]).good();
    assert!(scene.provider.state.lock().unwrap().refresh.is_empty(), "it is revoked");
}

/// An HTTP proxy that lets nobody through, and what it was asked for.
fn refusing() -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (port, heads) = (listener.local_addr().unwrap().port(), Arc::new(Mutex::new(Vec::new())));
    let told = Arc::clone(&heads);
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let lines = BufReader::new(&stream).lines().map_while(Result::ok);
            let head: Vec<String> = lines.take_while(|line| !line.is_empty()).collect();
            told.lock().unwrap().push(head.join("\n"));
            let _ = write!(stream, "HTTP/1.1 407 no\r\nContent-Length: 0\r\n\r\n");
        }
    });
    (format!("127.0.0.1:{port}"), heads)
}

#[test]
fn a_proxy_that_refuses_is_named_and_nothing_goes_around_it() {
    let (proxy, heads) = refusing();
    let scene = Scene::logged_in();
    let port = scene.provider.secure(&Authority::new("the web").issue_for(&["provider.test"]), 0);
    let provider = format!("provider.test:{port}");
    change(&scene, &provider, "none");
    let refused = |command: Command| {
        let ran = ran(command).exits(4);
        assert!(ran.err.contains("407") && ran.err.contains("by way of the proxy 127.0.0.1 port "), "{ran:?}");
        assert!(!ran.err.contains("c4n4ry"), "{ran:?}");
        let head = heads.lock().unwrap().pop().unwrap();
        assert!(head.starts_with(&format!("CONNECT {provider} ")), "{head}");
        head
    };
    let credentials = "Proxy-Authorization: Basic Ym86YzRuNHJ5LXByb3h5";
    // By the command line, with the password from the environment.
    let url = format!("http://bo@{proxy}");
    let mut login = scene.command(&["login", "--account", "ann", "--device", "--proxy", &url, "--allow-cleartext"]);
    login.env("IMAPKIT_PROXY_PASSWORD", "c4n4ry-proxy");
    assert!(refused(login).contains(credentials));
    age(&scene);
    let url = format!("http://{proxy}");
    let list = scene.command(&["ls", "--account", "ann", "--proxy", &url, "--allow-cleartext"]);
    assert!(!refused(list).contains("Authorization"));
    // By the account.
    let token = || scene.command(&["token", "ann", "--refresh"]);
    change(&scene, &provider, &format!("http://bo:c4n4ry-proxy@{proxy}"));
    assert!(refused(token()).contains(credentials));
    // By the environment, on request.
    change(&scene, &provider, "env");
    for variable in ["HTTPS_PROXY", "ALL_PROXY"] {
        let mut token = token();
        token.env(variable, &url);
        refused(token);
    }
    scene.provider.set(|state| assert_eq!(state.asked, ["authorization_code"], "nobody else came"));
}
