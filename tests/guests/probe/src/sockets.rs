//! Sockets of `wasi:sockets` 0.2, as the interface has them: not every toolchain's standard
//! library has any.

use std::fmt::Debug;

use wasip2::io::streams::StreamError;
use wasip2::sockets::instance_network::instance_network;
use wasip2::sockets::ip_name_lookup::resolve_addresses;
use wasip2::sockets::network::{
    ErrorCode, IpAddress, IpAddressFamily, IpSocketAddress, Ipv4SocketAddress,
};
use wasip2::sockets::tcp::{ShutdownType, TcpSocket};
use wasip2::sockets::tcp_create_socket::create_tcp_socket;
use wasip2::sockets::udp::{OutgoingDatagram, UdpSocket};
use wasip2::sockets::udp_create_socket::create_udp_socket;

use crate::Outcome;

/// Bytes that are read at once.
const PART: u64 = 4096;

/// Sends a text to a server by TCP, and answers with all that it says until it hangs up.
pub(crate) fn tcp(server: &str, said: &str) -> Outcome {
    let server = find(server)?;
    let socket = create_tcp_socket(IpAddressFamily::Ipv4).map_err(words)?;
    socket
        .start_connect(&instance_network(), server)
        .map_err(words)?;
    let (hearing, saying) = ready(&socket, TcpSocket::subscribe, TcpSocket::finish_connect)?;
    saying
        .blocking_write_and_flush(said.as_bytes())
        .map_err(words)?;
    socket.shutdown(ShutdownType::Send).map_err(words)?;
    let mut heard = Vec::new();
    loop {
        match hearing.blocking_read(PART) {
            Ok(part) => heard.extend(part),
            Err(StreamError::Closed) => return String::from_utf8(heard).map_err(words),
            Err(error) => return Err(words(error)),
        }
    }
}

/// Sends a datagram, and answers with the next that comes.
pub(crate) fn udp(server: &str, said: &str) -> Outcome {
    let server = find(server)?;
    let socket = bound_udp("0.0.0.0:0")?;
    let (hearing, saying) = socket.stream(None).map_err(words)?;
    let datagram = OutgoingDatagram {
        data: said.as_bytes().to_vec(),
        remote_address: Some(server),
    };
    while saying.check_send().map_err(words)? == 0 {
        saying.subscribe().block();
    }
    saying.send(&[datagram]).map_err(words)?;
    loop {
        let heard = hearing.receive(1).map_err(words)?;
        if let Some(datagram) = heard.into_iter().next() {
            return String::from_utf8(datagram.data).map_err(words);
        }
        hearing.subscribe().block();
    }
}

pub(crate) fn listen(address: &str) -> Outcome {
    let address = find(address)?;
    let socket = create_tcp_socket(IpAddressFamily::Ipv4).map_err(words)?;
    socket
        .start_bind(&instance_network(), address)
        .map_err(words)?;
    ready(&socket, TcpSocket::subscribe, TcpSocket::finish_bind)?;
    socket.start_listen().map_err(words)?;
    ready(&socket, TcpSocket::subscribe, TcpSocket::finish_listen)?;
    Ok(format!("{:?}", socket.local_address()))
}

pub(crate) fn bind(address: &str) -> Outcome {
    let socket = bound_udp(address)?;
    Ok(format!("{:?}", socket.local_address()))
}

/// Opens as many sockets at once as there may be, and one more after they are closed.
/// Answers with how many there were.
pub(crate) fn hold(address: &str) -> Outcome {
    let mut held = Vec::new();
    while let Ok(socket) = bound_udp(address) {
        held.push(socket);
        if held.len() > 1000 {
            return Err("there is no end to them".to_owned());
        }
    }
    let count = held.len();
    drop(held);
    bound_udp(address)?;
    Ok(count.to_string())
}

fn bound_udp(address: &str) -> Result<UdpSocket, String> {
    let address = find(address)?;
    let socket = create_udp_socket(IpAddressFamily::Ipv4).map_err(words)?;
    socket
        .start_bind(&instance_network(), address)
        .map_err(words)?;
    ready(&socket, UdpSocket::subscribe, UdpSocket::finish_bind)?;
    Ok(socket)
}

/// Finishes what was begun, once it can be.
fn ready<S, T>(
    socket: &S,
    subscribe: impl Fn(&S) -> wasip2::io::poll::Pollable,
    finish: impl Fn(&S) -> Result<T, ErrorCode>,
) -> Result<T, String> {
    loop {
        match finish(socket) {
            Err(ErrorCode::WouldBlock) => subscribe(socket).block(),
            finished => return finished.map_err(words),
        }
    }
}

/// The first address of `host:port` that is one of IPv4.
fn find(server: &str) -> Result<IpSocketAddress, String> {
    let (host, port) = server.rsplit_once(':').ok_or("there is no port")?;
    let port = port.parse::<u16>().map_err(words)?;
    let found = resolve_addresses(&instance_network(), host).map_err(words)?;
    loop {
        match found.resolve_next_address() {
            Ok(Some(IpAddress::Ipv4(address))) => {
                return Ok(IpSocketAddress::Ipv4(Ipv4SocketAddress { port, address }));
            }
            Ok(Some(IpAddress::Ipv6(_))) => {}
            Ok(None) => return Err("the name has no address of IPv4".to_owned()),
            Err(ErrorCode::WouldBlock) => found.subscribe().block(),
            Err(error) => return Err(words(error)),
        }
    }
}

fn words(error: impl Debug) -> String {
    format!("{error:?}")
}
