//! Slows down whoever guesses passwords or makes accounts by the thousand. The
//! counters are in the database, so that every instance on every machine sees them.

use std::net::IpAddr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use domain::account::{Backoff, Counter};
use kit::{Problem, config};
use sha2::{Digest as _, Sha256};
use store::{Db, Scope, throttle};

/// One person's account from one address: their own mistakes, or a guesser's.
const PAIR: Backoff = Backoff {
    after: 5,
    at_most: TimeDelta::minutes(15),
};
/// One address, whatever the account: many people may share it.
const ADDRESS: Backoff = Backoff {
    after: 20,
    at_most: TimeDelta::minutes(15),
};
/// One account from anywhere. The wait stays short: a stranger's tries must not keep
/// its owner out.
const ACCOUNT: Backoff = Backoff {
    after: 20,
    at_most: TimeDelta::minutes(1),
};
/// How long a pair that signed in well is bound by its own failures alone, and not by
/// those of others at its address or of strangers with its account.
const TRUST: TimeDelta = TimeDelta::days(90);

/// What one try to sign in is counted under.
pub(crate) struct Attempt {
    /// The pair's, the address's and the account's, in this order.
    keys: [String; 3],
}

impl Attempt {
    /// A try from `address` to sign in to the account of `email`.
    pub(crate) fn new(email: &str, address: &str) -> Self {
        let address = network(address);
        Self {
            keys: [
                key("pair", &[email, &address]),
                key("address", &[&address]),
                key("account", &[email]),
            ],
        }
    }

    /// Counts the try, as failed until [`Attempt::succeeded`] says otherwise.
    ///
    /// # Errors
    ///
    /// `too-many-requests` when it is not its time yet. Such a try is not counted.
    pub(crate) async fn admit(&self, db: &Db, now: DateTime<Utc>) -> Result<(), Problem> {
        db.transaction(None, async |scope| {
            let mut counters = throttle::lock(scope, &self.keys, now).await?;
            admit(&mut counters, now)
                .map_err(|wait| too_many("Too many tries to sign in", wait))?;
            Ok(throttle::save(scope, &self.keys, &counters).await?)
        })
        .await
    }

    /// Takes the try back: it was the right password. Has to be the last statement of
    /// its transaction.
    pub(crate) async fn succeeded(
        &self,
        scope: &Scope<'_>,
        now: DateTime<Utc>,
    ) -> Result<(), store::Error> {
        let mut counters = throttle::lock(scope, &self.keys, now).await?;
        succeeded(&mut counters, now);
        throttle::save(scope, &self.keys, &counters).await
    }
}

/// Counts a try under its pair, its address and its account, unless one of them has
/// to wait: then it says how long.
fn admit(counters: &mut [Counter], now: DateTime<Utc>) -> Result<(), TimeDelta> {
    let binding = binding(counters, now);
    if let Some(wait) = counters[..binding]
        .iter()
        .filter_map(|counter| counter.wait(now))
        .max()
    {
        return Err(wait);
    }
    for (counter, backoff) in counters[..binding].iter_mut().zip([PAIR, ADDRESS, ACCOUNT]) {
        counter.attempt(backoff, now);
    }
    Ok(())
}

fn succeeded(counters: &mut [Counter], now: DateTime<Utc>) {
    let binding = binding(counters, now);
    counters[..binding].iter_mut().for_each(Counter::take_back);
    if let Some(pair) = counters.first_mut() {
        pair.count = 0;
        pair.trusted_until = Some(now + TRUST);
    }
}

/// How many of the counters bind: a trusted pair's own alone.
fn binding(counters: &[Counter], now: DateTime<Utc>) -> usize {
    let trusted = counters.first().is_some_and(|pair| pair.is_trusted(now));
    if trusted { 1 } else { counters.len() }
}

/// Counts an account that `address` is about to make.
///
/// # Errors
///
/// `too-many-requests` when it made as many within an hour as the variable
/// `signups_per_hour` allows.
pub(crate) async fn spend_sign_up(
    db: &Db,
    address: &str,
    now: DateTime<Utc>,
) -> Result<(), Problem> {
    let limit = config::variable("signups_per_hour").await?;
    let limit: i32 = limit.trim().parse().map_err(|_| {
        Problem::internal("variable `signups_per_hour` has to be a whole number, such as 100")
    })?;
    let keys = [key("sign-up", &[&network(address)])];
    db.transaction(None, async |scope| {
        let mut counters = throttle::lock(scope, &keys, now).await?;
        for counter in &mut counters {
            counter
                .spend(limit, TimeDelta::hours(1), now)
                .map_err(|wait| too_many("Too many accounts were made from your address", wait))?;
        }
        Ok(throttle::save(scope, &keys, &counters).await?)
    })
    .await
}

