//! A proxy between two programs, which a test can turn into a black hole: packets go in, and nothing comes out.

use std::net::{Ipv4Addr, SocketAddr};

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// A proxy on a loopback port. It is gone when it is dropped.
pub struct Proxy {
    address: SocketAddr,
    open: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Proxy {
    /// A proxy to the port `to` of this machine, open.
    pub async fn to(to: u16) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (open, is_open) = watch::channel(true);
        let task = tokio::spawn(async move {
            let mut connections = tokio::task::JoinSet::new();
            while let Ok((client, _)) = listener.accept().await {
                connections.spawn(carry(client, to, is_open.clone()));
            }
        });
        Self { address, open, task }
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

async fn carry(mut client: TcpStream, to: u16, mut open: watch::Receiver<bool>) {
    if *open.borrow() {
        let mut server = TcpStream::connect((Ipv4Addr::LOCALHOST, to)).await.unwrap();
        tokio::select! {
            _ = tokio::io::copy_bidirectional(&mut client, &mut server) => return,
            _ = open.wait_for(|open| !open) => {}
        }
    }
    // Held open, and never answered.
    std::future::pending::<()>().await;
}
