//! clients/typescript, as npm installs the package that `make package` makes, passes its own tests, as an
//! ordinary role. scripts/setup installs what it needs, and what it is compiled and tested with.

use awgp_tests::command::{Folder, output_of};
use awgp_tests::fixture::{scene, within};
use awgp_tests::tokens::{signed_database, token_of};
use awgp_tests::toolchain::path;
use awgp_tests::{Database, Login};
use serde_json::json;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

/// The version that the package gets.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// A folder with the package, one into which it is installed, and a database.
struct Package {
    folder: Folder,
    database: Database,
    scene: serde_json::Value,
}

impl Package {
    /// Builds the package.
    fn built(database: Database, scene: serde_json::Value) -> Self {
        let package = Self { folder: Folder::new(&database), database, scene };
        package.build("package");
        let script = "typescript_in \"$1\"";
        output_of(staging(script).arg(package.folder.file("source")));
        package
    }

    /// Installs it into an empty folder, without a network.
    fn installed(self) -> Self {
        fs::create_dir(self.folder.file("app")).expect("a folder can be made");
        let mut npm = self.command("npm");
        npm.args(["install", "--offline", "--no-audit", "--no-fund", "--logs-max=0", "--cache"]);
        npm.arg(self.folder.file("cache")).arg(self.tarball("package"));
        output_of(npm.args(self.what_it_needs()));
        self
    }

    /// Installed, with the scene in its database.
    async fn in_scene() -> Self {
        let (database, scene) = governed().await;
        Self::built(database, scene).installed()
    }

    /// Tarballs of what it needs, as the lock file names it, made of what scripts/setup has installed.
    fn what_it_needs(&self) -> Vec<String> {
        let libraries = path("AWGP_TYPESCRIPT");
        let lock = fs::read_to_string(libraries.clone() + "/package-lock.json").expect("it is there");
        let lock: serde_json::Value = serde_json::from_str(&lock).expect("it is JSON");
        let locked = lock["packages"].as_object().expect("there are packages");
        let needed = locked.iter().filter(|(_, is)| is["dev"].is_null() && is["peer"].is_null());
        let names: Vec<_> = needed.filter_map(|(at, _)| at.strip_prefix("node_modules/")).collect();
        assert!(names.contains(&"pg"), "{names:?}");
        let pack = |name: &str| {
            let tarball = self.folder.file(&format!("{name}.tgz"));
            let mut tar = Command::new("tar");
            tar.args(["--create", "--gzip", "--file", &tarball, "--directory"])
                .arg(libraries.clone() + "/node_modules");
            output_of(tar.args(["--transform", &format!("s,^{name},package,"), name]));
            tarball
        };
        names.into_iter().map(pack).collect()
    }

    fn build(&self, folder: &str) {
        let script = "stage_typescript \"$1\" \"$2\"";
        output_of(staging(script).env("SOURCE_DATE_EPOCH", "1").arg(VERSION).arg(self.folder.file(folder)));
    }

    fn tarball(&self, folder: &str) -> String {
        self.folder.file(&format!("{folder}/awgp-{VERSION}.tgz"))
    }

    /// Brings the libraries of the adapters within reach of the program, beside what npm has installed.
    fn with_libraries(self) -> Self {
        let libraries = path("AWGP_TYPESCRIPT") + "/node_modules";
        symlink(libraries, self.folder.file("node_modules")).expect("a link can be made");
        self
    }

    /// Compiles what is in the folder of the sources, and puts it beside what npm has installed.
    fn compile(&self) {
        let mut tsc = Command::new(path("AWGP_TYPESCRIPT") + "/node_modules/.bin/tsc");
        tsc.current_dir(self.folder.file("source")).args(["--noEmit", "false", "--outDir", "../app"]);
        output_of(&mut tsc);
        let manifest = self.folder.file("app/package.json");
        let text = fs::read_to_string(&manifest).expect("npm has written it");
        fs::write(manifest, text.replacen('{', "{ \"type\": \"module\",", 1)).expect("it can be written");
    }

    /// A command where the package is installed.
    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.current_dir(self.folder.file("app"));
        command.env("DATABASE_URL", self.database.url(Login::App)).env("SCENE", self.scene.to_string());
        command
    }
}

/// A command of scripts/lib/stage.sh.
fn staging(script: &str) -> Command {
    let lib = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scripts/lib");
    let script = format!("set -eu; . toolchain.sh; . stage.sh; {script}");
    let mut command = Command::new("bash");
    command.current_dir(lib).args(["-c", &script, "bash"]);
    command
}

