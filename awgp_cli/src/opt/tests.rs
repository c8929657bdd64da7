//! What holds of all arguments.

use super::*;
use clap::CommandFactory;

fn parsed(line: &[&str]) -> Opt {
    Opt::try_parse_from(line).expect("a valid command line")
}

#[test]
fn the_definition_is_consistent() {
    Opt::command().debug_assert();
}

#[test]
fn global_options_stand_before_or_after_the_command() {
    for line in [
        ["awgp", "--tenant", "nord", "--output", "json", "user", "list"],
        ["awgp", "user", "list", "--tenant", "nord", "--output", "json"],
    ] {
        let opt = parsed(&line);
        assert_eq!(opt.global.tenant.as_deref(), Some("nord"));
        assert_eq!(opt.global.output, Format::Json);
        assert!(matches!(opt.command, Command::User(User::List(_))));
    }
}

#[test]
fn the_user_option_and_the_user_command_do_not_meet() {
    let opt = parsed(&["awgp", "user", "create", "a@b.example", "--role", "viewer", "--user", "c@d.example"]);
    assert_eq!(opt.global.user.as_deref(), Some("c@d.example"));
    let Command::User(User::Create(create)) = opt.command else { panic!("not a user create") };
    assert_eq!((create.email.as_str(), create.role.as_str()), ("a@b.example", "viewer"));
}

#[test]
fn a_capability_may_be_given_many_times() {
    let opt = parsed(&[
        "awgp",
        "assistant",
        "create",
        "Ledger",
        "--slug",
        "ledger",
        "--type",
        "shared_finance",
        "--capability",
        "read",
        "--capability",
        "post",
    ]);
    let Command::Assistant(Assistant::Create(create)) = opt.command else { panic!("not a create") };
    assert_eq!(create.capabilities, ["read", "post"]);
}

#[test]
fn a_limit_of_no_rows_is_refused() {
    assert!(Opt::try_parse_from(["awgp", "tenant", "list", "--limit", "0"]).is_err());
}

#[test]
fn every_option_and_command_is_explained() {
    fn check(command: &clap::Command, path: &str) {
        for arg in command.get_arguments().filter(|arg| !matches!(arg.get_id().as_str(), "help" | "version"))
        {
            assert!(arg.get_help().is_some(), "{path} {}", arg.get_id());
        }
        for sub in command.get_subcommands().filter(|sub| sub.get_name() != "help") {
            assert!(sub.get_about().is_some(), "{path} {}", sub.get_name());
            check(sub, &format!("{path} {}", sub.get_name()));
        }
    }
    check(&Opt::command(), "awgp");
}

#[test]
fn clap_reads_no_variable_so_that_the_help_shows_no_value_and_precedence_is_in_one_place() {
    let command = Opt::command();
    let reads: Vec<_> = command.get_arguments().filter(|arg| arg.get_env().is_some()).collect();
    assert!(reads.is_empty(), "{reads:?}");
}

#[test]
fn a_password_is_asked_for_always_or_never() {
    assert!(parsed(&["awgp", "doctor", "-W"]).global.password);
    assert!(parsed(&["awgp", "--no-password", "doctor"]).global.no_password);
    assert!(Opt::try_parse_from(["awgp", "-w", "-W", "doctor"]).is_err());
}
