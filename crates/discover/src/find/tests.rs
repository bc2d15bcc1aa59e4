//! The order, the privacy, the deadlines and the race, on a network of the test's making and in virtual time.

use std::collections::HashMap;
use std::sync::Mutex;

use super::*;
use crate::network::Page;

type Said<T> = Result<T, Failure>;

/// What the network would answer, after how long; and what it was asked.
#[derive(Default)]
struct Fake {
    srv: HashMap<String, (u64, Said<Vec<Srv>>)>,
    mx: HashMap<String, (u64, Said<Vec<Mx>>)>,
    pages: HashMap<String, (u64, Said<Page>)>,
    greets: HashMap<String, (u64, Said<()>)>,
    asked: Mutex<Vec<String>>,
}

const DOMAIN: &str = "example.org";

impl Fake {
    fn ask<T: Clone + Send + 'static>(
        &self,
        question: String,
        key: &str,
        answers: &HashMap<String, (u64, Said<T>)>,
    ) -> Answer<'static, T> {
        self.asked.lock().unwrap().push(question);
        let answer = answers.get(key).cloned();
        Box::pin(async move {
            let (ms, answer) = answer.unwrap_or_else(|| (1, Err(Failure::Nothing("no such thing".into()))));
            tokio::time::sleep(Duration::from_millis(ms)).await;
            answer
        })
    }

    fn asked(&self) -> String {
        self.asked.lock().unwrap().join("\n")
    }

    fn page(mut self, url: &str, ms: u64, page: Page) -> Self {
        self.pages.insert(url.into(), (ms, Ok(page)));
        self
    }

    fn document(self, url: &str, ms: u64, host: &str) -> Self {
        let body = format!(
            "<clientConfig><emailProvider id=\"x\"><incomingServer type=\"imap\"><hostname>{host}</hostname>\
             <socketType>SSL</socketType></incomingServer></emailProvider></clientConfig>"
        );
        self.page(url, ms, Page { status: 200, location: None, body: body.into() })
    }

    fn srv(mut self, service: &str, records: &[(u16, &str)]) -> Self {
        let record = |(priority, target): &(u16, &str)| Srv {
            priority: *priority,
            weight: 0,
            port: if service == "_imaps" { 993 } else { 143 },
            target: (*target).into(),
        };
        self.srv.insert(format!("{service}._tcp.{DOMAIN}"), (5, Ok(records.iter().map(record).collect())));
        self
    }

    fn mx(mut self, exchange: &str) -> Self {
        let records = vec![
            Mx { preference: 20, exchange: "backup.example.net".into() },
            Mx { preference: 10, exchange: exchange.into() },
        ];
        self.mx.insert(DOMAIN.into(), (5, Ok(records)));
        self
    }

    fn greet(mut self, server: &str, ms: u64, answer: Result<(), &str>) -> Self {
        self.greets.insert(server.into(), (ms, answer.map_err(|why| Failure::Failed(why.into()))));
        self
    }
}

impl Network for Fake {
    fn srv<'a>(&'a self, name: &'a str) -> Answer<'a, Vec<Srv>> {
        self.ask(format!("SRV {name}"), name, &self.srv)
    }

    fn mx<'a>(&'a self, domain: &'a str) -> Answer<'a, Vec<Mx>> {
        self.ask(format!("MX {domain}"), domain, &self.mx)
    }

    fn get<'a>(&'a self, url: &'a str, _limit: usize, _timeout: Duration) -> Answer<'a, Page> {
        self.ask(format!("GET {url}"), url.split('?').next().unwrap(), &self.pages)
    }

    fn greet<'a>(&'a self, server: &'a Server, _timeout: Duration) -> Answer<'a, ()> {
        let shown = format!("{}:{}", server.host, server.port);
        self.ask(format!("GREET {shown}"), &shown, &self.greets)
    }
}

const FIRST: &str = "https://autoconfig.example.org/mail/config-v1.1.xml";
const SECOND: &str = "https://example.org/.well-known/autoconfig/mail/config-v1.1.xml";
const ISPDB: &str = "https://autoconfig.thunderbird.net/v1.1/";