/// The tenant North with a runtime, an admin, the assistant Scribe, money and prices.
async fn governed() -> (Database, serde_json::Value) {
    let (database, group) = scene().await;
    let prices = json!([
        {"provider": "openai", "model": "gpt-4", "input_price": "0.00001", "output_price": "0.00003"},
        {"provider": "openai", "model": "gpt-4.1-mini", "input_price": "0.0000004", "output_price": "0.0000016",
         "cached_price": "0.0000001"},
    ]);
    let sql = "SELECT count(*) FROM awgp.import_prices($1, 'a test')";
    database.admin().await.execute(sql, &[&prices]).await.expect("prices");
    // The programs send a letter, of which a human decides.
    let sql = "UPDATE awgp.tenants SET settings = '{\"action_policy\": {\"approval_for\": [\"send_letter\"]}}' WHERE id = $1";
    database.admin().await.execute(sql, &[&group.north.id]).await.expect("a policy");
    let mut app = database.app().await;
    let transaction = within(&mut app, group.north.id).await;
    let sql = "SELECT id FROM awgp.create_assistant('Scribe', 'scribe', 'custom', max_cost_per_day => 100,
        capabilities => '{look, send_email, send_letter, call_model}')";
    let assistant: uuid::Uuid = transaction.query_one(sql, &[]).await.expect("an assistant").get(0);
    for sql in [
        "SELECT awgp.create_user('runtime@north.example', 'operator')",
        "UPDATE awgp.assistants SET status = 'active' WHERE slug = 'scribe'",
        "SELECT awgp.create_credit_pool('openai', 1000)",
    ] {
        transaction.execute(sql, &[]).await.expect("the scene is made");
    }
    let sql = "SELECT id FROM awgp.create_work_item($1, 'To look', risk_level => 0)";
    let item: uuid::Uuid = transaction.query_one(sql, &[&assistant]).await.expect("an item").get(0);
    transaction.commit().await.expect("commits");
    let scene = json!({
        "tenant": "north", "operator": "runtime@north.example", "admin": "admin@north.example",
        "assistant": "scribe", "assistant_id": assistant, "item": item,
    });
    (database, scene)
}

#[tokio::test]
async fn the_package_for_typescript_passes_its_tests() {
    let package = Package::in_scene().await.with_libraries();
    package.compile();
    let tests = fs::read_dir(package.folder.file("app/tests")).expect("they are compiled");
    let tests = tests.map(|entry| entry.expect("a file").path());
    let tests: Vec<_> = tests.filter(|path| path.to_string_lossy().ends_with(".test.js")).collect();
    assert!(!tests.is_empty());
    let programs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/clients");
    output_of(Command::new("cp").arg("-r").arg(programs).arg(package.folder.file("app/programs")));
    let mut node = package.command("node");
    node.env("PROGRAMS", package.folder.file("app/programs"));
    println!("{}", output_of(node.args(["--test", "--test-timeout=300000"]).args(tests)));
}

