//! Where events go, and when they have arrived.

use super::http::Http;
use super::stopped::Stopped;
use crate::missed::Missed;
use crate::opt::AuditStream;
use awgp_client::{Exit, Failure};
use awgp_core::audit::streamed::Event;
use awgp_core::audit::streamed::format::Format;
use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::PathBuf;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// TCP does not say that a receiver has read. What was sent so long ago, on a connection that is still there,
/// counts as arrived.
const TCP_ARRIVES: Duration = Duration::from_secs(30);
/// How long a receiver may take for a connection, for what it is sent, and for its end.
const TCP_WAITS: Duration = Duration::from_secs(30);

/// Whether what was sent has arrived.
pub enum Arrived {
    /// All of it.
    All,
    /// What was sent so long ago.
    Before(Duration),
}

/// Where events go.
pub struct Sink {
    format: Format,
    way: Way,
}

enum Way {
    /// A file, to which lines are appended.
    File(PathBuf, Option<File>),
    /// A connection to this machine; none before the first event and after an error.
    Tcp(String, Option<TcpStream>),
    Http(Http),
}

impl Sink {
    /// Reads what the options say. Nothing is opened yet.
    pub fn of(to: &str, options: &AuditStream) -> Result<Self, Failure> {
        let refused = |what: String| {
            Failure::new(Exit::BadArgument, what)
                .hint("give --to a file, tcp://127.0.0.1:PORT, or the URL of a web server")
        };
        let way = if let Some(address) = to.strip_prefix("tcp://") {
            let address = address.trim_end_matches('/');
            let host = address.rsplit_once(':').map(|(host, port)| (host, port.parse::<u16>()));
            let Some((host, Ok(_))) = host else {
                return Err(refused(format!("{to} names no host and port")));
            };
            if !crate::http::is_loopback(host) {
                return Err(Failure::new(
                    Exit::BadArgument,
                    "events go by tcp:// to this machine only: everybody on the way could read them",
                )
                .hint("send them by https://, or to a forwarder on this machine that encrypts them"));
            }
            Way::Tcp(address.to_owned(), None)
        } else if to.contains("://") {
            crate::http::check_url("--to", to).map_err(refused)?;
            Way::Http(Http::new(to, options).map_err(refused)?)
        } else {
            Way::File(PathBuf::from(to), None)
        };
        if !matches!(way, Way::Http(_)) && (options.header_file.is_some() || options.ca_file.is_some()) {
            return Err(Failure::new(Exit::Usage, "--header-file and --ca-file are for a web server"));
        }
        Ok(Self { format: options.format.format(), way })
    }

    /// The place, for people.
    pub fn place(&self) -> String {
        match &self.way {
            Way::File(path, _) => path.display().to_string(),
            Way::Tcp(address, _) => address.clone(),
            Way::Http(http) => http.place(),
        }
    }

    /// Sends events, in their order.
    pub async fn send(&mut self, events: &[Event]) -> Result<(), Stopped> {
        match &mut self.way {
            Way::Http(http) => http.send(self.format, events).await,
            Way::File(path, file) => {
                let unwritable = |error: io::Error| {
                    Failure::new(Exit::Unexpected, format!("{} cannot be written: {error}", path.display()))
                        .hint("look at the file, its folder and the free space, then start the stream again")
                };
                let text = self.format.write(events, env!("CARGO_PKG_VERSION"));
                let mut writing = || -> io::Result<()> {
                    let open = match file.take() {
                        Some(open) => open,
                        None => appended(path)?,
                    };
                    file.insert(open).write_all(text.as_bytes())
                };
                Ok(writing().map_err(unwritable)?)
            }
            Way::Tcp(address, connection) => {
                let text = self.format.write(events, env!("CARGO_PKG_VERSION"));
                let sent = timeout(TCP_WAITS, async {
                    let mut stream = match connection.take() {
                        Some(stream) => stream,
                        None => TcpStream::connect(address.as_str()).await?,
                    };
                    stream.write_all(text.as_bytes()).await?;
                    *connection = Some(stream);
                    Ok::<_, io::Error>(())
                });
                match sent.await {
                    Ok(Ok(())) => Ok(()),
                    Ok(Err(_)) => Err(Missed::again("connection").into()),
                    Err(_) => Err(Missed::again("timeout").into()),
                }
            }
        }
    }

    /// Whether what was sent has arrived.
    pub fn arrived(&mut self) -> Result<Arrived, Stopped> {
        match &mut self.way {
            Way::Http(_) | Way::Tcp(_, None) => Ok(Arrived::All),
            Way::File(path, file) => {
                // Opened anew for what comes next: somebody may have renamed it meanwhile.
                if let Some(open) = file.take() {
                    synced(&open).map_err(|error| {
                        Failure::new(Exit::Unexpected, format!("{}: {error}", path.display()))
                    })?;
                }
                Ok(Arrived::All)
            }
            Way::Tcp(_, Some(stream)) => match is_open(stream) {
                true => Ok(Arrived::Before(TCP_ARRIVES)),
                false => Err(Missed::again("connection").into()),
            },
        }
    }

    /// At the end: whether the receiver has read all of it, as far as it says.
    pub async fn finish(&mut self) -> Result<(), Stopped> {
        self.arrived()?;
        let Way::Tcp(_, connection) = &mut self.way else { return Ok(()) };
        let Some(mut stream) = connection.take() else { return Ok(()) };
        let ended = timeout(TCP_WAITS, async {
            stream.shutdown().await?;
            // Who has read to the end closes; what it answers until then is of no use here.
            let mut answer = [0; 1024];
            while stream.read(&mut answer).await? > 0 {}
            Ok::<_, io::Error>(())
        });
        match ended.await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(Missed::again("connection").into()),
            Err(_) => Err(Missed::again("not_closed").into()),
        }
    }

    /// Forgets a connection that has failed.
    pub fn again(&mut self) {
        match &mut self.way {
            Way::Tcp(_, connection) => *connection = None,
            Way::File(_, file) => *file = None,
            Way::Http(_) => {}
        }
    }
}

/// Waits until the disk has it; a pipe has none.
fn synced(file: &File) -> io::Result<()> {
    if file.metadata()?.is_file() { file.sync_data() } else { Ok(()) }
}

/// Whether the receiver has not closed the connection.
fn is_open(stream: &TcpStream) -> bool {
    let mut answer = [0; 1024];
    loop {
        match stream.try_read(&mut answer) {
            Ok(0) => return false,
            Ok(_) => {}
            Err(error) => return error.kind() == ErrorKind::WouldBlock,
        }
    }
}

/// The file, opened for its end. A line that a crash has cut is ended first, so that the next one is whole.
fn appended(path: &PathBuf) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).append(true).create(true);
    // Events say who did what. Who forwards them is of the file's group.
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o640);
    let mut file = options.open(path)?;
    if file.metadata()?.len() > 0 && file.metadata()?.is_file() {
        let mut last = [0];
        file.seek(SeekFrom::End(-1))?;
        file.read_exact(&mut last)?;
        if last != *b"\n" {
            file.write_all(b"\n")?;
        }
    }
    Ok(file)
}
