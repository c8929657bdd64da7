//! Signing in at an OpenID provider, staying signed in, signing out.

use awgp_tests::console::refused;
use awgp_tests::openid::{Scene, choose, sign_in};
use std::io::Write;
use std::net::TcpStream;
use std::time::Duration;
use uuid::Uuid;

const SESSION: [&str; 2] = ["awgp_token", "awgp_refresh"];

#[tokio::test]
async fn a_reader_signs_in_and_is_back_on_the_page_that_they_had_asked_for() {
    let scene = Scene::new(&[], &[]).await;
    let mut reader = scene.console.reader();
    let asked = reader.get("/inbox?after=x%20y").expect(303).location().expect("a page").to_owned();
    assert_eq!(asked, "/sign-in?to=%2Finbox%3Fafter%3Dx%2520y");
    let admin = scene.group.north.user("admin");
    let back = sign_in(&mut reader, &admin.to_string(), "/inbox?after=x%20y").expect(303);
    assert_eq!(back.location(), Some("/inbox?after=x%20y"));
    let page = reader.page("/inbox");
    assert!(page.body.contains("admin@north.example"), "{page:#?}");
    for name in SESSION {
        let cookie = reader.cookies.get(name).expect("a cookie");
        // Sealed: no part of a token is in it.
        assert!(!cookie.contains('.') && !cookie.starts_with("ey"), "{name}={cookie}");
    }
}

#[tokio::test]
async fn the_cookies_of_a_session_are_out_of_the_reach_of_scripts_and_of_other_sites() {
    let scene = Scene::new(&[], &[]).await;
    let mut reader = scene.console.reader();
    let back = sign_in(&mut reader, &scene.group.north.user("admin").to_string(), "/inbox").expect(303);
    let set: Vec<&str> = back
        .all("set-cookie")
        .into_iter()
        .filter(|cookie| !cookie.to_lowercase().contains("max-age=0"))
        .collect();
    assert!(set.len() >= 3, "{set:#?}");
    for cookie in set {
        assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"), "{cookie}");
    }
}

#[tokio::test]
async fn an_answer_counts_once_and_only_in_the_browser_that_has_asked() {
    let scene = Scene::new(&[], &[]).await;
    let admin = scene.group.north.user("admin").to_string();
    let mut asking = scene.console.reader();
    let back = choose(&mut asking, &admin, "/inbox");
    // Somebody else's browser, as when an attacker lets a victim follow their own answer.
    scene.console.reader().get(&back).expect(403);
    let mut other = scene.console.reader();
    choose(&mut other, &admin, "/inbox");
    other.get(&back).expect(403);
    assert!(!other.cookies.contains_key("awgp_token"));
    // The one who asked: once.
    let mut again = asking.clone();
    asking.get(&back).expect(303);
    again.get(&back).expect(403);
    // Another provider's name on it.
    let mut mixed = scene.console.reader();
    let back = choose(&mut mixed, &admin, "/inbox").replace("iss=http", "iss=https");
    mixed.get(&back).expect(403);
    assert!(!mixed.cookies.contains_key("awgp_token"));
}

#[tokio::test]
async fn an_id_token_with_anything_wrong_signs_nobody_in() {
    for wrong in ["nonce", "issuer", "audience", "expiry", "signature", "hash"] {
        let scene = Scene::new(&["--wrong", wrong], &[]).await;
        let mut reader = scene.console.reader();
        let back = sign_in(&mut reader, &scene.group.north.user("admin").to_string(), "/inbox").expect(403);
        assert!(!reader.cookies.contains_key("awgp_token"), "{wrong}: {back:#?}");
        reader.get("/inbox").expect(303);
    }
}

#[tokio::test]
async fn whom_the_database_does_not_know_is_told_so_and_may_be_somebody_else() {
    let scene = Scene::new(&[], &[]).await;
    let mut reader = scene.console.reader();
    let page = sign_in(&mut reader, &Uuid::nil().to_string(), "/inbox").expect(403);
    assert_eq!(page.reason().as_deref(), Some("unknown_user"), "{page:#?}");
    assert!(page.links().iter().any(|link| link.contains("again=yes")), "{page:#?}");
    assert!(!reader.cookies.contains_key("awgp_token"));
}

#[tokio::test]
async fn signing_in_leads_to_no_other_site() {
    let scene = Scene::new(&[], &[]).await;
    let admin = scene.group.north.user("admin").to_string();
    for to in ["//evil.example/", "https://evil.example/", "/\\evil.example", "/sign-out"] {
        let back = sign_in(&mut scene.console.reader(), &admin, to).expect(303);
        assert_eq!(back.location(), Some("/inbox"), "{to}");
    }
}