#[tokio::test]
async fn the_example_of_the_readme_runs_where_the_package_alone_is_installed() {
    let package = Package::in_scene().await;
    let page = fs::read_to_string(package.folder.file("app/node_modules/awgp/README.md"))
        .expect("it is in the package");
    let blocks: Vec<_> =
        page.split("```typescript\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert_eq!(blocks.len(), 2, "{blocks:?}");
    let url = "'postgres://runtime@db/governed'";
    assert!(blocks[0].contains(url));
    let program = format!(
        "const workItem = process.env['WORK_ITEM'] ?? '';
        const send = async (sent: {{ to: string }}) => ({{ id: sent.to }});
        {}
        await sendEmail(letter);
        await north.close();",
        blocks.join("\n").replace(url, "process.env['DATABASE_URL'] ?? ''")
    );
    fs::write(package.folder.file("source/src/example.ts"), program).expect("a file can be written");
    package.compile();
    let item = package.scene["item"].as_str().expect("an id");
    output_of(package.command("node").arg("src/example.js").env("WORK_ITEM", item));
    let mut app = package.database.app().await;
    let sql = "SELECT awgp.set_context('north'::text, NULL::text)";
    let transaction = app.transaction().await.expect("a transaction begins");
    transaction.execute(sql, &[]).await.expect("the context is set");
    let sql = "SELECT a.action, a.status, t.cost_amount::text, a.result::text FROM awgp.governed_actions AS a
        JOIN awgp.cost_transactions AS t ON t.id = a.cost_transaction_id ORDER BY a.begun_at";
    let told = transaction.query(sql, &[]).await.expect("the actions");
    let told: Vec<[Option<String>; 4]> =
        told.iter().map(|row| std::array::from_fn(|column| row.get(column))).collect();
    let told: Vec<_> = told.iter().map(|row| row.each_ref().map(Option::as_deref)).collect();
    assert_eq!(
        told,
        [
            [
                Some("send_email"),
                Some("succeeded"),
                Some("0.021000"),
                Some("{\"message_id\": \"ada@north.example\"}")
            ],
            [Some("send_email"), Some("succeeded"), Some("0.021000"), None],
        ]
    );
}

#[tokio::test]
async fn the_same_source_gives_the_same_package() {
    let package = Package::built(Database::new().await, json!({}));
    package.build("again");
    let [one, other] =
        ["package", "again"].map(|folder| fs::read(package.tarball(folder)).expect("it is made"));
    assert!(one == other, "the two packages differ");
    let listed = output_of(Command::new("tar").arg("--list").arg("--file").arg(package.tarball("package")));
    for name in ["package.json", "README.md", "LICENSE", "dist/index.js", "dist/index.d.ts"] {
        assert!(listed.lines().any(|line| line == format!("package/{name}")), "{name} in {listed}");
    }
    assert!(!listed.contains("test"), "{listed}");
    let mut tar = Command::new("tar");
    tar.args(["--extract", "--to-stdout", "--file"]).arg(package.tarball("package"));
    let manifest = output_of(tar.arg("package/package.json"));
    let manifest: serde_json::Value = serde_json::from_str(&manifest).expect("it is JSON");
    assert_eq!(manifest["version"], VERSION);
    assert_eq!(
        manifest["dependencies"].as_object().expect("there are some").keys().collect::<Vec<_>>(),
        ["pg"]
    );
}

#[tokio::test]
async fn its_types_need_no_other_package() {
    let package = Package::built(Database::new().await, json!({})).installed();
    let program = "import { Governor, type PoolLike } from 'awgp';
        export const of = (pool: PoolLike) => new Governor({ pool, tenant: 'north', user: null, assistant: 'scribe' });";
    fs::write(package.folder.file("app/typed.mts"), program).expect("a file can be written");
    let mut tsc = package.command(&(path("AWGP_TYPESCRIPT") + "/node_modules/.bin/tsc"));
    tsc.args([
        "--strict",
        "--noEmit",
        "--skipLibCheck",
        "false",
        "--module",
        "NodeNext",
        "--lib",
        "ES2022,DOM",
    ]);
    output_of(tsc.arg("typed.mts"));
}

#[tokio::test]
async fn in_signed_mode_a_token_says_who_acts() {
    let (database, group) = signed_database().await;
    let north = &group.north;
    let mut app = database.app().await;
    let transaction = app.transaction().await.expect("a transaction begins");
    let admin = token_of(north.user("admin"));
    transaction.execute("SELECT awgp.authenticate($1)", &[&admin]).await.expect("the token is good");
    let sql = "UPDATE awgp.assistants SET capabilities = '{look}' WHERE id = $1";
    transaction.execute(sql, &[&north.assistant]).await.expect("capabilities can be set");
    let sql = "SELECT id FROM awgp.create_work_item($1, 'To look', risk_level => 0)";
    let item: uuid::Uuid = transaction.query_one(sql, &[&north.assistant]).await.expect("an item").get(0);
    transaction.commit().await.expect("commits");
    let tokens = [token_of(north.user("operator")), token_of(north.user("viewer")), "no.token".to_owned()];
    let package = Package::built(database, json!({ "item": item, "tokens": tokens })).installed();
    let program = "import { Governor } from 'awgp';
        const { item, tokens } = JSON.parse(process.env.SCENE);
        for (const token of tokens) {
          const north = new Governor({ url: process.env.DATABASE_URL, token, assistant: 'helper' });
          const acted = north.action(item, 'look', {}, () => 'allowed');
          console.log(await acted.catch((error) => error.reason));
          await north.close();
        }";
    fs::write(package.folder.file("app/signed.mjs"), program).expect("a file can be written");
    let said = output_of(package.command("node").arg("signed.mjs"));
    assert_eq!(said, "allowed\nrole_not_sufficient\ntoken_malformed\n");
}

#[test]
fn the_pages_of_the_adapters_name_the_versions_that_run() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let read = |name: &str| fs::read_to_string(root.join(name)).expect("the file is there");
    let manifest: serde_json::Value =
        serde_json::from_str(&read("clients/typescript/package.json")).expect("it is JSON");
    for (page, library) in
        [("vercel-ai-sdk", "ai"), ("vercel-ai-sdk", "@ai-sdk/openai"), ("openai-agents-js", "@openai/agents")]
    {
        let version = manifest["devDependencies"][library].as_str().expect("it is pinned");
        let named = format!("`{library}` {version}");
        assert!(read(&format!("docs/clients/{page}.md")).contains(&named), "{page} names {named}");
    }
}