async fn search(fake: &Fake, options: &Options) -> Result<Discovery, Error> {
    find(&Email::parse("ann@example.org").unwrap(), options, fake).await
}

async fn found(fake: &Fake) -> (Source, String) {
    let found = search(fake, &Options::default()).await.unwrap();
    (found.source, found.server.to_string())
}

#[tokio::test(start_paused = true)]
async fn a_provider_of_the_table_needs_no_network_at_all() {
    let fake = Fake::default();
    let found = find(&Email::parse("ann@gmail.com").unwrap(), &Options::default(), &fake).await.unwrap();
    assert_eq!((found.source, found.provider.unwrap().name), (Source::Provider, "Gmail"));
    assert_eq!(fake.asked(), "");
    let error = find(&Email::parse("ann@proton.me").unwrap(), &Options::default(), &fake).await.unwrap_err();
    assert!(matches!(error.reason(), Reason::NoImap(provider) if provider.name == "Proton Mail"), "{error}");
    assert!(fake.asked().is_empty() && !error.is_retryable());
}

#[tokio::test(start_paused = true)]
async fn c03_the_first_source_that_knows_wins_and_the_rest_is_not_asked() {
    let everything = || {
        Fake::default()
            .mx("mx1.mail.hoster.example")
            .document(FIRST, 5, "first.example.org")
            .document(SECOND, 5, "second.example.org")
            .document(&format!("{ISPDB}example.org"), 5, "ispdb.example.net")
            .srv("_imaps", &[(0, "srv.example.org")])
            .document(&format!("{ISPDB}hoster.example"), 5, "by-mx.hoster.example")
            .greet("imap.example.org:993", 5, Ok(()))
    };
    let mut fake = everything().mx("aspmx.l.google.com");
    assert_eq!(found(&fake).await, (Source::ProviderByMx, "imap.gmail.com:993 (TLS)".into()));
    assert_eq!(fake.asked(), "MX example.org");
    fake = everything();
    assert_eq!(found(&fake).await, (Source::Autoconfig, "first.example.org:993 (TLS)".into()));
    assert!(!fake.asked().contains("thunderbird") && !fake.asked().contains("SRV"));
    fake.pages.remove(FIRST);
    assert_eq!(found(&fake).await.1, "second.example.org:993 (TLS)");
    fake.pages.remove(SECOND);
    assert_eq!(found(&fake).await, (Source::Ispdb, "ispdb.example.net:993 (TLS)".into()));
    fake.pages.remove(&format!("{ISPDB}example.org"));
    assert_eq!(found(&fake).await, (Source::Srv, "srv.example.org:993 (TLS)".into()));
    assert!(!fake.asked().contains("GREET"));
    fake.srv.clear();
    assert_eq!(found(&fake).await, (Source::IspdbByMx, "by-mx.hoster.example:993 (TLS)".into()));
    fake.mx.clear();
    assert_eq!(found(&fake).await, (Source::Guess, "imap.example.org:993 (TLS)".into()));
    fake.greets.clear();
    let error = search(&fake, &Options::default()).await.unwrap_err();
    assert!(matches!(error.reason(), Reason::Unknown(domain) if domain == DOMAIN), "{error}");
    let sources: Vec<Source> = error.steps().iter().map(|step| step.source).collect();
    let asked = [Source::Provider, Source::Autoconfig, Source::Ispdb, Source::Srv, Source::Guess];
    assert!(asked.iter().all(|source| sources.contains(source)), "{sources:?}");
}

