//! The address of a server, as functions give it: `mysql://user:password@host:port/database`.

use mysql_async::{Opts, OptsBuilder, SslOpts, UrlError};

/// Bytes of one packet, and so of one row.
const PACKET: usize = 64 << 20;

/// Seconds. Only the driver's own pool looks at it, which is not used; one that is given
/// here is not asked of the server.
const WAIT_TIMEOUT: usize = 28_800;

/// Reads an address. The error is for the guest, and repeats nothing of the address.
///
/// Beyond the driver's own parameters this takes MySQL's `ssl-mode`. `REQUIRED` is
/// `VERIFY_IDENTITY` here: encryption to somebody unknown protects little. `PREFERRED`,
/// which promises nothing, is `DISABLED`. However TLS is asked for, who is believed is the
/// same.
pub(super) fn parse(address: &str) -> Result<Opts, String> {
    let (address, verified) = without_mode(address)?;
    let opts = Opts::from_url(&address).map_err(|error| reason(&error))?;
    if opts.socket().is_some() {
        return Err("functions reach MySQL by TCP: leave `socket` out of the address".to_owned());
    }
    let asked = match verified {
        true => Some(SslOpts::default()),
        false => opts.ssl_opts().cloned(),
    };
    let tls = asked.map(trusting).transpose()?;
    // The driver would go on by the socket that a server on this machine names.
    let builder = OptsBuilder::from_opts(opts)
        .prefer_socket(false)
        .max_allowed_packet(Some(PACKET))
        .wait_timeout(Some(WAIT_TIMEOUT))
        .ssl_opts(tls);
    Ok(builder.into())
}

/// Beside the public authorities, which the driver has, those that this system trusts.
fn trusting(opts: SslOpts) -> Result<SslOpts, String> {
    let trusted = spindrift_database::tls::trusted().map_err(|error| error.to_string())?;
    let roots = trusted.iter().map(|root| root.to_vec().into());
    Ok(opts.with_root_certs(roots.collect()))
}

/// The address without its `ssl-mode`, and whether that asks for TLS.
fn without_mode(address: &str) -> Result<(String, bool), String> {
    let Some((base, parameters)) = address.split_once('?') else {
        return Ok((address.to_owned(), false));
    };
    let (mut verified, mut kept) = (false, Vec::new());
    for pair in parameters.split('&').filter(|pair| !pair.is_empty()) {
        match pair.split_once('=') {
            Some((key, mode)) if key.eq_ignore_ascii_case("ssl-mode") => verified = asks_tls(mode)?,
            _ => kept.push(pair),
        }
    }
    let mark = if kept.is_empty() { "" } else { "?" };
    Ok((format!("{base}{mark}{}", kept.join("&")), verified))
}

fn asks_tls(mode: &str) -> Result<bool, String> {
    match mode.to_ascii_uppercase().as_str() {
        "DISABLED" | "PREFERRED" => Ok(false),
        "REQUIRED" | "VERIFY_CA" | "VERIFY_IDENTITY" => Ok(true),
        _ => Err(
            "the address has an unknown `ssl-mode`: write DISABLED, REQUIRED or VERIFY_IDENTITY"
                .to_owned(),
        ),
    }
}

/// What is wrong, without a word of the address: there is a password in it.
fn reason(error: &UrlError) -> String {
    let what = match error {
        UrlError::UnsupportedScheme { .. } => "it does not begin with `mysql://`".to_owned(),
        UrlError::Parse(error) => error.to_string(),
        UrlError::Invalid => "it names no host".to_owned(),
        _ => "it has a parameter that is not known, or has no such value".to_owned(),
    };
    format!(
        "the address is not one of MySQL ({what}): write mysql://user:password@host:port/database, with every character of a password percent-encoded that is no letter or digit"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_names_its_server_and_never_a_socket() {
        let opts = parse("mysql://u:p%40ss@db.example.com/tasks").unwrap();
        assert_eq!(opts.ip_or_hostname(), "db.example.com");
        assert_eq!(opts.tcp_port(), 3306);
        assert_eq!(opts.pass(), Some("p@ss"));
        assert_eq!(opts.db_name(), Some("tasks"));
        assert!(!opts.prefer_socket());
        assert!(opts.ssl_opts().is_none());
        let socket = parse("mysql://u@localhost/x?socket=%2Frun%2Fmysqld.sock");
        assert!(socket.unwrap_err().contains("`socket`"));
        let socket = parse("mysql://u@localhost/x?prefer_socket=true").unwrap();
        assert!(!socket.prefer_socket());
    }

    #[test]
    fn mysql_s_ssl_mode_is_understood() {
        for (mode, tls) in [
            ("DISABLED", false),
            ("preferred", false),
            ("REQUIRED", true),
            ("verify_identity", true),
        ] {
            let opts = parse(&format!("mysql://u@h/x?ssl-mode={mode}&compression=fast")).unwrap();
            assert_eq!(opts.ssl_opts().is_some(), tls, "{mode}");
        }
        assert!(parse("mysql://u@h/x?ssl-mode=maybe").is_err());
        let (one, other) = ("ssl-mode=REQUIRED", "require_ssl=true");
        let [one, other] = [one, other].map(|how| parse(&format!("mysql://u@h/x?{how}")).unwrap());
        assert_eq!(one.ssl_opts(), other.ssl_opts());
    }

    #[test]
    fn a_malformed_address_is_not_repeated() {
        for address in [
            "postgres://u:hunter2@h/db",
            "mysql://u:hunter2@h:port/db",
            "mysql://u@h/db?password=hunter2",
            "mysql://u@h/db?hunter2=1",
            "hunter2",
        ] {
            let error = parse(address).unwrap_err();
            assert!(!error.contains("hunter2"), "{error}");
        }
    }
}
