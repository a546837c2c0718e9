//! A component for Spin's cron plugin. It says when it was called, and fails when its
//! environment has `FAIL`.
#![expect(
    unsafe_code,
    clippy::print_stdout,
    reason = "the macro writes its exports out; what it prints is what the test reads"
)]

mod tick;
