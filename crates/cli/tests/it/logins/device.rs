//! By device code. RFC 8628.

use super::Scene;
use crate::bench::ran;

#[test]
fn a_code_is_shown_and_polled_for_slower_when_told_so() {
    let scene = Scene::new();
    // §3.5: slow_down adds five seconds to the interval of one.
    scene.provider.set(|state| state.polls = ["authorization_pending", "slow_down"].into());
    let started = std::time::Instant::now();
    let ran = ran(scene.login(&["--device", "--json"])).good();
    assert!(ran.err.contains("open  https://login.example/device"), "{ran:?}");
    assert!(ran.err.contains("enter this code:  ABCD-EFGH"), "{ran:?}");
    assert!(started.elapsed() >= std::time::Duration::from_secs(6), "{:?}", started.elapsed());
    let object = &ran.objects()[0];
    assert_eq!(
        (&object["type"], &object["kind"], &object["store"]),
        (&"account".into(), &"oauth".into(), &"file".into())
    );
    assert_eq!(scene.mail.logins(), [true]);
    scene.run(&["ls", "--account", "ann"]).good();
}

#[test]
fn a_no_and_an_end_are_told() {
    for (poll, words) in
        [("access_denied", "consent was declined"), ("expired_token", "the code ended before it was entered")]
    {
        let scene = Scene::new();
        scene.provider.set(|state| state.polls = [poll].into());
        let ran = ran(scene.login(&["--device"])).exits(3);
        assert!(ran.err.contains(words) && ran.err.contains(poll), "{ran:?}");
        assert_eq!(scene.kept(), None);
    }
    let scene = Scene::new();
    scene.provider.set(|state| state.polls = ["authorization_pending"; 50].into());
    let ran = ran(scene.login(&["--device", "--wait", "1"])).exits(3);
    assert!(ran.err.contains("the code was not entered in time"), "{ran:?}");
}

#[test]
fn google_mail_cannot_be_permitted_by_code() {
    let scene = Scene::new();
    let ran = scene.run(&["login", "ann@gmail.com", "--device", "--client-id", "x", "--store", "file"]).exits(64);
    assert!(ran.err.contains("Google does not permit access to mail by device code"), "{ran:?}");
}
