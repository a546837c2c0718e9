//! Releases: stopped, taken back, compared, pruned, two at once.

use std::time::Instant;

use anyhow::Result;
use reqwest::{Method, StatusCode};
use serde_json::Value;

use crate::world::World;

async fn serves(world: &World, release: &str) -> Result<()> {
    let status = world.status().await?;
    assert_eq!(status["release"], release, "{status:#}");
    for service in status["services"].as_array().unwrap() {
        let traffic = service["traffic"].as_array().unwrap();
        assert_eq!(traffic.len(), 1, "{service:#}");
        let revision = traffic[0]["revision"].as_str().unwrap();
        assert!(revision.ends_with(release), "{service:#}");
        assert_eq!(traffic[0]["percent"], 100);
    }
    Ok(())
}

#[tokio::test]
async fn a_bad_release_is_taken_back_and_a_good_one_can_be_gone_back_from() -> Result<()> {
    let world = World::new().await?;
    let first = world.deploy().await?;
    serves(&world, &first).await?;
    let again = world.run("deploy", "todo", &[]).await?;
    assert!(
        again.out.contains("nothing to do"),
        "{}{}",
        again.out,
        again.err
    );
    let diff = world.run("diff", "todo", &[]).await?;
    assert!(diff.ok && diff.out.is_empty(), "{}{}", diff.out, diff.err);

    // Smoke tests ask for what is not there.
    let text = world.profile_text("todo")?;
    let other = text.replace("[variables]", "[variables]\nsignups_per_hour = 7");
    world.profile(
        "bad",
        &other.replace("\"/health\"", "\"/health\", \"/nowhere\""),
    )?;
    let bad = world.run("deploy", "bad", &[]).await?;
    assert!(!bad.ok, "{}", bad.out);
    println!(
        "cluster: a bad release says: {}",
        bad.err.lines().last().unwrap_or_default()
    );
    serves(&world, &first).await?;
    let host = world.host("todo-edge").await?;
    let (status, _) = world
        .ask(&host, Method::GET, "/health", "", Value::Null)
        .await?;
    assert_eq!(status, StatusCode::OK);

    // One that has no room to start.
    let small =
        "smoke = [\"/api/openapi.json\"]\nresources = { memory = \"2Mi\", memory_limit = \"2Mi\" }";
    let cramped = text.replace("smoke = [\"/api/openapi.json\"]", small);
    world.profile(
        "cramped",
        &cramped.replace("timeout = \"4m\"", "timeout = \"45s\""),
    )?;
    let cramped = world.run("deploy", "cramped", &[]).await?;
    assert!(!cramped.ok, "{}", cramped.out);
    println!("cluster: one without room says: {}", cramped.err);
    serves(&world, &first).await?;

    // A good one, and back.
    world.profile(
        "todo",
        &text.replace("[variables]", "[variables]\nsignups_per_hour = 1000"),
    )?;
    let second = world.deploy().await?;
    serves(&world, &second).await?;
    let began = Instant::now();
    let back = world.run("rollback", "todo", &["--to", &first]).await?;
    assert!(back.ok, "{}{}", back.out, back.err);
    println!("cluster: rolled back in {:?}", began.elapsed());
    serves(&world, &first).await?;
    world.end().await
}

#[tokio::test]
async fn what_leaves_the_application_is_pruned_and_two_deployers_do_not_mix() -> Result<()> {
    let world = World::new().await?;
    world.deploy().await?;
    let text = world.profile_text("todo")?;
    world.profile(
        "todo",
        &format!(
            "placement = \"together\"\n{}",
            text.replace("[services.health]\nsmoke = [\"/health\"]", "")
                .replace("[services.docs]\nsmoke = [\"/api/openapi.json\"]", "")
        ),
    )?;
    let here = spindrift_tests::workspace();
    let one = world.command(&here, "deploy", "todo")?.output();
    let other = world.command(&here, "deploy", "todo")?.output();
    let (one, other) = tokio::try_join!(one, other)?;
    let well = [&one, &other]
        .into_iter()
        .filter(|ran| ran.status.success())
        .count();
    let said = [&one.stderr, &other.stderr].map(|text| String::from_utf8_lossy(text).into_owned());
    assert_eq!(well, 1, "{said:?}");
    assert!(
        said.iter()
            .any(|text| text.contains("has been deploying this application since")),
        "{said:?}"
    );
    let status = world.status().await?;
    let names: Vec<&str> = status["services"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|one| one["name"].as_str())
        .collect();
    assert_eq!(names, ["todo-edge", "todo-web", "todo-worker"]);

    let gone = world.run("delete", "todo", &["--yes"]).await?;
    assert!(gone.ok, "{}{}", gone.out, gone.err);
    world.pods_are("todo-web", |pods| pods == 0).await?;
    world.end().await
}
