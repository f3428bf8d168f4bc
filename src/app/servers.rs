//! The two servers around a node: the API, and the metrics on a port of their own.

use std::io;
use std::net::TcpListener;
use std::rc::Rc;
use std::time::Duration;

use actix_http::{HttpService, KeepAlive};
use actix_service::{ServiceFactoryExt, fn_service, map_config};
use actix_web::dev::{AppConfig, Server};
use actix_web::middleware::from_fn;
use actix_web::rt::net::TcpStream;
use actix_web::web::Data;
use actix_web::{App, HttpResponse, HttpServer, web};

use crate::http::connection::Connection;
use crate::http::direct::Direct;
use crate::http::envelope::envelope;
use crate::http::limits::HEAD_PATIENCE;
use crate::http::routes;
use crate::http::state::{Remembered, Shared};
use crate::http::worded::Worded;

/// How the API is served.
pub struct Serving {
    /// Where it listens.
    pub listener: TcpListener,
    /// Threads.
    pub workers: usize,
    /// Connections at once.
    pub connections_max: usize,
    /// How long a connection may be open without an answer on it.
    pub patience: Duration,
    /// How long requests under way may take to end when it is stopped.
    pub drain: Duration,
}

/// The API server over a node. Runs when awaited, until its handle stops it.
pub fn api(shared: Data<Shared>, serving: Serving) -> std::io::Result<Server> {
    let Serving {
        listener,
        workers,
        connections_max,
        patience,
        drain,
    } = serving;
    let builder = Server::build()
        .workers(workers.max(1))
        .max_concurrent_connections((connections_max / workers.max(1)).max(1))
        .shutdown_timeout(drain.as_secs())
        .disable_signals();
    let stopping = builder.graceful_shutdown_signal();
    let serve = move || {
        let remembered = Rc::new(Remembered::default());
        let app = App::new()
            .app_data(shared.clone())
            .app_data(remembered.clone())
            .wrap(from_fn(envelope))
            .configure(routes::configure);
        let direct = Rc::new(Direct::new(shared.clone(), remembered));
        let on_stop = stopping.clone();
        let http = HttpService::build()
            .client_request_timeout(HEAD_PATIENCE)
            .client_disconnect_timeout(Duration::from_secs(2))
            // A timer of its own for each request costs more than it is worth: the connection bears its own idleness.
            .keep_alive(KeepAlive::Os)
            .graceful_shutdown_signal(move || {
                let on_stop = on_stop.clone();
                async move { on_stop.notified().await }
            })
            .h1(map_config(app, |()| AppConfig::default()));
        let (stopping, shared) = (stopping.clone(), shared.clone());
        fn_service(move |stream: TcpStream| {
            let (direct, stopping) = (direct.clone(), stopping.clone());
            let shared = shared.clone();
            async move {
                let peer = stream.peer_addr().ok();
                // An answer must not wait for the other side to acknowledge the one before.
                stream.set_nodelay(true)?;
                let connection = Connection::new(stream, patience);
                match direct.serve(connection, stopping.notified()).await {
                    Ok(Some(connection)) => Ok((Worded::new(connection, shared), peer)),
                    Ok(None) => Err(io::Error::from(io::ErrorKind::ConnectionAborted).into()),
                    Err(error) => Err(error.into()),
                }
            }
        })
        .and_then(http)
    };
    Ok(builder.listen("api", listener, serve)?.run())
}

/// The metrics server.
pub fn metrics(shared: Data<Shared>, listener: TcpListener) -> std::io::Result<Server> {
    let server = HttpServer::new(move || {
        App::new()
            .app_data(shared.clone())
            .route("/metrics", web::get().to(scrape))
            .default_service(web::to(nothing_else))
    })
    .workers(1)
    .shutdown_timeout(1)
    .disable_signals()
    .listen(listener)?;
    Ok(server.run())
}

async fn scrape(shared: Data<Shared>) -> HttpResponse {
    let text = shared.metrics.render(&shared.services);
    HttpResponse::Ok()
        .content_type("text/plain; version=0.0.4")
        .body(text)
}

async fn nothing_else() -> HttpResponse {
    HttpResponse::NotFound()
        .content_type("text/plain")
        .body("There is only GET /metrics here.\n")
}
