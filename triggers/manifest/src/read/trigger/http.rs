//! `[[trigger.http]]`.

use std::collections::BTreeMap;

use super::{Scope, refuse_what_does_not_run};
use crate::app::{Handler, HttpTarget, HttpTrigger};
use crate::document::Data;
use crate::fields::{Field, Fields};
use crate::read::response;
use crate::route::Route;

/// What is wrong with a route or a base that is the host's own.
pub(in crate::read) const RESERVED: &str = "paths under `/_events` and `/_spindrift` are where events, ticks and probes arrive, and \
     nobody else's: choose another";

/// The triggers read so far.
#[derive(Default)]
pub(super) struct HttpTriggers {
    pub(super) list: Vec<HttpTrigger>,
    /// The routes seen, normalised, and where.
    routes: BTreeMap<String, usize>,
}

impl HttpTriggers {
    pub(super) fn read(
        &mut self,
        id: String,
        field: &Field<'_>,
        mut fields: Fields<'_>,
        scope: &mut Scope<'_>,
    ) {
        let remedy = "add `route = \"/...\"`, or `route = { private = true }` for a component that \
                      only other functions may call";
        let route = fields
            .require("route", remedy)
            .map(|field| self.read_route(&field, scope.base));
        let component = fields.take("component");
        let response = fields.take("static_response");
        let target = match (component, response) {
            (Some(component), None) => scope
                .component_for(&id, &component, Handler::Http)
                .map(HttpTarget::Component),
            (None, Some(response)) => response::read(&response).map(HttpTarget::Static),
            (Some(_), Some(_)) => {
                field.error("has a `component` and a `static_response`: remove one of the two");
                None
            }
            (None, None) => {
                field.error("answers nothing: add `component = \"...\"` or a `static_response`");
                None
            }
        };
        if let Some(executor) = fields.take("executor") {
            check_executor(&executor);
        }
        refuse_what_does_not_run(&mut fields);
        fields.finish();
        // A trigger without the one or the other has a mistake, so nobody misses it.
        if let (Some(route), Some(target)) = (route, target) {
            self.list.push(HttpTrigger {
                id,
                route,
                target,
                line: field.line(),
            });
        }
    }

    /// `None` for a private one, or one with a mistake.
    fn read_route(&mut self, field: &Field<'_>, base: &str) -> Option<Route> {
        if matches!(field.node.data, Data::Table(_)) {
            let mut fields = field.fields()?;
            let private = fields.take("private").and_then(|field| field.boolean());
            fields.finish();
            if private != Some(true) {
                field.error("must be a path such as `\"/api/...\"`, or `{ private = true }`");
            }
            return None;
        }
        let route = match Route::parse(field.text()?) {
            Ok(route) => route,
            Err(error) => {
                field.error(error.to_string());
                return None;
            }
        };
        let route = under_base(base, route);
        if route.is_reserved() {
            field.error(RESERVED);
            return None;
        }
        match self.routes.get(&route.normalized()) {
            Some(line) => field.error(format!(
                "`{}` matches the same paths as the route on line {line}: change or remove one",
                route.as_str()
            )),
            None => {
                self.routes.insert(route.normalized(), field.line());
            }
        }
        Some(route)
    }
}

/// The base is a plain path, so a route stays one with it in front.
fn under_base(base: &str, route: Route) -> Route {
    let text = match route.as_str() {
        "/" if !base.is_empty() => base.to_owned(),
        text => format!("{base}{text}"),
    };
    Route::parse(&text).unwrap_or(route)
}

/// `executor` chose between handler interfaces once; what is left of it is `http`.
fn check_executor(field: &Field<'_>) {
    let Some(mut fields) = field.fields() else {
        return;
    };
    let Some(kind) = fields.require("type", "remove `executor`, or write `type = \"http\"`") else {
        return;
    };
    match kind.text() {
        Some("http" | "spin") => fields.finish(),
        Some(other) => kind.error(format!(
            "executor `{other}` is not supported by this version: remove `executor`, and build a \
             component that exports `wasi:http`"
        )),
        None => {}
    }
}
