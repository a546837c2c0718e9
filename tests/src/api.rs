//! Requests.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use anyhow::{Context, Result};
use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::client::client;

/// The password of everybody in these tests.
pub(crate) const PASSWORD: &str = "correct horse battery";

/// Requests to one server, of one person or of nobody.
#[derive(Clone, Debug)]
pub struct Api {
    /// Where the server is: `http://host:port`.
    pub url: String,
    /// Sent as Bearer when it is there.
    pub token: Option<String>,
    /// The person's address, when one signed up.
    pub email: String,
    client: Client,
}

/// A request that is being put together.
#[derive(Debug)]
#[must_use]
pub struct Call(RequestBuilder);

impl Api {
    /// Requests of nobody in particular to the server at `url`.
    pub fn new(url: &str) -> Self {
        Self {
            url: url.to_owned(),
            token: None,
            email: String::new(),
            client: client(),
        }
    }

    /// The password of everybody who [signed up](Self::sign_up).
    pub fn password(&self) -> &'static str {
        PASSWORD
    }

    /// A new person, who sends an access token.
    ///
    /// # Errors
    /// The sign-up fails.
    pub async fn sign_up(&self) -> Result<Self> {
        static NUMBER: AtomicU32 = AtomicU32::new(1);
        let email = format!(
            "person{}@example.com",
            NUMBER.fetch_add(1, Ordering::Relaxed)
        );
        let body = json!({"email": email, "password": PASSWORD, "transport": "token"});
        let answer = self.post("/api/auth/signup", &body).send().await?;
        let token = answer.expect(201).json()["access_token"]
            .as_str()
            .context("no token")?
            .to_owned();
        Ok(self.with_token(&token).with_email(email))
    }

    /// The same server, with another token.
    #[must_use]
    pub fn with_token(&self, token: &str) -> Self {
        Self {
            token: Some(token.to_owned()),
            ..self.clone()
        }
    }

    /// The same server, of nobody.
    #[must_use]
    pub fn nobody(&self) -> Self {
        Self {
            token: None,
            ..self.clone()
        }
    }

    fn with_email(self, email: String) -> Self {
        Self { email, ..self }
    }

    /// A request. It is given half a minute.
    pub fn call(&self, method: Method, path: &str) -> Call {
        let request = self.client.request(method, format!("{}{path}", self.url));
        let request = request.timeout(Duration::from_secs(30));
        Call(match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        })
    }

    /// GET.
    pub fn get(&self, path: &str) -> Call {
        self.call(Method::GET, path)
    }

    /// POST of a JSON document.
    pub fn post(&self, path: &str, body: &Value) -> Call {
        self.call(Method::POST, path).json(body)
    }

    /// PUT of a JSON document.
    pub fn put(&self, path: &str, body: &Value) -> Call {
        self.call(Method::PUT, path).json(body)
    }

    /// PATCH with a JSON document.
    pub fn patch(&self, path: &str, body: &Value) -> Call {
        self.call(Method::PATCH, path).json(body)
    }

    /// DELETE.
    pub fn delete(&self, path: &str) -> Call {
        self.call(Method::DELETE, path)
    }

    /// A task of this person's.
    ///
    /// # Errors
    /// It is not made.
    pub async fn task(&self, body: &Value) -> Result<Value> {
        Ok(self
            .post("/api/tasks", body)
            .send()
            .await?
            .expect(201)
            .json())
    }

    /// The page of tasks that a query string chooses.
    ///
    /// # Errors
    /// There is no answer.
    pub async fn tasks(&self, query: &str) -> Result<Value> {
        Ok(self
            .get(&format!("/api/tasks{query}"))
            .send()
            .await?
            .expect(200)
            .json())
    }
}

impl Call {
    /// Sets a header.
    pub fn header(self, name: &str, value: &str) -> Self {
        Self(self.0.header(name, value))
    }

    /// Sends a JSON document.
    pub fn json(self, body: &Value) -> Self {
        Self(self.0.json(body))
    }

    /// Sends these bytes.
    pub fn body(self, body: impl Into<reqwest::Body>) -> Self {
        Self(self.0.body(body))
    }

    /// Gives up after this time.
    pub fn timeout(self, patience: Duration) -> Self {
        Self(self.0.timeout(patience))
    }

    /// Sends it, and reads the answer whole.
    ///
    /// # Errors
    /// The server does not answer, or not to the end.
    pub async fn send(self) -> Result<Answer> {
        Answer::read(self.0.send().await?).await
    }

    /// Sends it, and answers as soon as the head is there.
    ///
    /// # Errors
    /// The server does not answer.
    pub async fn begin(self) -> Result<reqwest::Response> {
        Ok(self.0.send().await?)
    }
}
