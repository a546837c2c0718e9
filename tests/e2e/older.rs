//! WASI 0.2 components run like the others.

use reqwest::Method;
use spindrift_tests::Start;

use crate::Result;

#[tokio::test]
async fn a_wasi_0_2_component_has_its_variables_and_its_store() -> Result {
    let running = Start::guests()
        .await?
        .variable("greeting", "ahoy")
        .run()
        .await?;
    assert_eq!(
        running
            .api
            .get("/older/greeting")
            .send()
            .await?
            .expect(200)
            .text(),
        "ahoy"
    );
    for expected in ["1", "2", "3"] {
        assert_eq!(
            running
                .api
                .get("/older/count")
                .send()
                .await?
                .expect(200)
                .text(),
            expected
        );
    }
    let echo = running.api.call(Method::POST, "/older/echo").body("said");
    assert_eq!(echo.send().await?.expect(200).text(), "said");
    // What was stored outlives the process.
    let running = running.stop().await?.run().await?;
    assert_eq!(
        running
            .api
            .get("/older/count")
            .send()
            .await?
            .expect(200)
            .text(),
        "4"
    );
    running.stop().await?;
    Ok(())
}
