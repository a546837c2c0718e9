//! Where a server is, and as whom it is spoken to.

use std::fmt;

use redis::{ConnectionAddr, IntoConnectionInfo as _, ProtocolVersion, RedisConnectionInfo};

use crate::Error;

/// A server's address. Its `Debug` and `Display` are `host:port`: there is a password in
/// the rest.
#[derive(Clone)]
pub struct Address {
    host: String,
    port: u16,
    tls: bool,
    settings: RedisConnectionInfo,
}

impl Address {
    /// Reads `redis://[user:password@]host[:port][/database]`, or the same with
    /// `rediss://`, which is TLS. The port is 6379 where it is left out.
    ///
    /// # Errors
    ///
    /// [`Error::Address`], which never repeats the text.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let (tls, rest) = match text.split_once("://") {
            Some(("redis", rest)) => (false, rest),
            Some(("rediss", rest)) => (true, rest),
            _ => {
                let reason = "it does not begin with `redis://` or `rediss://`";
                return Err(Error::Address(reason.to_owned()));
            }
        };
        // TLS is made here, so that the library need not know of it.
        let info = format!("redis://{rest}")
            .into_connection_info()
            .map_err(|error| Error::Address(error.to_string()))?;
        let ConnectionAddr::Tcp(host, port) = info.addr() else {
            return Err(Error::Address("it names no host".to_owned()));
        };
        if host.is_empty() {
            return Err(Error::Address("it names no host".to_owned()));
        }
        let settings = info.redis_settings().clone();
        Ok(Self {
            host: host.clone(),
            port: *port,
            tls,
            // What a server of before version 7.2 does not know would only be refused.
            settings: settings
                .set_protocol(ProtocolVersion::RESP2)
                .set_skip_set_lib_name(),
        })
    }

    /// `redis`, or `rediss` for TLS.
    pub fn scheme(&self) -> &'static str {
        match self.tls {
            true => "rediss",
            false => "redis",
        }
    }

    /// The host, an IPv6 address without brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port.
    pub fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn has_tls(&self) -> bool {
        self.tls
    }

    pub(crate) fn settings(&self) -> &RedisConnectionInfo {
        &self.settings
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.host.contains(':') {
            true => write!(f, "[{}]:{}", self.host, self.port),
            false => write!(f, "{}:{}", self.host, self.port),
        }
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Address({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_says_where_and_as_whom() {
        let address = Address::parse("redis://ada:hunter2@cache.example.com:6380/3").unwrap();
        assert_eq!((address.scheme(), address.port()), ("redis", 6380));
        assert_eq!(address.host(), "cache.example.com");
        assert_eq!(address.settings().username(), Some("ada"));
        assert_eq!(address.settings().password(), Some("hunter2"));
        assert_eq!(address.settings().db(), 3);
        assert_eq!(format!("{address:?}"), "Address(cache.example.com:6380)");
    }

    #[test]
    fn everything_but_the_host_may_be_left_out() {
        let address = Address::parse("rediss://[::1]").unwrap();
        assert_eq!((address.scheme(), address.host()), ("rediss", "::1"));
        assert_eq!(address.to_string(), "[::1]:6379");
        assert_eq!(address.settings().password(), None);
    }

    #[test]
    fn what_is_no_address_is_refused_without_being_repeated() {
        for text in [
            "",
            "localhost:6379",
            "postgres://hunter2@localhost",
            "redis://",
            "redis://:hunter2@localhost/nine",
            "unix:///hunter2",
        ] {
            let error = Address::parse(text).unwrap_err().to_string();
            assert!(!error.contains("hunter2"), "{error}");
        }
    }
}
