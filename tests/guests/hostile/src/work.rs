//! What costs time, memory and patience.

use std::hint::black_box;

use bytes::Buf;
use http_body::Body;
use spin_sdk::http::{Error, Request};

/// Runs for ever.
pub(crate) fn endless() -> ! {
    let mut x = 0u64;
    loop {
        x = black_box(x.wrapping_add(1));
    }
}

/// Ends the whole instance, as a program would.
#[expect(
    clippy::disallowed_methods,
    reason = "what it does to the host is the question"
)]
pub(crate) fn exit() -> ! {
    std::process::exit(3)
}

/// Goes around `times` times.
pub(crate) fn burn(times: u64) -> u64 {
    (0..times).fold(1, |x, n| black_box(x.wrapping_mul(31).wrapping_add(n)))
}

/// Calls itself `depth` times.
pub(crate) fn recurse(depth: u64) -> u64 {
    let room = black_box([depth; 64]);
    if depth == 0 {
        0
    } else {
        recurse(depth - 1).wrapping_add(room[0])
    }
}

/// Fills `mebibytes` of memory.
pub(crate) fn fill(mebibytes: u64) -> usize {
    let mut kept: Vec<Vec<u8>> = Vec::new();
    for _ in 0..mebibytes {
        kept.push(black_box(vec![1; 1 << 20]));
    }
    kept.len()
}

/// Prints `lines` lines, one of them endless, on both streams.
#[expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "this is what it is for"
)]
pub(crate) fn print(lines: u64) {
    for line in 0..lines {
        println!("line {line} of {lines}");
    }
    eprintln!("a complaint");
    print!("{}", "without an end ".repeat(2000));
}

/// Reads the body, and answers its length.
pub(crate) async fn measure(request: Request) -> Result<String, Error> {
    let mut body = std::pin::pin!(request.into_body());
    let mut length = 0;
    while let Some(frame) = std::future::poll_fn(|cx| body.as_mut().poll_frame(cx)).await {
        length += frame?.data_ref().map_or(0, Buf::remaining);
    }
    Ok(length.to_string())
}
