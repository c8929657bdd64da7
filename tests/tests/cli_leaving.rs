//! How a command takes leave of the server: its transaction has ended, and the server is told.

use awgp_tests::cli::awgp;
use awgp_tests::{Database, Login, server};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc;
use std::thread;
use tokio_postgres::config::Host;

/// What a client says last, by the protocol of PostgreSQL: Terminate.
const TERMINATE: [u8; 5] = [b'X', 0, 0, 0, 4];
/// What the server says when it waits for a statement, outside of a transaction.
const IDLE: [u8; 6] = [b'Z', 0, 0, 0, 5, b'I'];

/// What both sides of a connection said last.
struct Said {
    client: Vec<u8>,
    server: Vec<u8>,
}

/// Copies what one side says to the other, and keeps its last bytes.
fn copy(mut from: TcpStream, mut to: TcpStream) -> Vec<u8> {
    let (mut last, mut buffer) = (Vec::new(), [0; 8192]);
    while let Ok(read @ 1..) = from.read(&mut buffer) {
        // The other side may have gone.
        let _ = to.write_all(&buffer[..read]);
        last.extend_from_slice(&buffer[..read]);
        last.drain(..last.len().saturating_sub(IDLE.len()));
    }
    let _ = to.shutdown(std::net::Shutdown::Write);
    last
}

/// A way to the server that listens; its port, and what was said last on each of its connections.
fn listening_way() -> (u16, mpsc::Receiver<Said>) {
    let config = server();
    let host = match config.get_hosts().first() {
        Some(Host::Tcp(host)) => host.clone(),
        other => panic!("AWGP_SERVER_URL must name a TCP host, not {other:?}"),
    };
    let place = (host, config.get_ports().first().copied().unwrap_or(5432));
    let door = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = door.local_addr().expect("an address").port();
    let (tell, told) = mpsc::channel();
    thread::spawn(move || {
        for client in door.incoming() {
            let (client, place, tell) = (client.expect("a connection"), place.clone(), tell.clone());
            thread::spawn(move || {
                let server = TcpStream::connect(place).expect("the server");
                let (back, forth) =
                    (server.try_clone().expect("a socket"), client.try_clone().expect("a socket"));
                let answers = thread::spawn(move || copy(back, forth));
                let client = copy(client, server);
                let said = Said { client, server: answers.join().expect("a thread") };
                // The test may be over.
                let _ = tell.send(said);
            });
        }
    });
    (port, told)
}

#[tokio::test]
async fn every_command_ends_its_transaction_and_tells_the_server_that_it_leaves() {
    let database = Database::new().await;
    let (port, told) = listening_way();
    let direct = server().get_ports().first().copied().unwrap_or(5432);
    let through = |login: Login| {
        let url = database.url(login).replace(&format!(":{direct}/"), &format!(":{port}/"));
        assert!(url.contains(&port.to_string()), "{url}");
        url + "?sslmode=disable"
    };
    let commands: [(Login, &[&str], i32, usize); 8] = [
        (Login::Admin, &["doctor"], 0, 1),
        (Login::Admin, &["tenant", "create", "North", "--slug", "north"], 0, 1),
        (Login::Admin, &["tenant", "create", "North", "--slug", "north"], 7, 1),
        (Login::Admin, &["tenant", "show", "nowhere"], 8, 1),
        (Login::App, &["work", "list", "--tenant", "north"], 0, 1),
        (Login::App, &["work", "show", "3f2a91c4", "--tenant", "north"], 8, 1),
        (Login::Auditor, &["audit", "verify", "--jobs", "2"], 0, 3),
        (Login::Auditor, &["audit", "tail", "--tenant", "north"], 0, 1),
    ];
    for (login, command, code, connections) in commands {
        awgp(command, &[("DATABASE_URL", &through(login))]).expect(code);
        for _ in 0..connections {
            let Said { client, server } = told.recv().expect("what was said");
            assert!(client.ends_with(&TERMINATE), "{command:?}: {client:?}");
            assert!(server.ends_with(&IDLE), "{command:?}: {server:?}");
        }
    }
}
