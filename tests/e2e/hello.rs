//! `examples/hello`, where newcomers begin.

use spindrift_tests::{Start, workspace};

use crate::Result;

#[tokio::test]
async fn the_newcomers_example_greets() -> Result {
    let running = Start::up(&workspace().join("examples/hello/spin.toml"))
        .await?
        .run()
        .await?;
    for (path, greeting) in [
        ("/hello", "Hello, world!\n"),
        ("/hello/Ada", "Hello, Ada!\n"),
    ] {
        assert_eq!(
            running.api.get(path).send().await?.expect(200).text(),
            greeting
        );
    }
    assert!(
        !running.state().join("postgres").exists(),
        "it asks for no database"
    );
    running.stop().await?;
    Ok(())
}
