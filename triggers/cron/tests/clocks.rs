//! Clocks that jump, long stops, changes of the wall clock, leap days.

mod support;

use anyhow::Result;
use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use spindrift_cron::Job;
use spindrift_manifest::CatchUp;
use support::{Database, HandClock, Host, Receiver, a_while, instant, job};

fn two_jobs(schedule: &str) -> Result<[Job; 2]> {
    let none = Job {
        catch_up: CatchUp::None,
        ..job("none", schedule)?
    };
    Ok([job("one", schedule)?, none])
}

fn due(receiver: &Receiver, name: &str) -> Vec<DateTime<Utc>> {
    let ticks = receiver.ticks().into_iter().filter(|tick| tick.job == name);
    ticks.map(|tick| tick.due_at).collect()
}

#[tokio::test]
async fn a_clock_that_goes_back_fires_nothing_twice() -> Result<()> {
    let database = Database::start().await?;
    let clock = HandClock::at("2025-06-01T00:00:30Z");
    let receiver = Receiver::ready();
    let jobs = [job("minute", "* * * * *")?];
    let host = Host::start(&database.worker_url, &jobs, &clock, &receiver);
    host.settled().await;
    for minute in 1..=5 {
        clock.set(&format!("2025-06-01T00:0{minute}:00Z"));
        receiver.wait_for(minute).await;
    }
    for minute in 1..=5 {
        clock.set(&format!("2025-06-01T00:0{minute}:10Z"));
        // It sees those that are due again, and leaves them alone.
        host.wait_for_count("minute", "taken", minute - 1).await;
        let next = format!("2025-06-01T00:0{}:00Z", minute + 1);
        host.wait_for_next("minute", &next).await;
    }
    assert_eq!(receiver.ticks().len(), 5);
    clock.set("2025-06-01T00:06:00Z");
    receiver.wait_for(6).await;
    // A year ahead by mistake, and back: the job goes on where it was.
    clock.set("2026-06-01T00:06:30Z");
    receiver.wait_for(7).await;
    clock.set("2025-06-01T00:06:40Z");
    host.wait_for_next("minute", "2025-06-01T00:07:00Z").await;
    clock.set("2025-06-01T00:07:00Z");
    receiver.wait_for(8).await;
    host.stop().await?;
    let due = receiver.due();
    assert_eq!(due[6], instant("2026-06-01T00:06:00Z"));
    assert_eq!(due[7], instant("2025-06-01T00:07:00Z"));
    assert_eq!(due.len(), 8);
    Ok(())
}

#[tokio::test]
async fn a_jump_ahead_fires_once_or_not_at_all() -> Result<()> {
    let database = Database::start().await?;
    let clock = HandClock::at("2025-06-01T00:00:30Z");
    let receiver = Receiver::ready();
    let host = Host::start(
        &database.worker_url,
        &two_jobs("*/10 * * * *")?,
        &clock,
        &receiver,
    );
    host.settled().await;
    clock.set("2025-06-04T12:34:56Z");
    host.wait_for_count("none", "missed", 1).await;
    receiver.wait_for(1).await;
    a_while().await;
    assert_eq!(due(&receiver, "one"), [instant("2025-06-04T12:30:00Z")]);
    assert!(due(&receiver, "none").is_empty());
    clock.set("2025-06-04T12:40:01Z");
    receiver.wait_for(3).await;
    host.stop().await?;
    assert_eq!(due(&receiver, "none"), [instant("2025-06-04T12:40:00Z")]);
    Ok(())
}