#[tokio::test]
async fn a_token_that_ends_is_renewed_without_the_reader_noticing() {
    // Good for less than the time before its end at which a token is renewed.
    let scene = Scene::new(&["--lifetime", "20"], &[]).await;
    let mut reader = scene.signed_in(scene.group.north.user("admin"));
    let (mut first, mut second) = (reader.clone(), reader.clone());
    // A browser asks for several pages at once; this provider takes a refresh token once.
    let pages = std::thread::scope(|scope| {
        let threads = [scope.spawn(|| first.page("/inbox")), scope.spawn(|| second.page("/inbox"))];
        threads.map(|thread| thread.join().expect("a page"))
    });
    for page in &pages {
        assert!(page.all("set-cookie").iter().any(|cookie| cookie.starts_with("awgp_token=")), "{page:#?}");
    }
    for _ in 0..3 {
        let before = reader.cookies["awgp_refresh"].clone();
        reader.page("/inbox");
        assert_ne!(before, reader.cookies["awgp_refresh"]);
    }
    // A refusal carries the new token too.
    let before = reader.cookies["awgp_refresh"].clone();
    reader.get("/no-such-page").expect(404);
    assert_ne!(before, reader.cookies["awgp_refresh"]);
    reader.page("/inbox");
}

#[tokio::test]
async fn a_reader_who_goes_on_while_their_token_is_renewed_stays_signed_in() {
    let scene = Scene::new(&["--lifetime", "20"], &[]).await;
    let mut reader = scene.signed_in(scene.group.north.user("admin"));
    // The provider takes its time; the browser leaves the page before the answer is there.
    scene.openid.signal("STOP");
    let address = scene.console.url.strip_prefix("http://").expect("a URL");
    let mut browser = TcpStream::connect(address).expect("it listens");
    let cookies: Vec<String> = reader.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let request = format!("GET /inbox HTTP/1.1\r\nHost: {address}\r\nCookie: {}\r\n\r\n", cookies.join("; "));
    browser.write_all(request.as_bytes()).expect("it takes a request");
    std::thread::sleep(Duration::from_millis(500));
    drop(browser);
    std::thread::sleep(Duration::from_millis(200));
    scene.openid.signal("CONT");
    // The refresh token counts once, and what it was exchanged for is not lost.
    let page = reader.page("/inbox");
    assert!(page.all("set-cookie").iter().any(|cookie| cookie.starts_with("awgp_token=")), "{page:#?}");
}

#[tokio::test]
async fn a_session_that_has_ended_leads_to_signing_in_and_its_forms_do_nothing() {
    let scene = Scene::new(&["--lifetime", "2"], &[]).await;
    // A machine that is busy needs another try: the token is good for two seconds at most.
    let admin = scene.group.north.user("admin").to_string();
    let signed_in = (0..100).find_map(|_| {
        let mut reader = scene.console.reader();
        (sign_in(&mut reader, &admin, "/inbox").status == 303).then_some(reader)
    });
    let mut reader = signed_in.expect("somebody who is signed in");
    // Without what it is renewed with, the token ends by itself.
    reader.cookies.remove("awgp_refresh");
    while reader.get("/inbox?after=").status == 200 {}
    assert_eq!(reader.get("/inbox?after=").location(), Some("/sign-in?to=%2Finbox%3Fafter%3D"));
    // The token is gone, as when the browser was closed: the form of a page that is still open does nothing.
    let mut closed = reader.clone();
    closed.cookies.remove("awgp_token");
    closed.headers.insert("referer".into(), format!("{}/audit?entity=x", scene.console.url));
    let page = closed.post("/sign-out", &[]).expect(401);
    assert!(page.says("did nothing"), "{page:#?}");
    assert_eq!(page.links(), ["/sign-in?to=%2Faudit%3Fentity%3Dx"]);
    assert!(closed.cookies.contains_key("awgp_id"), "nothing was done");
    // From another site nobody is led anywhere.
    closed.headers.insert("referer".into(), format!("{}.evil.example/", scene.console.url));
    assert_eq!(closed.post("/sign-out", &[]).expect(401).links(), ["/sign-in?to=%2Finbox"]);
    // Signing out needs no token that is good.
    reader.post("/sign-out", &[]).expect(303);
}

