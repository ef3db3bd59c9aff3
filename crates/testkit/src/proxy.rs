//! A proxy between two programs, which a test can make slow, or turn into a black hole: packets go in, and nothing comes out.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// A proxy on a loopback port. It is gone when it is dropped.
pub struct Proxy {
    address: SocketAddr,
    open: watch::Sender<bool>,
    delay: watch::Sender<Duration>,
    task: JoinHandle<()>,
}

impl Proxy {
    /// A proxy to the port `to` of this machine, open.
    pub async fn to(to: u16) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (open, is_open) = watch::channel(true);
        let (delay, delayed) = watch::channel(Duration::ZERO);
        let task = tokio::spawn(async move {
            let mut connections = tokio::task::JoinSet::new();
            while let Ok((client, _)) = listener.accept().await {
                connections.spawn(carry(client, to, is_open.clone(), delayed.clone()));
            }
        });
        Self { address, open, delay, task }
    }

    /// Its port.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.address.port()
    }

    /// From now on it swallows everything, on new connections and on those that there are.
    pub fn swallow(&self) {
        self.open.send_replace(false);
    }

    /// From now on whatever comes, from either side, waits so long before it is passed on.
    pub fn delay(&self, delay: Duration) {
        self.delay.send_replace(delay);
    }

    /// From now on new connections are carried again. Those that fell into the hole stay there.
    pub fn open(&self) {
        self.open.send_replace(true);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn carry(client: TcpStream, to: u16, mut open: watch::Receiver<bool>, delay: watch::Receiver<Duration>) {
    // Dropped, they would be closed.
    let (mut from_client, mut to_client) = client.into_split();
    if *open.borrow() {
        let (mut from_server, mut to_server) = TcpStream::connect((Ipv4Addr::LOCALHOST, to)).await.unwrap().into_split();
        let both = async {
            let there = pass_on(&mut from_client, &mut to_server, delay.clone());
            tokio::try_join!(there, pass_on(&mut from_server, &mut to_client, delay.clone()))
        };
        tokio::select! {
            _ = both => return,
            _ = open.wait_for(|open| !open) => {}
        }
    }
    // Held open, and never answered.
    std::future::pending::<()>().await;
}

/// Passes on what comes until there is no more.
async fn pass_on(from: &mut (impl AsyncRead + Unpin), to: &mut (impl AsyncWrite + Unpin), delay: watch::Receiver<Duration>) -> io::Result<()> {
    let mut buffer = vec![0; 16 * 1024];
    loop {
        let read = from.read(&mut buffer).await?;
        if read == 0 {
            return to.shutdown().await;
        }
        let delay = *delay.borrow();
        if !delay.is_zero() {
            tokio::time::sleep(delay).await;
        }
        to.write_all(&buffer[..read]).await?;
    }
}
