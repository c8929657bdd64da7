//! What stands where, and what should not.

use super::stage::Stage;

fn codes(status: &serde_json::Value) -> Vec<&str> {
    status["findings"].as_array().expect("a list").iter().filter_map(|found| found["code"].as_str()).collect()
}

#[tokio::test]
async fn a_sound_fleet_has_no_finding_and_shows_members_and_families() {
    let stage = Stage::with_families().await;
    let status = stage.run(&["fleet", "status", "--output", "json"]).expect(0).json();
    assert_eq!(codes(&status), [] as [&str; 0], "{status}");
    let members = status["members"].as_array().expect("a list");
    assert_eq!(members.len(), 3);
    for member in members {
        assert_eq!((&member["families"], &member["tenants"]), (&1.into(), &2.into()));
        assert_eq!(member["prices"], members[0]["prices"]);
        assert!(member["bytes"].as_u64().is_some_and(|bytes| bytes > 1_000_000));
    }
    let families = status["families"].as_array().expect("a list");
    let of: Vec<_> = families.iter().map(|family| (&family["family"], &family["member"])).collect();
    assert_eq!(of[1], (&"holding-b".into(), &"b".into()));
    let table = stage.run(&["fleet", "status"]).expect(0).stdout;
    assert!(table.contains("errors: 0, warnings: 0"), "{table}");
    let csv = stage.run(&["fleet", "status", "--families", "--output", "csv"]).expect(0).stdout;
    assert!(csv.starts_with("family,member,tenants,slugs,id\nholding-a,a,2,"), "{csv}");
    let csv = stage.run(&["fleet", "status", "--output", "csv"]).expect(0).stdout;
    assert!(csv.starts_with("member,shard,role,version,"), "{csv}");
    assert_eq!(csv.lines().count(), 4);
}

#[tokio::test]
async fn what_stands_twice_or_differs_is_found() {
    let stage = Stage::with_families().await;
    let id = "7e000000-0000-4000-8000-000000000001";
    for at in [0, 2] {
        let client = stage.client(at).await;
        let sql = format!(
            "INSERT INTO awgp.tenants (id, name, slug, type) VALUES ('{id}', 'T', 'twin', 'holding')"
        );
        client.batch_execute(&sql).await.expect("a tenant");
        let sql = format!(
            "INSERT INTO awgp.users (tenant_id, email, role, keycloak_id)
             VALUES ('{id}', 'a@twin.example', 'viewer', 'subject-{at}'), ('{id}', 'b@twin.example', 'viewer', 'both')"
        );
        client.batch_execute(&sql).await.expect("users");
    }
    stage.run(&[
        "price",
        "set",
        "local",
        "llama",
        "--input-price",
        "1",
        "--output-price",
        "1",
        "--member",
        "b",
    ]);
    let status = stage.run(&["fleet", "status", "--output", "json"]).expect(12).json();
    assert_eq!(codes(&status), ["tenant_twice", "slug_twice", "subject_twice", "prices_differ"], "{status}");
    let subject = &status["findings"][2];
    assert_eq!((&subject["object"], &subject["severity"]), (&"both".into(), &"error".into()));
    assert!(subject["message"].as_str().expect("a text").contains("a and c"), "{subject}");
    // Two names of one database.
    let twice = stage.lines("a", 0, "") + &stage.lines("x", 0, "").replace("shard = 0", "shard = 1");
    stage.write("same.toml", &twice);
    let status = stage.run_by("same.toml", &["fleet", "status", "--output", "json"]).expect(12).json();
    assert_eq!(codes(&status)[0], "installation_twice", "{status}");
    // A replica that is none, and a member that is full.
    let wrong = stage.lines("a", 0, "capacity_gib = 1") + &stage.lines("s", 0, "role = \"replica\"");
    stage.write("replica.toml", &wrong);
    let status = stage.run_by("replica.toml", &["fleet", "status", "--output", "json"]).expect(12).json();
    assert!(codes(&status).contains(&"member_is_no_standby"), "{status}");
}