#[tokio::test]
async fn a_long_token_takes_two_cookies_and_one_that_is_too_long_is_explained() {
    let scene = Scene::new(&["--ballast", "2500"], &[]).await;
    let mut reader = scene.signed_in(scene.group.north.user("admin"));
    assert!(reader.cookies.contains_key("awgp_token_rest"));
    for (name, value) in &reader.cookies {
        assert!(name.len() + value.len() + 80 < 4096, "{name} has {} bytes", value.len());
    }
    reader.page("/inbox");
    let scene = Scene::new(&["--ballast", "9000"], &[]).await;
    let mut reader = scene.console.reader();
    let page = sign_in(&mut reader, &scene.group.north.user("admin").to_string(), "/inbox").expect(403);
    assert!(page.says("bytes"), "{page:#?}");
    assert!(!reader.cookies.contains_key("awgp_token"));
}

#[tokio::test]
async fn signing_out_ends_the_session_here_and_at_the_provider() {
    let scene = Scene::new(&["--lifetime", "20"], &[]).await;
    let mut reader = scene.signed_in(scene.group.north.user("admin"));
    reader.page("/inbox");
    let stolen = reader.clone();
    // No link of another site signs anybody out.
    assert_eq!(reader.get("/sign-out/at-provider").location(), Some("/sign-in"));
    let out = reader.post("/sign-out", &[]).expect(303);
    assert_eq!(out.location(), Some("/sign-out/at-provider"));
    for name in SESSION {
        assert!(!reader.cookies.contains_key(name), "{name}");
    }
    let page = reader.follow(&out).expect(200);
    let on = page
        .header("refresh")
        .and_then(|on| on.strip_prefix("0; url="))
        .expect("a page that goes on")
        .to_owned();
    assert!(on.starts_with(&scene.openid.url), "{on}");
    let back = reader.get(&on).expect(303);
    assert_eq!(back.location(), Some(format!("{}/sign-in", scene.console.url).as_str()));
    assert!(reader.page("/sign-in").says("You are signed out."));
    reader.get("/inbox").expect(303);
    // Whoever has copied the cookies gets no new token: the provider has ended the session.
    let mut thief = stolen;
    let before = thief.cookies["awgp_refresh"].clone();
    thief.get("/inbox");
    assert_eq!(before, thief.cookies["awgp_refresh"]);
}

#[tokio::test]
async fn whoever_tries_to_sign_in_too_often_has_to_wait_and_nobody_else_has() {
    let scene = Scene::new(&[], &["--forwarded"]).await;
    let from = |address: &str| {
        let mut reader = scene.console.reader();
        reader.headers.insert("x-forwarded-for".into(), format!("203.0.113.9, {address}"));
        reader
    };
    let mut reader = from("192.0.2.1");
    let refused = (0..1000).map(|_| reader.get("/sign-in/start")).find(|page| page.status == 429);
    let refused = refused.expect("there is a limit");
    assert!(refused.header("retry-after").is_some(), "{refused:#?}");
    // One more is let in each second.
    let returned = (0..1000).map(|_| reader.get("/sign-in/return")).find(|page| page.status == 429);
    assert!(returned.is_some(), "the same limit holds for coming back");
    from("192.0.2.2").get("/sign-in/start").expect(303);
    // Who is signed in is not held up.
    reader.page("/sign-in");
}

#[tokio::test]
async fn a_provider_that_does_not_answer_is_named_and_the_console_starts_without_it() {
    let scene = Scene::new(&[], &[]).await;
    let Scene { openid, database, .. } = scene;
    let gone = openid.url.clone();
    drop(openid);
    let arguments = ["--issuer", gone.as_str(), "--client-id", "awgp-console"];
    let console = awgp_tests::console::Console::start(&database, &arguments);
    let page = console.reader().get("/sign-in/start").expect(502);
    assert!(page.says("cannot be asked"), "{page:#?}");
}

#[tokio::test]
async fn what_would_let_strangers_in_is_refused_at_the_start() {
    let scene = Scene::new(&[], &[]).await;
    // In signed mode nobody is in context without a token.
    refused(&scene.database, &["--tenant", "north", "--as", "admin@north.example"]).expect(3);
    // Whoever is on the way of http would sign in as anybody.
    refused(&scene.database, &["--issuer", "http://id.example.com", "--client-id", "x"]).expect(2);
    refused(&scene.database, &["--issuer", "not a url", "--client-id", "x"]).expect(2);
    refused(&scene.database, &["--issuer", "https://id.example.com"]).expect(2);
}
