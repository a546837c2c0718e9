//! A dependency: it exports an interface of its own, and has no handler. Its words are in
//! the environment, which it has of the component that it is composed with.
#![allow(
    unsafe_code,
    unreachable_pub,
    unused_qualifications,
    reason = "the macro writes its exports out"
)]

mod words;
