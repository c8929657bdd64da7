//! Which member a command goes to.

use super::stage::Stage;
use awgp_tests::cli::awgp;

#[tokio::test]
async fn a_tenants_command_goes_to_the_member_that_has_it() {
    let stage = Stage::with_families().await;
    for name in ["a", "b", "c"] {
        let slug = format!("north-{name}");
        stage
            .run(&["user", "create", &format!("ada@{slug}.example"), "--role", "admin", "--tenant", &slug])
            .expect(0);
    }
    let counts = stage.counts("SELECT count(*) FROM awgp.users").await;
    assert_eq!(counts, [1, 1, 1]);
    let listed = stage.run(&["user", "list", "--tenant", "north-b", "--output", "json"]).expect(0).json();
    assert_eq!(listed[0]["email"], "ada@north-b.example");
    // By the argument of the noun tenant, by id, and by the beginning of an id.
    let shown = stage.run(&["tenant", "show", "north-c", "--output", "json"]).expect(0).json();
    let id = shown["id"].as_str().expect("an id").to_owned();
    for named in [id.as_str(), &id[..13]] {
        let shown = stage.run(&["tenant", "show", named, "--output", "json"]).expect(0).json();
        assert_eq!(shown["slug"], "north-c", "{named}");
        let listed = stage.run(&["user", "list", "--tenant", named, "--output", "json"]).expect(0).json();
        assert_eq!(listed[0]["email"], "ada@north-c.example", "{named}");
    }
    stage.run(&["tenant", "update", "north-c", "--name", "Nord"]).expect(0);
    let named = stage.counts("SELECT count(*) FROM awgp.tenants WHERE name = 'Nord'").await;
    assert_eq!(named, [0, 0, 1]);
}

#[tokio::test]
async fn a_tenant_on_no_member_and_one_on_two_are_errors_with_a_reason() {
    let stage = Stage::with_families().await;
    let absent = stage.run(&["user", "list", "--tenant", "nobody", "--output", "json"]).expect(3).error();
    assert_eq!(absent["reason"], "unknown_tenant");
    for at in [0, 1] {
        let sql = "SELECT awgp.create_tenant('Twin', 'twin', 'holding')";
        stage.client(at).await.execute(sql, &[]).await.expect("a tenant");
    }
    let twice = stage.run(&["user", "list", "--tenant", "twin", "--output", "json"]).expect(6).error();
    assert_eq!(twice["reason"], "fleet_ambiguous");
    let detail = twice["detail"].as_str().expect("a detail");
    assert!(detail.contains(" on a") && detail.contains(" on b"), "{detail}");
    // The member says which.
    stage.run(&["user", "list", "--tenant", "twin", "--member", "a"]).expect(0);
    stage.run(&["user", "list", "--tenant", "twin", "--member", "c"]).expect(3);
    let unknown = stage.run(&["user", "list", "--tenant", "twin", "--member", "x"]).expect(8);
    assert!(unknown.hint().contains("a, b, c"));
}

#[tokio::test]
async fn a_command_of_one_member_says_that_it_needs_one_and_without_a_fleet_nothing_has_changed() {
    let stage = Stage::with_families().await;
    let refused = stage.run(&["price", "list"]).expect(2);
    assert!(refused.hint().contains("--member"));
    stage.run(&["price", "list", "--member", "b"]).expect(0);
    let url = stage.url(1);
    awgp(&["tenant", "show", "north-b", "--database-url", &url], &[]).expect(0);
    awgp(&["tenant", "show", "north-a", "--database-url", &url], &[]).expect(8);
    // A database that is named on the command line is nearer than AWGP_FLEET.
    let file = stage.file("fleet.toml");
    let nearer =
        awgp(&["tenant", "list", "--database-url", &url, "--output", "json"], &[("AWGP_FLEET", &file)]);
    assert_eq!(nearer.expect(0).json().as_array().map(Vec::len), Some(2));
    awgp(&["tenant", "list", "--database-url", &url, "--fleet", &file], &[]).expect(2);
    let warned = awgp(&["tenant", "list"], &[("AWGP_FLEET", &file), ("DATABASE_URL", &url)]).expect(0);
    assert!(warned.stderr.contains("DATABASE_URL is not used"), "{}", warned.stderr);
    for arguments in [&["fleet", "status"][..], &["doctor", "--member", "a"]] {
        assert!(awgp(arguments, &[("DATABASE_URL", &url)]).expect(2).hint().contains("--fleet"));
    }
}

#[tokio::test]
async fn a_profile_names_the_fleet_and_a_file_that_cannot_be_used_is_named() {
    let stage = Stage::with_families().await;
    let folder = stage.folder.display().to_string();
    let file = stage.file("fleet.toml");
    let here = [("XDG_CONFIG_HOME", folder.as_str())];
    awgp(&["config", "save", "all", "--fleet", &file], &here).expect(0);
    let listed = awgp(&["tenant", "list", "--profile", "all", "--output", "json"], &here).expect(0).json();
    assert_eq!(listed.as_array().map(Vec::len), Some(6));
    let shown = awgp(&["config", "--profile", "all", "--output", "json"], &here).expect(0).json();
    let line = shown.as_array().expect("lines").iter().find(|line| line["setting"] == "--fleet");
    assert_eq!(line.expect("a line")["value"], file.as_str());
    stage.write("wrong.toml", &(stage.lines("a", 0, "colour = \"red\"")));
    let wrong = stage.run_by("wrong.toml", &["doctor", "--output", "json"]).expect(6).error();
    assert_eq!(wrong["reason"], "fleet_file");
    assert!(wrong["error"].as_str().expect("a text").contains("members.a: the key colour"));
    stage.run_by("nowhere.toml", &["doctor"]).expect(6);
}