#[tokio::test(start_paused = true)]
async fn c04_nobody_outside_the_domain_sees_the_address_and_each_source_can_be_left_out() {
    let fake = Fake::default().mx("mx.hoster.example");
    let _ = search(&fake, &Options::default()).await.unwrap_err();
    for asked in fake.asked().lines().filter(|asked| asked.contains("ann")) {
        assert!(asked.starts_with("GET https://autoconfig.example.org/"), "{asked}");
    }
    assert!(fake.asked().contains("GET https://autoconfig.thunderbird.net/v1.1/example.org\n"), "{}", fake.asked());

    let fake = Fake::default();
    let all = [Source::ProviderByMx, Source::Autoconfig, Source::Ispdb, Source::Srv, Source::IspdbByMx, Source::Guess];
    let options = Options { skip: all.into(), ..Options::default() };
    let error = search(&fake, &options).await.unwrap_err();
    assert_eq!(fake.asked(), "");
    let skipped = error.steps().iter().filter(|step| matches!(step.outcome, Outcome::Skipped(_))).count();
    assert_eq!(skipped, 5, "{:?}", error.steps());
    assert!(error.steps().iter().all(|step| !step.to_string().contains("ann")), "{:?}", error.steps());
}

#[tokio::test(start_paused = true)]
async fn domains_in_any_script_are_asked_for_by_their_a_labels() {
    let fake = Fake::default();
    let email = Email::parse("jörg@Bücher.example").unwrap();
    let _ = find(&email, &Options::default(), &fake).await.unwrap_err();
    let asked = fake.asked();
    assert!(asked.is_ascii(), "{asked}");
    for question in [
        "MX xn--bcher-kva.example",
        "GET https://autoconfig.xn--bcher-kva.example/mail/config-v1.1.xml?emailaddress=j%C3%B6rg%40xn--bcher-kva.example",
        "GET https://autoconfig.thunderbird.net/v1.1/xn--bcher-kva.example",
        "SRV _imaps._tcp.xn--bcher-kva.example",
        "GREET imap.xn--bcher-kva.example:993",
    ] {
        assert!(asked.lines().any(|asked| asked == question), "{question} is not in {asked}");
    }
}

#[tokio::test(start_paused = true)]
async fn autoconfig_asks_both_places_at_once_and_gives_the_better_a_little_time() {
    let begun = Instant::now();
    let fake = Fake::default().document(FIRST, 900, "first.example.org").document(SECOND, 5, "second.example.org");
    assert_eq!(found(&fake).await.1, "first.example.org:993 (TLS)");
    assert!(begun.elapsed() < Duration::from_secs(1));
    let fake = Fake::default().document(FIRST, 5000, "first.example.org").document(SECOND, 5, "second.example.org");
    let begun = Instant::now();
    assert_eq!(found(&fake).await.1, "second.example.org:993 (TLS)");
    assert!(begun.elapsed() < Duration::from_millis(1100), "{:?}", begun.elapsed());
    let fake = Fake::default().document(FIRST, 5, "first.example.org").document(SECOND, 9000, "second.example.org");
    let begun = Instant::now();
    assert_eq!(found(&fake).await.1, "first.example.org:993 (TLS)");
    assert!(begun.elapsed() < Duration::from_millis(100));
}

#[tokio::test(start_paused = true)]
async fn c07_two_redirects_are_followed_and_a_circle_is_not() {
    let to = |location: &str| Page { status: 302, location: Some(location.into()), body: Vec::new() };
    let hops = Fake::default().page(FIRST, 1, to("/a")).page("https://autoconfig.example.org/a", 1, to(SECOND));
    let fake = hops.document(SECOND, 1, "imap.example.org");
    assert_eq!(found(&fake).await.1, "imap.example.org:993 (TLS)");
    let fake = Fake::default().page(FIRST, 1, to(FIRST)).page(SECOND, 1, to("http://example.org/x"));
    let error = search(&fake, &Options::default()).await.unwrap_err();
    let steps: Vec<String> = error.steps().iter().map(ToString::to_string).collect();
    let steps = steps.join("\n");
    assert!(steps.contains("more than 2 redirects") && steps.contains("other than https"), "{steps}");
    assert_eq!(fake.asked().matches(FIRST).count(), 3);
    assert!(!fake.asked().contains("http://"));
}

