//! Delivery by SMTP to servers that refuse, hang and answer twice.

use super::stage::{Kept, Stage, is};
use awgp_tests::receivers::{Post, Smtp};

fn mail(port: u16, more: &str) -> Kept {
    Kept::new(&format!(
        "console_url = \"https://console.example\"\n[targets.hook]\ntype = \"mail\"\nserver = \"127.0.0.1\"\n\
         port = {port}\nfrom = \"AWGP <awgp@north.example>\"\nto = [\"ops@north.example\"]\n{more}\n"
    ))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_has_the_sentence_and_the_link_and_nothing_of_the_content() {
    let stage = Stage::set().await;
    stage.ask(1).await;
    let mut smtp = Smtp::start(&[]).await;
    stage.once(&mail(smtp.port, "tls = \"none\""), &[]).expect(0);
    assert_eq!(stage.kept().await, [is("delivered", 1, None)]);
    let messages = smtp.taken();
    assert_eq!(messages.len(), 1);
    for part in [
        "Subject: [north] ",
        "To: ops@north.example",
        "Auto-Submitted: auto-generated",
        "https://console.example/approvals/",
    ] {
        assert!(messages[0].contains(part), "{part}: {}", messages[0]);
    }
    assert!(!messages[0].contains("Pay"), "{}", messages[0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_for_now_is_tried_again_and_one_for_good_is_a_dead_letter() {
    let stage = Stage::set().await;
    stage.ask(1).await;
    let mut smtp = Smtp::start(&[Post::Refuse(451), Post::Refuse(550)]).await;
    let file = mail(smtp.port, "tls = \"none\"");
    stage.once(&file, &[]).expect(12);
    assert_eq!(stage.kept().await, [is("waiting", 1, Some("smtp_451"))]);
    stage.time_passes().await;
    stage.once(&file, &[]).expect(12);
    assert_eq!(stage.kept().await, [is("dead", 2, Some("smtp_550"))]);
    assert!(smtp.taken().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_server_that_hangs_gets_the_same_message_again() {
    let stage = Stage::set().await;
    stage.ask(1).await;
    let mut smtp = Smtp::start(&[Post::Hang, Post::TakeTwice]).await;
    // Time enough for all but the answer that does not come.
    let impatient = mail(smtp.port, "tls = \"none\"\ntimeout_seconds = 10");
    stage.once(&impatient, &[]).expect(12);
    assert_eq!(stage.kept().await, [is("waiting", 1, Some("timeout"))]);
    stage.time_passes().await;
    stage.once(&mail(smtp.port, "tls = \"none\""), &[]).expect(0);
    assert_eq!(stage.kept().await, [is("delivered", 2, None)]);
    let ids: Vec<String> = smtp
        .taken()
        .iter()
        .filter_map(|message| message.lines().find(|line| line.starts_with("Message-ID:")).map(str::to_owned))
        .collect();
    assert_eq!(ids.len(), 2);
    assert_eq!(ids[0], ids[1], "a mailbox shows it once");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_encryption_nothing_is_said_where_the_file_asks_for_it() {
    let stage = Stage::set().await;
    stage.ask(1).await;
    let mut smtp = Smtp::start(&[]).await;
    stage.once(&mail(smtp.port, "user = \"awgp\"\npassword = \"hunter2\""), &[]).expect(12);
    assert_eq!(stage.kept().await[0].0, "waiting");
    assert!(smtp.taken().is_empty());
    let commands = smtp.commands.lock().expect("no panic").clone();
    assert!(
        commands.iter().all(|said| !said.starts_with("MAIL") && !said.starts_with("AUTH")),
        "{commands:?}"
    );
}
