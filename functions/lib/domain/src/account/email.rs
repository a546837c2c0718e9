//! E-mail addresses, as far as it is useful to judge them without sending one.

/// The longest address that mail can carry (RFC 5321, section 4.5.3.1.3, without
/// the angle brackets).
const MAX: usize = 254;
/// The longest part before the `@` (RFC 5321, section 4.5.3.1.1).
const LOCAL_MAX: usize = 64;

/// The one way in which an address is kept: trimmed and in lower case, so that a
/// person finds their account however they write it. (RFC 5321 lets the part
/// before the `@` depend on case; no provider of note does.)
///
/// `None`: it is no address that mail could reach. Letters of any script pass
/// (RFC 6531); quoted local parts and address literals don't.
pub fn normalise(text: &str) -> Option<String> {
    let address = text.trim().to_lowercase();
    let (local, domain) = address.rsplit_once('@')?;
    let fits = address.len() <= MAX && local.len() <= LOCAL_MAX;
    (fits && is_local(local) && is_domain(domain)).then_some(address)
}

/// Dot-separated atoms (RFC 5322, section 3.2.3).
fn is_local(local: &str) -> bool {
    local.split('.').all(|atom| {
        !atom.is_empty()
            && atom
                .chars()
                .all(|c| c.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c))
    })
}

/// Labels of a host name, two at least.
fn is_domain(domain: &str) -> bool {
    domain.contains('.')
        && domain.split('.').all(|label| {
            (1..=63).contains(&label.len())
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.chars().all(|c| c.is_alphanumeric() || c == '-')
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_address_is_kept_in_one_way() {
        for (given, kept) in [
            (" Sailor@Example.COM ", "sailor@example.com"),
            (
                "first.last+tag@mail.example.org",
                "first.last+tag@mail.example.org",
            ),
            (
                "o'neil@xn--bcher-kva.example",
                "o'neil@xn--bcher-kva.example",
            ),
            ("jürgen@bücher.example", "jürgen@bücher.example"),
        ] {
            assert_eq!(normalise(given).as_deref(), Some(kept));
        }
    }

    #[test]
    fn what_no_mail_could_reach_is_refused() {
        let long = format!("{}@example.com", "x".repeat(65));
        let longer = format!("x@{}.example", "y.".repeat(125));
        for text in [
            "",
            "@",
            "a",
            "a@b",
            "a@",
            "@b.example",
            "a b@c.example",
            "a@b..example",
            ".a@b.example",
            "a.@b.example",
            "a@-b.example",
            "a@b-.example",
            "a@[127.0.0.1]",
            "a@b.example\n.",
            "\"a\"@b.example",
            "a@b@c.example",
            "a,b@c.example",
            "<a@b.example>",
            &long,
            &longer,
        ] {
            assert_eq!(normalise(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn keeping_an_address_twice_changes_nothing(text in "[ -~]{1,20}@[a-zA-Z.-]{1,20}") {
            if let Some(kept) = normalise(&text) {
                prop_assert_eq!(normalise(&kept), Some(kept.clone()));
            }
        }

        #[test]
        fn no_text_makes_the_reader_panic(text in ".{0,60}") {
            _ = normalise(&text);
        }
    }
}
