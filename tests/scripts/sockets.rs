//! The other two front ends: real clients against a scripted peer, over TCP and real TLS.
//!
//! One runner for both. A client is told each flight at once, so what the script shows as one flight has to be one. What needs hours cannot
//! be played here ([`Script::needs_virtual_time`]).
//!
//! Invariant: nothing waits longer than [`PATIENCE`].

use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};

use imapkit_session::{Error, Event};
use imapkit_testkit::canary::contains_secret;
use imapkit_testkit::certs::{Authority, Identity};
use imapkit_testkit::peer::{Cut, Peer};
use imapkit_testkit::script::{Script, Step};
use imapkit_transport::{Roots, TlsConfig};

use crate::action::{Action, Connect};
use crate::outcome::{self, Outcome};

/// How long an event, or the end of the connection, may let us wait.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long a client that watches and expects nothing is left alone, so that IDLE begins: nobody tells when it has.
const BEGIN: Duration = Duration::from_secs(1);

/// A client, however it moves its bytes.
pub(crate) trait FrontEnd: Sized {
    /// Connects to the peer, as far as `connect` says.
    fn connect(connect: &Connect, site: &Site) -> Result<Self, Error>;

    /// Tells the client all actions, then waits for their ends.
    fn run(&mut self, actions: Vec<Action>) -> Vec<Outcome>;

    /// Watches the selected mailbox until the next [`FrontEnd::run`].
    fn watch(&mut self);

    /// The next event, if one comes in time.
    fn next_event(&mut self, timeout: Duration) -> Option<Event>;
}

/// Where the peer is, and whom to trust to find it.
pub(crate) struct Site {
    pub(crate) port: u16,
    pub(crate) tls: TlsConfig,
    /// Takes the trace.
    pub(crate) trace: Trace,
}

/// The lines a client traced.
pub(crate) type Trace = Arc<Mutex<Vec<String>>>;

/// The authorities and the certificate of all peers.
struct World {
    authority: Authority,
    stranger: Authority,
    identity: Identity,
}

fn world() -> &'static World {
    static WORLD: OnceLock<World> = OnceLock::new();
    WORLD.get_or_init(|| {
        let authority = Authority::new("transcripts");
        let identity = authority.issue_for(&["localhost"]);
        World { authority, stranger: Authority::new("stranger"), identity }
    })
}

/// Which library does TLS for the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Backend {
    Modern,
    /// OpenSSL (`legacy-tls`).
    Legacy,
}

/// Plays `script` with a client of this kind, the server's bytes cut like this; everything that did not go as written.
pub(crate) fn play<F: FrontEnd>(script: &Script, cut: Cut, backend: Backend) -> Result<(), String> {
    let world = world();
    let peer = Peer::setup().tls(world.identity.server_config()).cut(cut).spawn(script);
    let mut run = Run::<F> {
        script,
        backend,
        port: peer.port(),
        client: None,
        events: Vec::new(),
        told: Vec::new(),
        trace: Trace::default(),
        over: None,
    };
    let mut problems = Vec::new();
    for flight in script.flights() {
        problems.extend(run.flight(flight));
    }
    run.client = None;
    problems.extend(outcome::leaks(script, &run.told));
    problems.extend(outcome::leaks(script, &run.trace.lock().expect("no tracer panics")));
    match peer.join() {
        Err(mismatch) => problems.push(mismatch.to_string()),
        // Whatever else went on: who listens on the way has not heard the password.
        Ok(transcript) => match outcome::canary(script).filter(|_| run.is_protected()) {
            Some(canary) if contains_secret(transcript.clear_client_bytes(), canary) => {
                problems.push("the password went out in clear text".to_owned());
            }
            _ => {}
        },
    }
    if problems.is_empty() { Ok(()) } else { Err(format!("{cut:?}, {backend:?}: {}", problems.join("\n  "))) }
}

/// One script under way.
struct Run<'a, F> {
    script: &'a Script,
    backend: Backend,
    port: u16,
    client: Option<F>,
    events: Vec<String>,
    /// Everything the client told, as `Debug` shows it, errors with their causes.
    told: Vec<String>,
    trace: Trace,
    /// Why the connection is over.
    over: Option<Error>,
}

impl<F: FrontEnd> Run<'_, F> {
    /// Plays the steps of one flight; what of them went wrong.
    fn flight(&mut self, flight: &[Step]) -> Vec<String> {
        let actions: Vec<Action> = flight.iter().map(|step| Action::read(self.script, step)).collect();
        let outcomes = match (actions.as_slice(), &mut self.client) {
            ([Action::Connect(connect)], _) => vec![self.connect(&connect.clone())],
            (_, None) => return vec![format!("line {}: there is no connection", flight[0].line)],
            ([Action::Idle], Some(client)) => {
                client.watch();
                vec![self.listen(&flight[0])]
            }
            (_, Some(client)) => {
                let outcomes = client.run(actions);
                for step in flight {
                    let _ = self.listen(step);
                }
                outcomes
            }
        };
        flight.iter().zip(&outcomes).flat_map(|(step, outcome)| outcome::judge(step, outcome, &self.events)).collect()
    }

    fn connect(&mut self, connect: &Connect) -> Outcome {
        let world = world();
        let authority = if connect.other_roots { &world.stranger } else { &world.authority };
        let tls = TlsConfig::builder().roots(Roots::Given).authorities_pem(authority.pem().as_bytes());
        let tls = tls.secure_fallback(self.backend == Backend::Legacy).build();
        let tls = tls.expect("our own authority is well formed");
        let site = Site { port: self.port, tls, trace: Arc::clone(&self.trace) };
        let client = F::connect(connect, &site);
        self.told.extend(client.as_ref().err().map(outcome::all_of));
        self.client = Some(client?);
        Ok(Vec::new())
    }

    /// The script wants TLS.
    fn is_protected(&self) -> bool {
        self.script.steps().first().is_some_and(|step| !matches!(step.named("tls"), None | Some("none")))
    }

    /// Waits for the events `step` expects, or for the end of the connection if it expects an error and is not a command.
    fn listen(&mut self, step: &Step) -> Outcome {
        let idles = step.verb == "idle" && step.expects.is_empty();
        let end = Instant::now() + if idles { BEGIN } else { PATIENCE };
        let client = self.client.as_mut().expect("there is a connection");
        let awaits_end = step.verb == "idle" && outcome::fails(step);
        while self.over.is_none() && (idles || awaits_end || outcome::awaits_events(step, &self.events)) {
            let Some(event) = client.next_event(end.saturating_duration_since(Instant::now())) else { break };
            self.events.extend(outcome::event(&event));
            self.told.push(format!("{event:?}"));
            if let Event::Closed(error) = event {
                self.over = Some(error);
            }
        }
        self.over.clone().map_or_else(|| Ok(Vec::new()), Err)
    }
}
