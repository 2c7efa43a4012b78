use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use socket2::{Domain, Socket, Type};

/// A port that does not answer a connect at all, neither yes nor no: for connect timeouts.
///
/// Its queue of one is full and nobody accepts, so the kernel drops what else comes. Linux does
/// that; other systems may refuse instead.
pub struct BlackHole {
    address: SocketAddr,
    _sockets: Vec<Socket>,
}

impl BlackHole {
    pub fn start() -> io::Result<BlackHole> {
        let listener = Socket::new(Domain::IPV4, Type::STREAM, None)?;
        listener.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into())?;
        listener.listen(0)?;
        let local = listener.local_addr()?;
        let address = local.as_socket().ok_or_else(|| io::Error::other("the listener has no address"))?;
        let mut sockets = vec![listener];
        for _ in 0..4 {
            let filler = Socket::new(Domain::IPV4, Type::STREAM, None)?;
            filler.set_nonblocking(true)?;
            // In progress is the expected answer, and for all but the first it stays so.
            let _ = filler.connect(&local);
            sockets.push(filler);
        }
        Ok(BlackHole { address, _sockets: sockets })
    }

    pub fn port(&self) -> u16 {
        self.address.port()
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }
}