fn too_many(what: &str, wait: TimeDelta) -> Problem {
    // A part of a second more is a second more: who waits that long is let in.
    let millis = u64::try_from(wait.num_milliseconds()).unwrap_or_default();
    let seconds = millis.div_ceil(1000).max(1);
    Problem::too_many_requests(format!("{what}. Wait {seconds} s."), seconds)
}

/// A name of one size for whatever was typed.
fn key(scope: &str, parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        // With its length in front, no two lists of parts read alike.
        hash.update(part.len().to_le_bytes());
        hash.update(part);
    }
    format!("{scope}:{}", URL_SAFE_NO_PAD.encode(hash.finalize()))
}

/// Who shares an address's count: in IPv6 everybody of the same /64, which is what
/// one customer gets at the least.
fn network(address: &str) -> String {
    let bare = address.trim_start_matches('[').trim_end_matches(']');
    match bare.parse().map(|address: IpAddr| address.to_canonical()) {
        Ok(IpAddr::V6(address)) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
        Ok(IpAddr::V4(address)) => address.to_string(),
        Err(_) => address.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_750_000_000 + seconds, 0).unwrap()
    }

    fn fresh() -> [Counter; 3] {
        std::array::from_fn(|_| Counter::new(at(0)))
    }

    #[test]
    fn the_sixth_try_in_a_row_has_to_wait() {
        let mut counters = fresh();
        for _ in 0..5 {
            assert_eq!(admit(&mut counters, at(0)), Ok(()));
        }
        assert_eq!(admit(&mut counters, at(0)), Err(TimeDelta::seconds(1)));
        assert_eq!(admit(&mut counters, at(1)), Ok(()));
        assert_eq!(admit(&mut counters, at(1)), Err(TimeDelta::seconds(2)));
    }

    #[test]
    fn a_try_that_has_to_wait_is_not_counted() {
        let mut counters = fresh();
        while admit(&mut counters, at(0)).is_ok() {}
        let before = counters.clone();
        assert!(admit(&mut counters, at(0)).is_err());
        assert_eq!(counters, before);
    }

    #[test]
    fn strangers_can_t_keep_somebody_out_who_signed_in_from_there_before() {
        let mut own = fresh();
        admit(&mut own, at(0)).unwrap();
        succeeded(&mut own, at(0));
        let [pair, mut address, mut account] = own;
        for _ in 0..100 {
            account.attempt(ACCOUNT, at(10));
            address.attempt(ADDRESS, at(10));
        }
        let mut newcomer = [Counter::new(at(10)), Counter::new(at(10)), account.clone()];
        assert!(admit(&mut newcomer, at(10)).is_err());
        let mut neighbour = [Counter::new(at(10)), address.clone(), Counter::new(at(10))];
        assert!(admit(&mut neighbour, at(10)).is_err());
        assert_eq!(admit(&mut [pair, address, account], at(10)), Ok(()));
    }

    #[test]
    fn a_hundred_successes_from_one_address_are_never_slowed() {
        let mut address = Counter::new(at(0));
        for _ in 0..100 {
            let mut counters = [Counter::new(at(0)), address, Counter::new(at(0))];
            assert_eq!(admit(&mut counters, at(0)), Ok(()));
            succeeded(&mut counters, at(0));
            address = counters[1].clone();
        }
    }

    #[test]
    fn an_address_that_tries_many_accounts_has_to_wait() {
        let mut address = Counter::new(at(0));
        let admitted = (0..100).filter(|_| {
            let mut counters = [Counter::new(at(0)), address.clone(), Counter::new(at(0))];
            let admitted = admit(&mut counters, at(0)).is_ok();
            address = counters[1].clone();
            admitted
        });
        assert_eq!(admitted.count(), 20);
    }

    #[test]
    fn one_ipv6_customer_is_one_address() {
        assert_eq!(network("[2001:db8::1]"), network("2001:db8:0:0:ffff::2"));
        assert_ne!(network("2001:db8::1"), network("2001:db8:0:1::1"));
        assert_eq!(network("::ffff:192.0.2.1"), "192.0.2.1");
        assert_eq!(network("192.0.2.1"), "192.0.2.1");
    }

    #[test]
    fn keys_fit_their_column_whatever_was_typed() {
        let long = "x".repeat(10_000);
        for key in Attempt::new(&long, &long).keys {
            assert!(key.len() <= 80, "{key}");
        }
        assert_ne!(key("pair", &["ab", "c"]), key("pair", &["a", "bc"]));
    }
}
