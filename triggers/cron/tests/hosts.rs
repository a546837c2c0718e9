//! Several hosts on one real database.

mod support;

use std::time::Duration;

use anyhow::Result;
use chrono::TimeDelta;
use spindrift_cron::{Job, Options, Outcome, Tick};
use spindrift_manifest::{CatchUp, Overlap};
use support::{Database, HandClock, Host, Receiver, a_while, instant, job, wait_for};

#[tokio::test]
async fn each_tick_is_delivered_by_one_host() -> Result<()> {
    let database = Database::start().await?;
    let clock = HandClock::at("2025-06-01T00:00:00Z");
    let receiver = Receiver::ready();
    let jobs = [
        job("second", "* * * * * *")?,
        job("fifth", "*/5 * * * * *")?,
    ];
    let start = || Host::start(&database.worker_url, &jobs, &clock, &receiver);
    let hosts = [start(), start(), start()];
    for host in &hosts {
        host.settled().await;
    }
    for second in 1..=40_usize {
        clock.advance(TimeDelta::seconds(1));
        receiver.wait_for(second + second / 5).await;
    }
    let sum = |job, outcome| {
        hosts
            .iter()
            .map(|host| host.count(job, outcome))
            .sum::<u64>()
    };
    wait_for("the ends", async || {
        sum("second", "delivered") == 40 && sum("fifth", "delivered") == 8
    })
    .await;
    assert!(sum("second", "taken") > 0, "the others saw them too");
    let [a, b, c] = hosts;
    a.stop().await?;
    b.stop().await?;
    c.stop().await?;
    let mut ids: Vec<_> = receiver.ticks().iter().map(Tick::id).collect();
    ids.sort();
    ids.dedup();
    assert_eq!((receiver.ticks().len(), ids.len()), (48, 48));
    let rows = database.rows("second").await?;
    assert_eq!(rows.len(), 40);
    assert!(
        rows.iter()
            .all(|(_, outcome)| outcome.as_deref() == Some("delivered"))
    );
    Ok(())
}

#[tokio::test]
async fn a_tick_under_way_holds_back_the_next_on_every_host() -> Result<()> {
    let database = Database::start().await?;
    let clock = HandClock::at("2025-06-01T00:00:30Z");
    let receiver = Receiver::held();
    let one = Job {
        overlap: Overlap::Skip,
        ..job("one", "* * * * *")?
    };
    let jobs = [one, job("both", "* * * * *")?];
    let start = || Host::start(&database.worker_url, &jobs, &clock, &receiver);
    let hosts = [start(), start()];
    let sum = |job, outcome| {
        hosts
            .iter()
            .map(|host| host.count(job, outcome))
            .sum::<u64>()
    };
    for host in &hosts {
        host.settled().await;
    }
    clock.set("2025-06-01T00:01:00Z");
    receiver.wait_for(2).await;
    // Who still waits for that minute would come too late for it, and not see it taken.
    wait_for("the other host", async || {
        sum("one", "taken") == 1 && sum("both", "taken") == 1
    })
    .await;
    clock.set("2025-06-01T00:02:00Z");
    wait_for("a skipped tick", async || {
        sum("one", "skipped") == 1 && sum("one", "taken") == 2 && receiver.ticks().len() == 3
    })
    .await;
    let of = |name: &str| {
        receiver
            .ticks()
            .iter()
            .filter(|tick| tick.job == name)
            .count()
    };
    assert_eq!((of("one"), of("both")), (1, 2));

    receiver.permits.add_permits(100);
    wait_for("the ends", async || {
        let rows = database.rows("one").await.unwrap_or_default();
        rows.len() == 2 && rows.iter().all(|(_, outcome)| outcome.is_some())
    })
    .await;
    clock.set("2025-06-01T00:03:00Z");
    receiver.wait_for(5).await;
    let [a, b] = hosts;
    a.stop().await?;
    b.stop().await?;
    let rows = database.rows("one").await?;
    let outcomes: Vec<_> = rows
        .iter()
        .filter_map(|(_, outcome)| outcome.as_deref())
        .collect();
    assert_eq!(outcomes, ["delivered", "skipped", "delivered"]);
    Ok(())
}