#[tokio::test(start_paused = true)]
async fn srv_offers_refuses_and_keeps_the_order() {
    let fake = Fake::default()
        .srv("_imaps", &[(20, "b.example.org"), (10, "a.hoster.net")])
        .srv("_imap", &[(0, "c.example.org")]);
    let all = search(&fake, &Options::default()).await.unwrap();
    let servers: Vec<String> = [&all.server].into_iter().chain(&all.others).map(ToString::to_string).collect();
    let expected = [
        "a.hoster.net:993 (TLS), certificate for example.org",
        "b.example.org:993 (TLS)",
        "b.example.org:993 (TLS), certificate for example.org",
        "c.example.org:143 (STARTTLS)",
        "c.example.org:143 (STARTTLS), certificate for example.org",
    ];
    assert_eq!(servers, expected);

    let fake = Fake::default().srv("_imaps", &[(0, "")]).srv("_imap", &[(0, "c.example.org")]);
    assert_eq!(found(&fake).await.1, "c.example.org:143 (STARTTLS)");

    let fake =
        Fake::default().srv("_imaps", &[(0, "")]).srv("_imap", &[(0, "")]).greet("imap.example.org:993", 1, Ok(()));
    let error = search(&fake, &Options::default()).await.unwrap_err();
    assert!(matches!(error.reason(), Reason::NotOffered(_)), "{error}");
    assert!(!fake.asked().contains("GREET"), "nothing is guessed against the domain's word");
}

#[tokio::test(start_paused = true)]
async fn the_first_server_that_greets_comes_first_if_they_are_to_be_tried() {
    let fake = || Fake::default().srv("_imaps", &[(10, "a.hoster.net"), (20, "b.example.org")]);
    let options = Options { probe: true, ..Options::default() };
    let fake_b = fake().greet("a.hoster.net:993", 1, Err("connection refused")).greet("b.example.org:993", 1, Ok(()));
    let found = search(&fake_b, &options).await.unwrap();
    assert_eq!(found.server.to_string(), "b.example.org:993 (TLS)");
    assert_eq!(found.others.len(), 2);
    assert_eq!(found.others[0].host.to_string(), "a.hoster.net", "the others keep their order");
    let told: Vec<String> = found.steps.iter().map(ToString::to_string).collect();
    assert!(told.iter().any(|step| step.contains("a.hoster.net") && step.contains("refused")), "{told:?}");
    // None greets, or nobody asked to try: the order stays.
    assert_eq!(search(&fake(), &options).await.unwrap().server.host.to_string(), "a.hoster.net");
    let untried = search(&fake_b, &Options::default()).await.unwrap();
    assert_eq!(untried.server.host.to_string(), "a.hoster.net");
    assert_eq!(fake_b.asked().matches("GREET").count(), 2);
}

#[tokio::test(start_paused = true)]
async fn t038_a_slow_993_is_waited_for_and_143_counts_only_with_starttls() {
    let fake = Fake::default().greet("imap.example.org:993", 2000, Ok(())).greet(
        "imap.example.org:143",
        1,
        Err("the server offers no STARTTLS"),
    );
    let begun = Instant::now();
    assert_eq!(found(&fake).await.1, "imap.example.org:993 (TLS)");
    assert!(begun.elapsed() >= Duration::from_secs(2));

    // With STARTTLS the second place may win, but not before 993 has had its head start.
    let fake = Fake::default().greet("imap.example.org:993", 2000, Ok(())).greet("imap.example.org:143", 1, Ok(()));
    let begun = Instant::now();
    assert_eq!(found(&fake).await.1, "imap.example.org:143 (STARTTLS)");
    assert!((300..400).contains(&begun.elapsed().as_millis()), "{:?}", begun.elapsed());

    // Nothing waits for a head start that has nothing in it.
    let fake = Fake::default().greet("mail.example.org:143", 1, Ok(()));
    let begun = Instant::now();
    assert_eq!(found(&fake).await.1, "mail.example.org:143 (STARTTLS)");
    assert!(begun.elapsed() < Duration::from_millis(100));

    // Within the head start the better name wins, even if it answers later.
    let fake = Fake::default().greet("imap.example.org:993", 250, Ok(())).greet("mail.example.org:993", 10, Ok(()));
    assert_eq!(found(&fake).await.1, "imap.example.org:993 (TLS)");
    let fake = Fake::default().greet("imap.example.org:993", 900, Ok(())).greet("mail.example.org:993", 10, Ok(()));
    assert_eq!(found(&fake).await.1, "mail.example.org:993 (TLS)");
}