#[tokio::test]
async fn a_long_stop_is_caught_up_with_once_or_not_at_all() -> Result<()> {
    let database = Database::start().await?;
    let clock = HandClock::at("2025-06-01T00:30:00Z");
    let receiver = Receiver::ready();
    let jobs = two_jobs("0 * * * *")?;
    let start = || Host::start(&database.worker_url, &jobs, &clock, &receiver);
    let host = start();
    host.settled().await;
    assert!(
        receiver.ticks().is_empty(),
        "a new job has nothing to catch up with"
    );
    clock.set("2025-06-01T01:00:00Z");
    receiver.wait_for(2).await;
    host.stop().await?;

    clock.set("2025-06-15T06:30:00Z");
    let (host, other) = (start(), start());
    receiver.wait_for(3).await;
    a_while().await;
    let (first, last) = (
        instant("2025-06-01T01:00:00Z"),
        instant("2025-06-15T06:00:00Z"),
    );
    assert_eq!(due(&receiver, "one"), [first, last]);
    assert_eq!(due(&receiver, "none"), [first]);
    host.stop().await?;
    other.stop().await?;

    // A restart that takes a moment loses nothing, whatever the job says.
    clock.set("2025-06-15T07:00:03Z");
    let host = start();
    receiver.wait_for(5).await;
    host.stop().await?;
    assert_eq!(
        due(&receiver, "none"),
        [first, instant("2025-06-15T07:00:00Z")]
    );
    Ok(())
}

/// What fires from one instant to another, the clock going ten minutes at a time.
async fn fired(jobs: &[Job], from: &str, to: &str) -> Result<Receiver> {
    let database = Database::start().await?;
    let clock = HandClock::at(from);
    let receiver = Receiver::ready();
    let host = Host::start(&database.worker_url, jobs, &clock, &receiver);
    host.settled().await;
    let mut now = instant(from);
    while now < instant(to) {
        now += TimeDelta::minutes(10);
        clock.set_to(now);
        // As often as the jobs are due by now.
        let due = jobs.iter().map(|job| {
            let next = |at: &DateTime<Utc>| {
                let next = job.schedule.next_after(*at, job.time_zone);
                next.filter(|next| *next <= now)
            };
            std::iter::successors(next(&instant(from)), next).count()
        });
        receiver.wait_for(due.sum()).await;
    }
    a_while().await;
    host.stop().await?;
    Ok(receiver)
}

#[tokio::test]
async fn the_days_when_the_clock_changes_have_each_daily_tick_once() -> Result<()> {
    let daily = Job {
        time_zone: Tz::America__New_York,
        ..job("daily", "30 2 * * *")?
    };
    let early = Job {
        time_zone: Tz::America__New_York,
        ..job("early", "30 1 * * *")?
    };
    let hourly = Job {
        time_zone: Tz::America__New_York,
        ..job("hourly", "0 * * * *")?
    };
    let jobs = [daily, early, hourly];
    let spring = fired(&jobs, "2025-03-09T05:05:00Z", "2025-03-10T05:05:00Z").await?;
    assert_eq!(due(&spring, "daily"), [instant("2025-03-09T07:00:00Z")]);
    assert_eq!(due(&spring, "early"), [instant("2025-03-09T06:30:00Z")]);
    assert_eq!(due(&spring, "hourly").len(), 24);
    let autumn = fired(&jobs, "2025-11-02T04:05:00Z", "2025-11-03T04:05:00Z").await?;
    assert_eq!(due(&autumn, "daily"), [instant("2025-11-02T07:30:00Z")]);
    assert_eq!(due(&autumn, "early"), [instant("2025-11-02T05:30:00Z")]);
    assert_eq!(due(&autumn, "hourly").len(), 24);
    Ok(())
}

#[tokio::test]
async fn a_leap_day_has_its_tick() -> Result<()> {
    let jobs = [job("leap", "0 12 29 2 *")?, job("last", "0 12 28 2 *")?];
    let receiver = fired(&jobs, "2028-02-28T00:00:00Z", "2028-03-01T12:00:00Z").await?;
    assert_eq!(due(&receiver, "leap"), [instant("2028-02-29T12:00:00Z")]);
    assert_eq!(due(&receiver, "last"), [instant("2028-02-28T12:00:00Z")]);
    Ok(())
}
