//! imap 3.0 alpha (blocking, rustls with ring) on the measured workloads. It answers with all rows at once.

use std::io::{Read, Write};
use std::net::TcpStream;

use common::{BODIES, LISTING, PASSWORD, Task, USER, Visit, Workload};

trait Link: Read + Write {}
impl<T: Read + Write> Link for T {}

fn connect(port: u16, tls: bool) -> Box<dyn Link> {
    let socket = TcpStream::connect(("127.0.0.1", port)).expect("a connection");
    socket.set_nodelay(true).expect("an option");
    if !tls {
        return Box::new(socket);
    }
    let tls = rustls::ClientConnection::new(common::tls_config(), common::server_name()).expect("TLS");
    Box::new(rustls::StreamOwned::new(tls, socket))
}

fn session(port: u16, tls: bool, user: &str, password: &str, mailbox: &str) -> imap::Session<Box<dyn Link>> {
    let mut client = imap::Client::new(connect(port, tls));
    client.read_greeting().expect("a greeting");
    let mut session = client.login(user, password).map_err(|(e, _)| e).expect("a login");
    session.select(mailbox).expect("a mailbox");
    session
}

fn main() {
    if let Some(first) = Visit::from_args() {
        let mut session = session(first.port, true, &first.user, &first.password, &first.mailbox);
        let rows = session.uid_fetch("1:*", BODIES).expect("a FETCH");
        first.report(rows.iter().next().expect("a message").body().expect("a body").len());
    }
    let task = Task::from_args();
    let mut session = session(task.port, task.tls, USER, PASSWORD, task.workload.name());
    let (rows, sum) = match task.workload {
        Workload::W2 => {
            let rows = session.uid_fetch("1:*", LISTING).expect("a FETCH");
            let size = |row: &imap::types::Fetch<'_>| {
                let whole = row.envelope().is_some() && row.bodystructure().is_some() && row.internal_date().is_some();
                if whole { u64::from(row.size.expect("a size")) } else { 0 }
            };
            (rows.len(), rows.iter().map(size).sum())
        }
        Workload::W3 | Workload::W6 => {
            let rows = session.uid_fetch("1:*", BODIES).expect("a FETCH");
            (rows.len(), rows.iter().map(|row| row.body().expect("a body").len() as u64).sum())
        }
        Workload::W4 => {
            let rows = session.uid_fetch("1:*", "(FLAGS)").expect("a FETCH").len();
            (rows, session.uid_search("ALL").expect("a SEARCH").len() as u64)
        }
        Workload::Search => {
            let hits = session.uid_search("ALL").expect("a SEARCH");
            (hits.len(), hits.iter().map(|&uid| u64::from(uid)).sum())
        }
    };
    task.report(rows, sum);
}
