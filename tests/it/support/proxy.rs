//! A line between a node and its PostgreSQL that can fail without disturbing anybody else's.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};

/// The line. Starts whole; falls with everything on it when it is dropped.
pub struct Proxy {
    address: SocketAddr,
    line: Arc<Line>,
}

#[derive(Default)]
struct Line {
    now: Mutex<Now>,
    changed: Condvar,
}

#[derive(Default)]
struct Now {
    state: State,
    /// Connections of an earlier era are dead: what comes over them is swallowed.
    era: u64,
    /// NOTIFY does not come through.
    deaf: bool,
    sockets: Vec<TcpStream>,
    over: bool,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum State {
    #[default]
    Whole,
    /// Nothing moves; everything does afterwards. A frozen server looks like this.
    Frozen,
    /// Connections are reset, new ones refused. A killed server looks like this.
    Cut,
    /// Connections are never heard of again, and new ones get no answer. A lost power supply looks like this.
    Dead,
}

impl Proxy {
    /// A line to the server of this address.
    pub fn to(url: &str) -> Self {
        let server: SocketAddr = host(url).parse().expect("an address with a number");
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address");
        let line = Arc::new(Line::default());
        let accepting = line.clone();
        std::thread::spawn(move || accepting.accept(&listener, server));
        Self { address, line }
    }

    /// The same database over this line. Unencrypted, as the line looks into the messages.
    pub fn url(&self, url: &str) -> String {
        let through = url.replace(host(url), &self.address.to_string());
        format!("{through}?sslmode=disable&gssencmode=disable")
    }

    pub fn freeze(&self) {
        self.set(|now| now.state = State::Frozen);
    }

    pub fn cut(&self) {
        self.set(|now| {
            now.state = State::Cut;
            now.close();
        });
    }

    pub fn kill(&self) {
        self.set(|now| {
            now.state = State::Dead;
            now.era += 1;
        });
    }

    /// The line is whole again, for what is not dead.
    pub fn mend(&self) {
        self.set(|now| now.state = State::Whole);
    }

    /// No NOTIFY comes through any more.
    pub fn deafen(&self) {
        self.set(|now| now.deaf = true);
    }

    fn set(&self, change: impl FnOnce(&mut Now)) {
        change(&mut self.line.now.lock().expect("no panic"));
        self.line.changed.notify_all();
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.set(|now| {
            now.over = true;
            now.close();
        });
        // Wakes the thread that accepts.
        drop(TcpStream::connect(self.address));
    }
}

impl Now {
    fn close(&mut self) {
        for socket in self.sockets.drain(..) {
            // Closed already is as good.
            let _ = socket.shutdown(Shutdown::Both);
        }
    }
}

impl Line {
    fn accept(self: Arc<Self>, listener: &TcpListener, server: SocketAddr) {
        for client in listener.incoming() {
            let Ok(client) = client else { continue };
            let mut now = self.now.lock().expect("no panic");
            if now.over {
                return;
            }
            if now.state == State::Cut {
                continue;
            }
            let Ok(server) = TcpStream::connect(server) else {
                continue;
            };
            for socket in [&client, &server] {
                socket.set_nodelay(true).expect("a socket");
                now.sockets.push(socket.try_clone().expect("a socket"));
            }
            // Made while the line is dead, it never carries anything.
            let era = match now.state {
                State::Dead => u64::MAX,
                State::Whole | State::Frozen | State::Cut => now.era,
            };
            drop(now);
            let back = (
                server.try_clone().expect("a socket"),
                client.try_clone().expect("a socket"),
            );
            let (there, here) = (self.clone(), self.clone());
            std::thread::spawn(move || there.carry(client, server, era, None));
            std::thread::spawn(move || here.carry(back.0, back.1, era, Some(Messages::default())));
        }
    }

    /// Carries bytes one way until an end is closed.
    fn carry(
        &self,
        mut from: TcpStream,
        mut to: TcpStream,
        era: u64,
        mut messages: Option<Messages>,
    ) {
        let mut buffer = [0; 16_384];
        while let Ok(length @ 1..) = from.read(&mut buffer) {
            let mut now = self.now.lock().expect("no panic");
            while now.state == State::Frozen && now.era == era && !now.over {
                now = self.changed.wait(now).expect("no panic");
            }
            let (dead, deaf) = (now.era != era, now.deaf);
            drop(now);
            if dead {
                continue;
            }
            let sent = match &mut messages {
                None => to.write_all(&buffer[..length]),
                Some(messages) => to.write_all(&messages.pass(&buffer[..length], deaf)),
            };
            if sent.is_err() {
                break;
            }
        }
        for socket in [from, to] {
            // Closed already is as good.
            let _ = socket.shutdown(Shutdown::Both);
        }
    }
}

/// What a PostgreSQL server says, taken apart into messages: a letter, a length that counts itself, and the content.
#[derive(Default)]
struct Messages(Vec<u8>);

impl Messages {
    fn pass(&mut self, bytes: &[u8], deaf: bool) -> Vec<u8> {
        self.0.extend_from_slice(bytes);
        let (mut passed, mut at) = (Vec::new(), 0);
        while let Some((head, _)) = self.0[at..].split_first_chunk::<5>() {
            let length = u32::from_be_bytes([head[1], head[2], head[3], head[4]]) as usize;
            let Some(message) = self.0.get(at..at + 1 + length) else {
                break;
            };
            // `A` is a NotificationResponse.
            if !(deaf && message[0] == b'A') {
                passed.extend_from_slice(message);
            }
            at += 1 + length;
        }
        self.0.drain(..at);
        passed
    }
}

fn host(url: &str) -> &str {
    let after = url.rsplit_once('@').expect("an address with a user").1;
    after.split('/').next().expect("there is a first part")
}
