//! HTTP, from the socket to a router, with bounds on everything that a client decides.

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulConnection, GracefulShutdown};
use hyper_util::service::TowerToHyperService;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

/// The headers of a request have so many bytes at most: a token takes 16 KiB of them at most, two of a
/// browser's cookies half of them.
const MOST_OF_HEADERS: usize = 32 << 10;
/// So long a client may take for the headers of a request, and a connection may be silent between two.
const HEADERS_WITHIN: Duration = Duration::from_secs(20);
/// So long requests that are under way may take when the program is ended.
const ENDING_WITHIN: Duration = Duration::from_secs(10);

/// Serves so many connections at a time at most, until the program is told to end. What is under way is
/// finished.
pub async fn serve(listener: &TcpListener, router: &Router, most: usize, ended: impl Future<Output = ()>) {
    let (free, served) = (Arc::new(Semaphore::new(most)), GracefulShutdown::new());
    tokio::pin!(ended);
    loop {
        let next = async {
            let permit = free.clone().acquire_owned().await;
            (permit, listener.accept().await)
        };
        tokio::select! {
            () = &mut ended => break,
            (permit, accepted) = next => match accepted {
                Ok((stream, address)) => {
                    let connection = served.watch(connection(stream, address, router.clone()));
                    tokio::spawn(async move {
                        // What goes wrong on a connection is its client's.
                        let _ = connection.await;
                        drop(permit);
                    });
                }
                // Such as too many open files: until others are closed.
                Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
            },
        }
    }
    let _ = tokio::time::timeout(ENDING_WITHIN, served.shutdown()).await;
}

fn connection(
    stream: TcpStream,
    address: SocketAddr,
    router: Router,
) -> impl GracefulConnection<Error = hyper::Error> {
    let router = TowerToHyperService::new(router);
    let service = service_fn(move |request: Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(address));
        router.call(request)
    });
    http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADERS_WITHIN)
        .max_buf_size(MOST_OF_HEADERS)
        .serve_connection(TokioIo::new(stream), service)
}
