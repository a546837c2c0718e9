//! A host that is the only one, without a database.

mod support;

use anyhow::Result;
use chrono::TimeDelta;
use spindrift_cron::Job;
use spindrift_manifest::Overlap;
use support::{HandClock, Host, Receiver, job};

#[tokio::test]
async fn each_tick_is_delivered_once_though_the_clock_goes_back() -> Result<()> {
    let clock = HandClock::at("2025-06-01T00:00:30Z");
    let receiver = Receiver::ready();
    let host = Host::start_alone(&[job("one", "* * * * *")?], &clock, &receiver);
    host.settled().await;
    for minute in 1..=3 {
        clock.set(&format!("2025-06-01T00:0{minute}:00Z"));
        receiver.wait_for(minute).await;
    }
    clock.set("2025-06-01T00:01:30Z");
    host.wait_for_next("one", "2025-06-01T00:02:00Z").await;
    for _ in 0..5 {
        clock.advance(TimeDelta::seconds(30));
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    receiver.wait_for(4).await;
    host.stop().await?;
    let due: Vec<String> = receiver
        .ticks()
        .iter()
        .map(|tick| tick.due_at.format("%M").to_string())
        .collect();
    assert_eq!(due, ["01", "02", "03", "04"]);
    Ok(())
}

#[tokio::test]
async fn a_tick_under_way_holds_back_the_next() -> Result<()> {
    let clock = HandClock::at("2025-06-01T00:00:30Z");
    let receiver = Receiver::held();
    let one = Job {
        overlap: Overlap::Skip,
        ..job("one", "* * * * *")?
    };
    let host = Host::start_alone(&[one], &clock, &receiver);
    host.settled().await;
    clock.set("2025-06-01T00:01:00Z");
    receiver.wait_for(1).await;
    clock.set("2025-06-01T00:02:00Z");
    host.wait_for_count("one", "skipped", 1).await;
    receiver.permits.add_permits(10);
    host.wait_for_count("one", "delivered", 1).await;
    clock.set("2025-06-01T00:03:00Z");
    receiver.wait_for(2).await;
    host.stop().await?;
    Ok(())
}
