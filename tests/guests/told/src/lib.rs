//! A WASI 0.2 component for Spin's Redis trigger. It prints what it is told, in numbers,
//! and fails when that is `fail`.
#![allow(
    unsafe_code,
    unreachable_pub,
    unused_qualifications,
    clippy::needless_pass_by_value,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "the macro of this line of the kit writes its exports out, and prints errors; what \
              is printed is what the test reads"
)]

use spin_sdk::redis_component;

#[redis_component]
fn on_message(message: Vec<u8>) -> Result<(), String> {
    if message == b"fail" {
        return Err("as asked".to_owned());
    }
    println!("told {message:?}");
    Ok(())
}