/// A host in a runtime of its own, which can be ended as a process is killed.
fn start_apart(
    url: &str,
    jobs: &[Job],
    clock: &HandClock,
    receiver: &Receiver,
) -> Result<(tokio::runtime::Runtime, Host)> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()?;
    let entered = runtime.enter();
    let host = Host::start(url, jobs, clock, receiver);
    drop(entered);
    Ok((runtime, host))
}

#[tokio::test]
async fn what_a_killed_host_left_is_delivered_once_more() -> Result<()> {
    let database = Database::start().await?;
    let clock = HandClock::at("2025-06-01T00:59:00Z");
    let (dead, alive) = (Receiver::held(), Receiver::ready());
    let timeout = Duration::from_millis(800);
    let once = Job {
        catch_up: CatchUp::None,
        overlap: Overlap::Skip,
        timeout,
        ..job("once", "0 * * * *")?
    };
    let jobs = [
        Job {
            timeout,
            ..job("hourly", "0 * * * *")?
        },
        once,
    ];
    let (killed, host) = start_apart(&database.worker_url, &jobs, &clock, &dead)?;
    host.settled().await;
    clock.set("2025-06-01T01:00:00Z");
    dead.wait_for(2).await;
    killed.shutdown_background();

    let host = Host::start(&database.worker_url, &jobs, &clock, &alive);
    let other = Host::start(&database.worker_url, &jobs, &clock, &alive);
    assert!(alive.ticks().is_empty(), "it may be alive yet");
    alive.wait_for(1).await;
    a_while().await;
    let [again] = &alive.ticks()[..] else {
        panic!("delivered {:?}", alive.ticks())
    };
    let first = dead.ticks().into_iter().find(|tick| tick.job == "hourly");
    assert_eq!(Some(again.id()), first.map(|tick| tick.id()));
    assert!(again.redelivery);

    // Nor is the next one of the job that does not catch up held back for good.
    clock.set("2025-06-01T02:00:00Z");
    alive.wait_for(3).await;
    host.stop().await?;
    other.stop().await?;
    let outcomes: Vec<_> = database
        .rows("once")
        .await?
        .into_iter()
        .map(|row| row.1)
        .collect();
    assert_eq!(outcomes, [None, Some("delivered".to_owned())]);
    let outcomes: Vec<_> = database
        .rows("hourly")
        .await?
        .into_iter()
        .map(|row| row.1)
        .collect();
    assert_eq!(
        outcomes,
        [Some("delivered".to_owned()), Some("delivered".to_owned())]
    );
    Ok(())
}

#[tokio::test]
async fn a_tick_is_taken_over_once_for_it_may_kill_its_host() -> Result<()> {
    let database = Database::start().await?;
    let clock = HandClock::at("2025-06-01T00:59:00Z");
    let jobs = [Job {
        timeout: Duration::from_millis(300),
        ..job("hourly", "0 * * * *")?
    }];
    database
        .execute(
            "INSERT INTO spindrift.cron_ticks (name, due_at, claimed_at, claimed_by, outcome)
             VALUES ('hourly', '2025-06-01T00:00:00Z', now() - interval '1 hour', 'dead', 'redelivering')",
        )
        .await?;
    let receiver = Receiver::ready();
    let host = Host::start(&database.worker_url, &jobs, &clock, &receiver);
    a_while().await;
    assert!(receiver.ticks().is_empty());
    host.stop().await
}

#[tokio::test]
async fn a_stop_waits_for_what_is_under_way() -> Result<()> {
    let database = Database::start().await?;
    let clock = HandClock::at("2025-06-01T00:00:30Z");
    let receiver = Receiver::held();
    let jobs = [job("minute", "* * * * *")?];
    let host = Host::start(&database.worker_url, &jobs, &clock, &receiver);
    host.settled().await;
    clock.set("2025-06-01T00:01:00Z");
    receiver.wait_for(1).await;
    host.begin_to_stop();
    a_while().await;
    assert!(!host.has_stopped());
    clock.set("2025-06-01T00:02:00Z");
    a_while().await;
    assert_eq!(receiver.ticks().len(), 1, "nothing new is begun");
    receiver.permits.add_permits(1);
    host.stop().await?;
    let rows = database.rows("minute").await?;
    assert_eq!(
        rows,
        [(
            instant("2025-06-01T00:01:00Z"),
            Some("delivered".to_owned())
        )]
    );
    Ok(())
}

