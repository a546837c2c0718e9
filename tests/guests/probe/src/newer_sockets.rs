//! Sockets of `wasi:sockets` 0.3, which the standard library does not ask for here.

use std::fmt::Debug;

use wasip3::sockets::ip_name_lookup::resolve_addresses;
use wasip3::sockets::types::{
    IpAddress, IpAddressFamily, IpSocketAddress, Ipv4SocketAddress, TcpSocket, UdpSocket,
};
use wasip3::wit_stream;

use crate::Outcome;

/// Sends a text to a server by TCP, and answers with all that it says until it hangs up.
pub(crate) async fn tcp(server: &str, said: &str) -> Outcome {
    let server = find(server).await?;
    let socket = TcpSocket::create(IpAddressFamily::Ipv4).map_err(words)?;
    socket.connect(server).await.map_err(words)?;
    let (mut saying, stream) = wit_stream::new();
    let sent = socket.send(stream);
    let unsaid = saying.write_all(said.as_bytes().to_vec()).await;
    drop(saying);
    sent.await.map_err(words)?;
    if !unsaid.is_empty() {
        return Err("the server did not hear it all".to_owned());
    }
    let (hearing, ended) = socket.receive();
    let heard = hearing.collect().await;
    ended.await.map_err(words)?;
    String::from_utf8(heard).map_err(words)
}

/// Sends a datagram, and answers with the next that comes.
pub(crate) async fn udp(server: &str, said: &str) -> Outcome {
    let server = find(server).await?;
    let socket = UdpSocket::create(IpAddressFamily::Ipv4).map_err(words)?;
    let sent = socket.send(said.as_bytes().to_vec(), Some(server)).await;
    sent.map_err(words)?;
    let (heard, _) = socket.receive().await.map_err(words)?;
    String::from_utf8(heard).map_err(words)
}

pub(crate) async fn listen(address: &str) -> Outcome {
    let address = find(address).await?;
    let socket = TcpSocket::create(IpAddressFamily::Ipv4).map_err(words)?;
    socket.bind(address).map_err(words)?;
    socket.listen().map_err(words)?;
    Ok(format!("{:?}", socket.get_local_address()))
}

/// Opens as many sockets at once as there may be, and answers with how many there were.
pub(crate) fn hold() -> Outcome {
    let mut held = Vec::new();
    while let Ok(socket) = UdpSocket::create(IpAddressFamily::Ipv4) {
        held.push(socket);
        if held.len() > 1000 {
            return Err("there is no end to them".to_owned());
        }
    }
    Ok(held.len().to_string())
}

/// The first address of `host:port` that is one of IPv4.
async fn find(server: &str) -> Result<IpSocketAddress, String> {
    let (host, port) = server.rsplit_once(':').ok_or("there is no port")?;
    let port = port.parse::<u16>().map_err(words)?;
    let found = resolve_addresses(host.to_owned()).await.map_err(words)?;
    let mut found = found.into_iter().filter_map(|address| match address {
        IpAddress::Ipv4(address) => Some(Ipv4SocketAddress { port, address }),
        IpAddress::Ipv6(_) => None,
    });
    let address = found.next().ok_or("the name has no address of IPv4")?;
    Ok(IpSocketAddress::Ipv4(address))
}

fn words(error: impl Debug) -> String {
    format!("{error:?}")
}
