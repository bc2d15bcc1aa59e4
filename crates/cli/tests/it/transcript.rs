//! `doctor --transcript`: what it wrote down of a real server is a transcript that testkit plays, byte for byte, to a client.

use futures_util::StreamExt;
use imapkit::commands::Compress;
use imapkit::sasl::{Accept, Credentials, Method, Policy};
use imapkit::transport::{Roots, TlsConfig};
use imapkit::{Client, Config, Selected};
use imapkit_testkit::certs::Authority;
use imapkit_testkit::live;
use imapkit_testkit::peer::Peer;
use imapkit_testkit::script::{Script, Step};

use crate::bench::{Bench, bare, ran};

/// Plays a transcript to the tokio client; what it says has to be what was recorded.
async fn play(text: &str) {
    let script = Script::parse("recorded", text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let authority = Authority::new("played");
    let peer = Peer::setup().tls(authority.issue_for(&["localhost"]).server_config()).spawn(&script);
    let trust = TlsConfig::builder().roots(Roots::Given).authorities_pem(authority.pem().as_bytes()).build().unwrap();
    let [connect, steps @ ..] = script.steps() else { panic!("no steps") };
    let config = match connect.named("tls") {
        Some("implicit") => Config::tls("localhost"),
        Some(_) => Config::starttls("localhost"),
        None => Config::danger_plaintext("localhost"),
    };
    let mut config = config.port(peer.port()).tls_config(trust);
    if connect.named("id").is_none() {
        config = config.identify::<&str, &str>([]);
    }
    if let Some(user) = connect.named("user") {
        let method: Method = connect.named("mech").unwrap().parse().unwrap();
        let policy = Policy { accept: Accept::Only(method), ..Policy::default() };
        config = config.credentials(Credentials::password(user, "secret")).auth(policy);
    }
    let client = imapkit::connect(&config).await.unwrap_or_else(|error| panic!("{error}\n{text}"));
    let mut selected = None;
    for step in steps {
        perform(&client, &mut selected, step).await;
    }
    drop((client, selected));
    let played = tokio::task::spawn_blocking(move || peer.join()).await.unwrap();
    played.unwrap_or_else(|mismatch| panic!("{mismatch}"));
}

async fn perform(client: &Client, selected: &mut Option<Selected>, step: &Step) {
    let line = step.arg(0).unwrap_or_default();
    let outcome = match step.verb.as_str() {
        "noop" => client.noop().await,
        "logout" => client.logout().await,
        "compress" => client.run(Compress).await,
        "raw" => client.raw(line).await.map(drop),
        "examine" => client.examine(line).await.map(|opened| *selected = Some(opened)),
        "idle" => {
            // Long enough to begin: the next step ends it.
            let mut watch = selected.as_ref().unwrap().watch();
            let _ = tokio::time::timeout(std::time::Duration::from_millis(500), watch.next()).await;
            Ok(())
        }
        other => panic!("do {other}?"),
    };
    // A server may refuse; it does so as it did when it was recorded.
    if let Err(error) = outcome {
        assert!(error.reply().is_some(), "line {}: {error}", step.line);
    }
}

fn plays(text: &str) {
    for secret in ["pass\"", "cGFzcw", "AHVzZXI"] {
        assert!(!text.contains(secret), "{text}");
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(play(text));
}

#[test]
fn a_visit_to_the_embedded_server_can_be_played_again() {
    let bench = Bench::new();
    let starttls = format!("imap+starttls://demo@localhost:{}", bench.server.plain_port().unwrap());
    for (place, more) in
        [(bench.place(""), "--auth=PLAIN"), (starttls, "--auth=PLAIN"), (bench.place(""), "--no-login")]
    {
        bench.run(&["doctor", &place, more, "--transcript", "said.imap"]).good();
        plays(&std::fs::read_to_string(bench.path("said.imap")).unwrap());
    }
}

#[test]
fn visits_to_real_servers_can_be_played_again() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("said.imap");
    for server in live::servers() {
        let place = format!("{}@{}:{}", server.users[4].name, server.host, server.tls_port);
        let mut command = bare(&["doctor", &place, "--auth", "PLAIN", "--transcript", file.to_str().unwrap()]);
        command.arg("--ca-file").arg(&server.ca_file).env("IMAPKIT_PASSWORD", &server.users[4].password);
        let ran = ran(command);
        assert!(ran.exit == 0 || ran.exit == 2, "{ran:?}");
        plays(&std::fs::read_to_string(&file).unwrap());
    }
}
