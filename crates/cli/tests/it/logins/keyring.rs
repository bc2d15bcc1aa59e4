//! The system's keyring, for real: a Secret Service on a D-Bus of its own. Where there is none to start the test says so and skips.

#![cfg(target_os = "linux")]

use std::process::Command;

use crate::bench::{Bench, ran};

#[test]
#[expect(clippy::print_stderr, reason = "who skips says so")]
fn a_login_lives_in_the_secret_service() {
    let has = |program: &str| Command::new("which").arg(program).output().is_ok_and(|which| which.status.success());
    if !has("dbus-run-session") || !has("gnome-keyring-daemon") {
        assert!(
            std::env::var("CI").as_deref() != Ok("true"),
            "CI has to have dbus-run-session and gnome-keyring-daemon"
        );
        eprintln!("SKIPPED the system's keyring: dbus-run-session and gnome-keyring-daemon are not installed");
        return;
    }
    let bench = Bench::new();
    std::fs::create_dir(bench.path("run")).unwrap();
    let script = format!(
        "set -e\nprintf 'pw' | gnome-keyring-daemon --unlock --components=secrets >/dev/null\n\
         IMAPKIT_PASSWORD=demo {exe} login {place} --name me --password --ca-file ca.pem\n\
         {exe} ls --account me\n{exe} accounts\n{exe} logout me\n{exe} accounts --json\n\
         if {exe} ls --account me; then exit 9; fi\n",
        exe = env!("CARGO_BIN_EXE_imapkit"),
        place = bench.place(""),
    );
    let mut command = Command::new("dbus-run-session");
    command.args(["--", "sh", "-c", &script]).current_dir(bench.path("")).stdin(std::process::Stdio::null());
    command
        .env("HOME", bench.path(""))
        .env("XDG_DATA_HOME", bench.path("data"))
        .env("XDG_RUNTIME_DIR", bench.path("run"));
    command
        .env("IMAPKIT_CONFIG", bench.path("config.toml"))
        .env_remove("IMAPKIT_PASSWORD")
        .env_remove("IMAPKIT_ACCOUNT");
    let ran = ran(command).good();
    assert!(ran.text().contains("kept in the system's keyring") && ran.text().contains("INBOX"), "{ran:?}");
    assert!(ran.text().contains("password, keyring") && ran.text().contains("the login is removed"), "{ran:?}");
    assert!(!bench.path("data/imapkit/logins").exists());
}
