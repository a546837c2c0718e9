//! `spindrift smoke`

use spindrift_tests::Start;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::Result;

/// Answers each connection with the next of these, and then with the last of them.
async fn answering(answers: &'static [&'static str]) -> Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/api/health", listener.local_addr()?);
    tokio::spawn(async move {
        for number in 0.. {
            let Ok((mut stream, _)) = listener.accept().await else {
                return;
            };
            let answer = answers[number.min(answers.len() - 1)];
            let mut head = [0; 4096];
            _ = stream.read(&mut head).await;
            let text =
                format!("HTTP/1.1 {answer}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
            _ = stream.write_all(text.as_bytes()).await;
        }
    });
    Ok(url)
}

#[tokio::test]
async fn addresses_that_answer_well_in_time_pass() -> Result {
    let soon = answering(&["503 Service Unavailable", "404 Not Found", "200 OK"]).await?;
    let moved = answering(&["302 Found\r\nlocation: http://127.0.0.1:1/"]).await?;
    let ended = Start::command(&["smoke", &soon, &moved])?.end().await?;
    assert!(ended.status.success(), "{}{}", ended.stdout, ended.stderr);
    let lines: Vec<&str> = ended.stdout.lines().collect();
    assert_eq!(lines.len(), 2, "{}", ended.stdout);
    assert!(lines[0].starts_with(&format!("ok   {soon}  200 OK after ")));
    assert!(lines[1].starts_with(&format!("ok   {moved}  302 Found after ")));
    Ok(())
}

#[tokio::test]
async fn an_address_that_stays_bad_is_named_with_its_reason() -> Result {
    let good = answering(&["204 No Content"]).await?;
    let broken = answering(&["500 Internal Server Error"]).await?;
    let closed = answering(&["401 Unauthorized"]).await?;
    let nowhere = "http://127.0.0.1:1/";
    let all = [good.as_str(), &broken, &closed, nowhere];
    let start = Start::command(&["smoke", "--timeout", "600ms"])?.args(&all);
    let ended = start.end().await?;
    assert_eq!(ended.status.code(), Some(1), "{}", ended.stdout);
    let lines: Vec<&str> = ended.stdout.lines().collect();
    for (line, begin, words) in [
        (0, "ok   ", "204 No Content"),
        (1, "bad  ", "still 500 Internal Server Error after"),
        (2, "bad  ", "401 Unauthorized"),
        (3, "bad  ", "still no answer (Connection refused"),
    ] {
        let (line, url) = (lines[line], all[line]);
        assert!(
            line.starts_with(&format!("{begin}{url}  {words}")),
            "{line}"
        );
    }
    assert!(
        ended
            .stderr
            .contains("error: 3 of 4 addresses did not answer well:")
            && ended.stderr.contains(nowhere),
        "{}",
        ended.stderr
    );
    Ok(())
}

#[tokio::test]
async fn only_http_addresses_are_asked() -> Result {
    let ended = Start::command(&["smoke", "https://127.0.0.1/"])?
        .end()
        .await?;
    assert_eq!(ended.status.code(), Some(2));
    assert!(
        ended.stderr.contains("cluster-local `http`"),
        "{}",
        ended.stderr
    );
    Ok(())
}
