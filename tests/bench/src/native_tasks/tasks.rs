//! The two routes. Each of them is one transaction, whose statements go out
//! together, as the functions' do.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use chrono::{DateTime, SecondsFormat, Utc};
use domain::event::Event;
use domain::task::{Change, Moment, TaskFields, TaskQuery, TaskView};
use http::header::{ETAG, LOCATION};
use http::{HeaderMap, HeaderValue, StatusCode};
use serde::Serialize;
use serde_json::value::to_raw_value;
use tokio_postgres::types::{Json, ToSql};
use uuid::Uuid;

use crate::Server;
use crate::answer::{Answer, Failure, json};
use crate::pool::Session;
use crate::row;

/// `POST /api/tasks`
pub(crate) async fn create(
    State(server): State<Arc<Server>>,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    let user = server.sessions.user(&headers)?;
    let body = serde_json::from_slice(&body)
        .map_err(|error: serde_json::Error| bad_request(error.to_string()))?;
    let fields = TaskFields::parse(body).map_err(|invalid| bad_request(format!("{invalid:?}")))?;
    let now = now();
    let change = Change::create(Uuid::now_v7(), user, fields, now);
    let events = change.events(now, None, Uuid::now_v7)?;
    let session = session(&server).await?;
    write(&session, &change, &events).await?;
    let task = &change.task;
    let moment = Moment { now, today: None };
    let view = TaskView { task, moment };
    let location = HeaderValue::try_from(format!("/api/tasks/{}", task.id))?;
    let tag = HeaderValue::try_from(format!("\"{}\"", task.version))?;
    json(
        StatusCode::CREATED,
        &view,
        [(ETAG, tag), (LOCATION, location)],
    )
}

async fn write(session: &Session, change: &Change, events: &[Event]) -> Result<(), Failure> {
    let (task, fields) = (&change.task, &change.task.fields);
    let records: Vec<_> = events.iter().map(Event::record).collect();
    let records = Json(to_raw_value(&records)?);
    let text = |at: &DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::Micros, true);
    let reminders: Vec<String> = fields.remind_at.iter().map(text).collect();
    let naive = |at: Option<DateTime<Utc>>| at.map(|at| at.naive_utc());
    let (status, priority) = (fields.status.name(), fields.priority.number());
    let (due_at, completed_at) = (naive(fields.due_at), naive(task.completed_at));
    let (updated_at, created_at) = (task.updated_at.naive_utc(), task.created_at.naive_utc());
    let params: [&(dyn ToSql + Sync); 15] = [
        &records,
        &task.id,
        &task.user_id,
        &fields.title,
        &fields.description,
        &status,
        &priority,
        &fields.tags,
        &due_at,
        &fields.all_day_on,
        &reminders,
        &completed_at,
        &task.version,
        &updated_at,
        &created_at,
    ];
    let client = &session.client;
    let user = task.user_id.to_string();
    let user: [&(dyn ToSql + Sync); 1] = [&user];
    tokio::try_join!(
        biased;
        client.execute(&session.begin, &[]),
        client.execute(&session.set_user, &user),
        client.execute(&session.create, &params),
        client.execute(&session.commit, &[]),
    )?;
    Ok(())
}

#[derive(Serialize)]
struct Page<'a> {
    items: Vec<TaskView<'a>>,
    total: i64,
    page: u32,
    page_size: u32,
}

/// `GET /api/tasks`: any page, of everything, newest first.
pub(crate) async fn list(
    State(server): State<Arc<Server>>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Answer {
    let user = server.sessions.user(&headers)?;
    let query =
        TaskQuery::parse(query.as_deref()).map_err(|error| bad_request(format!("{error:?}")))?;
    if !query.is_unfiltered() || query.sort != domain::task::Sort::NEWEST {
        return Err(bad_request("this server lists everything, newest first"));
    }
    let now = now();
    let session = session(&server).await?;
    let client = &session.client;
    let name = user.to_string();
    let name: [&(dyn ToSql + Sync); 1] = [&name];
    let (limit, offset) = (i64::from(query.page.size), query.page.offset());
    let params: [&(dyn ToSql + Sync); 4] = [&user, &now.naive_utc(), &limit, &offset];
    let (_, _, rows, _) = tokio::try_join!(
        biased;
        client.execute(&session.begin, &[]),
        client.execute(&session.set_user, &name),
        client.query(&session.list, &params),
        client.execute(&session.commit, &[]),
    )?;
    drop(session);
    let total = rows.first().map_or(Ok(0), |row| row.try_get(0))?;
    let mut found = Vec::with_capacity(rows.len());
    for row in &rows {
        found.extend(row::read(row, user)?);
    }
    let page = Page {
        items: found.iter().map(|found| found.view(now)).collect(),
        total,
        page: query.page.number,
        page_size: query.page.size,
    };
    json(StatusCode::OK, &page, [])
}

async fn session(
    server: &Server,
) -> Result<deadpool::managed::Object<crate::pool::Connector>, Failure> {
    server
        .pool
        .get()
        .await
        .map_err(|error| Failure::new(StatusCode::SERVICE_UNAVAILABLE, error.to_string()))
}

/// The time, as fine as PostgreSQL keeps it.
fn now() -> DateTime<Utc> {
    domain::instant::whole_micros(Utc::now())
}

fn bad_request(detail: impl Into<String>) -> Failure {
    Failure::new(StatusCode::BAD_REQUEST, detail)
}