#[tokio::test(start_paused = true)]
async fn t037_what_was_safe_once_never_gets_less_safe() {
    let mut options = Options { at_least: Some(Protection::Tls), ..Options::default() };
    // 993 is refused now; 143 would even do STARTTLS.
    let fake = Fake::default()
        .srv("_imap", &[(0, "imap.example.org")])
        .greet("imap.example.org:993", 1, Err("connection refused"))
        .greet("imap.example.org:143", 1, Ok(()));
    let error = search(&fake, &options).await.unwrap_err();
    assert!(matches!(error.reason(), Reason::Lower(_)), "{error}");
    assert!(!fake.asked().contains(":143"), "not even tried");
    assert!(error.steps().iter().any(|step| step.to_string().contains("less safe")), "{:?}", error.steps());
    let fake = fake.greet("imap.example.org:993", 1, Ok(()));
    assert_eq!(search(&fake, &options).await.unwrap().protection(), Protection::Tls);
    // Without a past the same domain is reached by STARTTLS; a past of STARTTLS takes TLS as well.
    assert_eq!(search(&fake, &Options::default()).await.unwrap().protection(), Protection::StartTls);
    options.at_least = Some(Protection::StartTls);
    let fake = Fake::default().srv("_imaps", &[(0, "imap.example.org")]);
    assert_eq!(search(&fake, &options).await.unwrap().protection(), Protection::Tls);
}

#[tokio::test(start_paused = true)]
async fn silence_costs_what_each_step_may_take_and_never_more_than_the_budget() {
    let day = 86_400_000;
    let silent = || {
        let mut fake = Fake::default();
        fake.mx.insert(DOMAIN.into(), (day, Ok(Vec::new())));
        for url in [FIRST, SECOND] {
            fake = fake.document(url, day, "imap.example.org");
        }
        fake.document(&format!("{ISPDB}example.org"), day, "imap.example.org")
    };
    let fake = silent().srv("_imaps", &[(0, "imap.example.org")]);
    let begun = Instant::now();
    let found = search(&fake, &Options::default()).await.unwrap();
    assert_eq!(found.source, Source::Srv);
    assert_eq!(begun.elapsed().as_secs(), 24, "4 s for MX, 10 s for both documents together, 10 s for the database");
    let slow: Vec<&Step> = found.steps.iter().filter(|step| step.took > Duration::from_secs(1)).collect();
    assert_eq!(slow.len(), 4, "{:?}", found.steps);
    assert!(slow.iter().all(|step| step.outcome.to_string().contains("no answer within")), "{slow:?}");

    let options = Options { timeout: Duration::from_secs(5), ..Options::default() };
    let begun = Instant::now();
    let error = search(&silent(), &options).await.unwrap_err();
    assert!(matches!(error.reason(), Reason::Timeout(_)) && error.is_retryable(), "{error}");
    assert!(begun.elapsed() < Duration::from_millis(5100), "{:?}", begun.elapsed());
}

#[test]
fn databases_are_asked_by_the_domains_above_an_mx() {
    assert_eq!(parents("mx1.mail.hoster.co.uk", DOMAIN), ["hoster.co.uk", "co.uk"]);
    assert_eq!(parents("mx.hoster.net", DOMAIN), ["hoster.net"]);
    assert_eq!(parents("hoster.net", DOMAIN), ["hoster.net"]);
    assert!(parents("mx.example.org", DOMAIN).is_empty() && parents("", DOMAIN).is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_search_without_end_is_no_overflow() {
    let options = Options { timeout: Duration::MAX, guess_timeout: Duration::MAX, ..Options::default() };
    let fake = Fake::default().greet("imap.example.org:993", 1, Ok(()));
    assert_eq!(search(&fake, &options).await.unwrap().source, Source::Guess);
}

#[test]
fn random_numbers_stay_within() {
    for most in [0, 1, 99, u32::MAX] {
        assert!((0..100).all(|_| random(most) <= most));
    }
}
