//! Servers that stand in for those of others.

use axum::Router;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::Result;

/// Answers by these routes. Where that is, without a path; it ends with the set.
pub(crate) async fn serve(routes: Router) -> Result<(String, JoinSet<()>)> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    let mut serving = JoinSet::new();
    serving.spawn(async move {
        _ = axum::serve(listener, routes).await;
    });
    Ok((url, serving))
}
