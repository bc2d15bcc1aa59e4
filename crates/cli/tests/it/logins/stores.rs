//! Where logins are kept: a file, commands; and that no store is changed for another by itself.

use imapkit_server::Config;

use crate::bench::{Bench, Ran, ran};

/// Logs in to the embedded server with its password.
fn login(bench: &Bench, more: &[&str]) -> Ran {
    let place = bench.place("INBOX");
    let args = [&["login", &place, "--name", "me", "--password"], more].concat();
    ran(home(bench, &args))
}

fn home(bench: &Bench, args: &[&str]) -> std::process::Command {
    let mut command = bench.command(args);
    command.env("IMAPKIT_CONFIG", bench.path("config.toml")).env("XDG_DATA_HOME", bench.path("data"));
    command
        .env_remove("DBUS_SESSION_BUS_ADDRESS")
        .env("XDG_RUNTIME_DIR", bench.path("run"))
        .env("HOME", bench.path(""));
    command
}

/// Without a flag, a variable, or anybody to ask.
fn alone(bench: &Bench, args: &[&str]) -> Ran {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_imapkit"));
    command.args(args).env_remove("IMAPKIT_PASSWORD").env_remove("IMAPKIT_TOKEN").env_remove("IMAPKIT_ACCOUNT");
    command.env("IMAPKIT_CONFIG", bench.path("config.toml")).env("XDG_DATA_HOME", bench.path("data"));
    command.current_dir(bench.path("")).stdin(std::process::Stdio::null());
    ran(command)
}

#[test]
fn a_password_in_a_file_is_for_its_owner_alone() {
    let bench = Bench::new();
    let ran = login(&bench, &["--store", "file"]).good();
    assert!(ran.err.contains("is not encrypted"), "{ran:?}");
    let file = bench.path("data/imapkit/logins/me");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "{\"kind\":\"password\",\"password\":\"demo\"}\n");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&file), mode(file.parent().unwrap())), (0o600, 0o700));
    }
    // The authority came into the account, too: nothing else has to be said.
    alone(&bench, &["ls", "--account", "me"]).good();
    alone(&bench, &["ls", &bench.place("")]).good();
    let listed = alone(&bench, &["accounts"]).good();
    assert!(listed.text().contains("password, file"), "{listed:?}");
    alone(&bench, &["logout", "me"]).good();
    assert!(!file.exists());
    alone(&bench, &["ls", "--account", "me"]).exits(3);
    alone(&bench, &["logout", "me"]).exits(64);
}

#[test]
fn a_password_the_server_refuses_is_not_kept() {
    let bench = Bench::new();
    let mut command = home(&bench, &["login", &bench.place(""), "--name", "me", "--password", "--store", "file"]);
    command.env("IMAPKIT_PASSWORD", "wrong-canary");
    let refused = ran(command).exits(3);
    assert!(refused.err.contains("nothing is kept") && !refused.err.contains("wrong-canary"), "{refused:?}");
    assert!(!bench.path("data").exists() && !bench.path("config.toml").exists());
}

#[test]
fn commands_keep_a_login_anywhere() {
    let bench = Bench::with(Config::default());
    std::fs::create_dir(bench.path("pass")).unwrap();
    let (get, set) = ("cat pass/$IMAPKIT_STORE_ACCOUNT", "cat > pass/$IMAPKIT_STORE_ACCOUNT");
    let remove = "rm pass/$IMAPKIT_STORE_ACCOUNT";
    let flags = ["--store", "command", "--store-get", get, "--store-set", set, "--store-remove", remove];
    login(&bench, &flags).good();
    assert!(std::fs::read_to_string(bench.path("pass/me")).unwrap().contains("\"demo\""));
    alone(&bench, &["ls", "--account", "me"]).good();
    alone(&bench, &["logout", "me"]).good();
    assert!(!bench.path("pass/me").exists());
    let failed = login(&bench, &["--store", "command", "--store-get", "true", "--store-set", "cat; exit 9"]).exits(3);
    assert!(failed.err.contains("the command that writes logins failed (exit status: 9)"), "{failed:?}");
    assert!(!failed.err.contains("demo\"") && !failed.text().contains("demo\""), "{failed:?}");
    login(&bench, &["--store", "command", "--store-get", "true"]).good();
}

#[test]
fn what_is_kept_and_not_ours_is_told_without_showing_it() {
    let bench = Bench::new();
    login(&bench, &["--store", "file"]).good();
    bench.file("data/imapkit/logins/me", "{\"kind\":\"password\",\"passwort\":\"c4n4ry-hunter2\"}");
    let ran = alone(&bench, &["ls", "--account", "me"]).exits(3);
    assert!(ran.err.contains("is not ours") && !ran.err.contains("c4n4ry"), "{ran:?}");
}

#[cfg(target_os = "linux")]
#[test]
fn no_keyring_is_no_reason_for_a_file() {
    let bench = Bench::new();
    let ran = login(&bench, &[]).exits(3);
    assert!(ran.err.contains("keyring cannot be used") && ran.err.contains("--store file"), "{ran:?}");
    assert!(!bench.path("data/imapkit/logins").exists());
}
