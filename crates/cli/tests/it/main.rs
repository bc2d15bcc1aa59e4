//! The command line as people and scripts meet it: the built binary against the embedded server, exit codes, stdout, stderr and files.
#![expect(clippy::disallowed_methods, reason = "tests look at files as they are")]

mod bench;
mod broken;
mod causes;
mod demo;
mod discovery;
mod doctor;
mod fetch;
mod hygiene;
mod logins;
mod look;
mod old_tls;
mod page;
mod put;
mod refusals;
mod secrets;
mod transcript;
mod trials;
mod watch;