#[tokio::test]
async fn failures_are_told_apart_and_do_not_end_the_job() -> Result<()> {
    let database = Database::start().await?;
    let clock = HandClock::at("2025-06-01T00:00:30Z");
    let jobs = [Job {
        timeout: Duration::from_millis(100),
        ..job("minute", "* * * * *")?
    }];
    let receiver = Receiver::held().answering(Outcome::Failed("answered 500".to_owned()));
    let host = Host::start(&database.worker_url, &jobs, &clock, &receiver);
    host.settled().await;
    clock.set("2025-06-01T00:01:00Z");
    host.wait_for_count("minute", "timed_out", 1).await;
    receiver.permits.add_permits(10);
    clock.set("2025-06-01T00:02:02Z");
    host.wait_for_count("minute", "failed", 1).await;
    let metrics = host.metrics();
    assert!(
        metrics.contains("spindrift_cron_lateness_seconds_sum{job=\"minute\"} 2.0"),
        "{metrics}"
    );
    assert!(
        !metrics.contains("spindrift_cron_last_success_timestamp_seconds{"),
        "{metrics}"
    );
    host.stop().await?;
    let outcomes: Vec<_> = database
        .rows("minute")
        .await?
        .into_iter()
        .map(|row| row.1)
        .collect();
    assert_eq!(
        outcomes,
        [Some("timed_out".to_owned()), Some("failed".to_owned())]
    );
    Ok(())
}

#[tokio::test]
async fn ticks_go_on_after_the_database_was_away() -> Result<()> {
    let mut database = Database::start().await?;
    let clock = HandClock::at("2025-06-01T00:00:30Z");
    let receiver = Receiver::ready();
    let jobs = [job("minute", "* * * * *")?];
    let host = Host::start(&database.worker_url, &jobs, &clock, &receiver);
    host.settled().await;
    clock.set("2025-06-01T00:01:00Z");
    host.wait_for_count("minute", "delivered", 1).await;
    database
        .execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
             WHERE usename = 'spindrift_worker' AND pid <> pg_backend_pid()",
        )
        .await
        .ok();
    database.server.restart(&|_| {}).await?;
    clock.set("2025-06-01T00:04:00Z");
    receiver.wait_for(2).await;
    host.stop().await?;
    let (first, last) = (
        instant("2025-06-01T00:01:00Z"),
        instant("2025-06-01T00:04:00Z"),
    );
    assert_eq!(receiver.due(), [first, last]);
    Ok(())
}

#[tokio::test]
async fn old_rows_go_and_the_last_of_each_job_stays() -> Result<()> {
    let database = Database::start().await?;
    database
        .execute(
            "INSERT INTO spindrift.cron_ticks (name, due_at, claimed_at, claimed_by, finished_at, outcome)
             SELECT job, at, at, 'old', at, 'delivered'
             FROM unnest(ARRAY['yearly', 'minute']) AS job,
                 generate_series(now() - interval '20 days', now() - interval '10 days', '1 day') AS at",
        )
        .await?;
    database
        .execute(
            "INSERT INTO spindrift.cron_ticks (name, due_at, claimed_by, finished_at, outcome)
             SELECT 'minute', now() - make_interval(mins => n), 'new', now(), 'delivered'
             FROM generate_series(1, 3) AS n",
        )
        .await?;
    let clock = HandClock::at("2025-06-01T00:00:30Z");
    let options = Options {
        prune_every: Duration::from_millis(20),
        ..Options::default()
    };
    let receiver = Receiver::ready();
    let host = Host::start_with(&database.worker_url, &[], &clock, &receiver, options);
    wait_for("the old rows to go", async || {
        let rows = database.rows("minute").await.map(|rows| rows.len());
        rows.is_ok_and(|number| number == 3)
    })
    .await;
    assert_eq!(database.rows("yearly").await?.len(), 1);
    host.stop().await
}
