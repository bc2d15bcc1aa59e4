//! async-imap (tokio, rustls with ring) on the measured workloads. Rows are looked at and dropped as they come.

use async_imap::Session;
use common::{BODIES, LISTING, PASSWORD, Task, USER, Visit, Workload};
use futures::StreamExt as _;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;

trait Link: AsyncRead + AsyncWrite + Unpin + Send + std::fmt::Debug {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send + std::fmt::Debug> Link for T {}

async fn connect(port: u16, tls: bool) -> Box<dyn Link> {
    let socket = TcpStream::connect(("127.0.0.1", port)).await.expect("a connection");
    socket.set_nodelay(true).expect("an option");
    if !tls {
        return Box::new(socket);
    }
    let connector = tokio_rustls::TlsConnector::from(common::tls_config());
    Box::new(connector.connect(common::server_name(), socket).await.expect("TLS"))
}

async fn session(port: u16, tls: bool, user: &str, password: &str, mailbox: &str) -> Session<Box<dyn Link>> {
    let mut client = async_imap::Client::new(connect(port, tls).await);
    client.read_response().await.expect("octets").expect("a greeting");
    let mut session = client.login(user, password).await.map_err(|(e, _)| e).expect("a login");
    session.select(mailbox).await.expect("a mailbox");
    session
}

async fn fetch(
    session: &mut Session<Box<dyn Link>>,
    items: &str,
    mut row: impl FnMut(&async_imap::types::Fetch) -> u64,
) -> (usize, u64) {
    let mut rows = session.uid_fetch("1:*", items).await.expect("a FETCH");
    let (mut count, mut sum) = (0, 0);
    while let Some(fetch) = rows.next().await {
        count += 1;
        sum += row(&fetch.expect("a row"));
    }
    (count, sum)
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    if let Some(first) = Visit::from_args() {
        let mut session = session(first.port, true, &first.user, &first.password, &first.mailbox).await;
        let mut rows = session.uid_fetch("1:*", BODIES).await.expect("a FETCH");
        let row = rows.next().await.expect("a message").expect("a row");
        first.report(row.body().expect("a body").len());
    }
    let task = Task::from_args();
    let mut session = session(task.port, task.tls, USER, PASSWORD, task.workload.name()).await;
    let session = &mut session;
    let (rows, sum) = match task.workload {
        Workload::W2 => {
            let size = |row: &async_imap::types::Fetch| {
                let whole = row.envelope().is_some() && row.bodystructure().is_some() && row.internal_date().is_some();
                if whole { u64::from(row.size.expect("a size")) } else { 0 }
            };
            fetch(session, LISTING, size).await
        }
        Workload::W3 | Workload::W6 => fetch(session, BODIES, |row| row.body().expect("a body").len() as u64).await,
        Workload::W4 => {
            let (rows, _) = fetch(session, "(FLAGS)", |row| row.flags().count() as u64).await;
            (rows, session.uid_search("ALL").await.expect("a SEARCH").len() as u64)
        }
        Workload::Search => {
            let hits = session.uid_search("ALL").await.expect("a SEARCH");
            (hits.len(), hits.iter().map(|&uid| u64::from(uid)).sum())
        }
    };
    task.report(rows, sum);
}
