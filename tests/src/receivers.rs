//! Servers on the loopback that notices are delivered to, and that misbehave as they are told.

use serde_json::Value;
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// What a web server does with a request, after it has read all of it.
#[derive(Clone, Debug)]
pub enum Answer {
    /// This status.
    Status(u16),
    /// This status, and the seconds of `retry-after`.
    Later(u16, u32),
    /// Two answers to one request.
    Twice(u16, u16),
    /// Nothing, as long as the client waits.
    Hang,
    /// Closes the connection.
    Close,
}

/// A request that has arrived.
#[derive(Clone, Debug)]
pub struct Request {
    /// Its headers, with names in lower case.
    pub headers: HashMap<String, String>,
    /// Its body.
    pub body: String,
}

impl Request {
    /// The id of the notice.
    pub fn id(&self) -> &str {
        &self.headers["webhook-id"]
    }

    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).expect("a body of JSON")
    }
}

/// A web server. It answers as it is told, in order, and then always with 204.
pub struct Web {
    /// Its URL.
    pub url: String,
    /// The requests, as they arrive.
    pub arrived: UnboundedReceiver<Request>,
    answers: Arc<Mutex<VecDeque<Answer>>>,
}

impl Web {
    /// Starts one.
    pub async fn start(answers: &[Answer]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}/awgp", listener.local_addr().expect("an address"));
        let answers: Arc<Mutex<VecDeque<Answer>>> = Arc::new(Mutex::new(answers.iter().cloned().collect()));
        let (send, arrived) = unbounded_channel();
        let told = answers.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(request(stream, told.clone(), send.clone()));
            }
        });
        Self { url, arrived, answers }
    }

    /// Tells it how to answer the next requests.
    pub fn answer(&self, answers: &[Answer]) {
        self.answers.lock().expect("no panic").extend(answers.iter().cloned());
    }

    /// The requests that have arrived since the last call.
    pub fn taken(&mut self) -> Vec<Request> {
        std::iter::from_fn(|| self.arrived.try_recv().ok()).collect()
    }
}

async fn request(
    stream: TcpStream,
    answers: Arc<Mutex<VecDeque<Answer>>>,
    arrived: UnboundedSender<Request>,
) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    let mut headers = HashMap::new();
    let mut line = String::new();
    stream.read_line(&mut line).await?;
    loop {
        line.clear();
        stream.read_line(&mut line).await?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    let length = headers.get("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await?;
    let answer = answers.lock().expect("no panic").pop_front().unwrap_or(Answer::Status(204));
    let _ = arrived.send(Request { headers, body: String::from_utf8_lossy(&body).into_owned() });
    let line = |status: u16, more: &str| format!("HTTP/1.1 {status} Said\r\ncontent-length: 0\r\n{more}\r\n");
    let text = match answer {
        Answer::Status(status) => line(status, ""),
        Answer::Later(status, seconds) => line(status, &format!("retry-after: {seconds}\r\n")),
        Answer::Twice(first, second) => line(first, "") + &line(second, ""),
        Answer::Close => return Ok(()),
        Answer::Hang => {
            // Until the client gives up.
            let mut rest = Vec::new();
            stream.read_to_end(&mut rest).await?;
            return Ok(());
        }
    };
    stream.write_all(text.as_bytes()).await?;
    // The connection stays open, as a server's does: the client says when it has enough.
    let mut rest = Vec::new();
    stream.read_to_end(&mut rest).await?;
    Ok(())
}

/// What a mail server does with a message.
#[derive(Clone, Copy, Debug)]
pub enum Post {
    /// Takes it.
    Take,
    /// Takes it, and says so twice.
    TakeTwice,
    /// Refuses the recipient with this code.
    Refuse(u16),
    /// Says nothing after the message, as long as the client waits.
    Hang,
}

/// A mail server without TLS. It does as it is told, in order, and then takes every message.
pub struct Smtp {
    /// Its port.
    pub port: u16,
    /// The messages that it has read whole, as they arrive.
    pub arrived: UnboundedReceiver<String>,
    /// Every command that it was given.
    pub commands: Arc<Mutex<Vec<String>>>,
}

impl Smtp {
    /// Starts one.
    pub async fn start(posts: &[Post]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let posts: Arc<Mutex<VecDeque<Post>>> = Arc::new(Mutex::new(posts.iter().copied().collect()));
        let commands: Arc<Mutex<Vec<String>>> = Arc::default();
        let (send, arrived) = unbounded_channel();
        let heard = commands.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(post(stream, posts.clone(), heard.clone(), send.clone()));
            }
        });
        Self { port, arrived, commands }
    }

    /// The messages that have arrived since the last call.
    pub fn taken(&mut self) -> Vec<String> {
        std::iter::from_fn(|| self.arrived.try_recv().ok()).collect()
    }
}

async fn post(
    stream: TcpStream,
    posts: Arc<Mutex<VecDeque<Post>>>,
    commands: Arc<Mutex<Vec<String>>>,
    arrived: UnboundedSender<String>,
) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    stream.write_all(b"220 loopback ESMTP\r\n").await?;
    let mut does = Post::Take;
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await? == 0 {
            return Ok(());
        }
        commands.lock().expect("no panic").push(line.trim_end().to_owned());
        let verb = line.split_whitespace().next().unwrap_or_default().to_ascii_uppercase();
        let said = match verb.as_str() {
            "MAIL" => {
                does = posts.lock().expect("no panic").pop_front().unwrap_or(Post::Take);
                "250 ok\r\n".to_owned()
            }
            "RCPT" => match does {
                Post::Refuse(code) => format!("{code} no\r\n"),
                _ => "250 ok\r\n".to_owned(),
            },
            "DATA" => {
                stream.write_all(b"354 go on\r\n").await?;
                let mut message = String::new();
                while !message.ends_with("\r\n.\r\n") {
                    if stream.read_line(&mut message).await? == 0 {
                        return Ok(());
                    }
                }
                let _ = arrived.send(message);
                match does {
                    Post::Hang => {
                        let mut rest = Vec::new();
                        stream.read_to_end(&mut rest).await?;
                        return Ok(());
                    }
                    Post::TakeTwice => "250 taken\r\n250 taken\r\n".to_owned(),
                    _ => "250 taken\r\n".to_owned(),
                }
            }
            "QUIT" => {
                stream.write_all(b"221 bye\r\n").await?;
                return Ok(());
            }
            _ => "250 loopback\r\n".to_owned(),
        };
        stream.write_all(said.as_bytes()).await?;
    }
}
