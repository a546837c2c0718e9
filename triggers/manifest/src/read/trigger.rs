//! `[[trigger.http]]`, and what to say about the other triggers.

use std::collections::BTreeMap;

use super::{Place, component, response};
use crate::app::{Component, HttpTarget, HttpTrigger, Variable};
use crate::document::Data;
use crate::fields::{Field, Fields};
use crate::route::Route;
use crate::suggest::did_you_mean;

/// The triggers read so far, and what they are checked against.
pub(super) struct Triggers<'a> {
    base: &'a str,
    variables: &'a BTreeMap<String, Variable>,
    /// By id; `None` for one with a mistake. Components that are written into a
    /// trigger are added.
    components: &'a mut BTreeMap<String, Option<Component>>,
    place: &'a Place<'a>,
    http: Vec<HttpTrigger>,
    /// The routes seen, normalised, and where.
    routes: BTreeMap<String, usize>,
    /// The ids seen, and where.
    ids: BTreeMap<String, usize>,
}

impl<'a> Triggers<'a> {
    pub(super) fn new(
        base: &'a str,
        variables: &'a BTreeMap<String, Variable>,
        components: &'a mut BTreeMap<String, Option<Component>>,
        place: &'a Place<'a>,
    ) -> Self {
        let (http, routes, ids) = (Vec::new(), BTreeMap::new(), BTreeMap::new());
        Self {
            base,
            variables,
            components,
            place,
            http,
            routes,
            ids,
        }
    }

    pub(super) fn finish(self) -> Vec<HttpTrigger> {
        self.http
    }

    /// Reads `trigger`.
    pub(super) fn read(&mut self, field: &Field<'_>) {
        for (kind, field) in field.entries() {
            if kind != "http" {
                let near = did_you_mean(kind, ["http"]);
                let remedy = if near.is_empty() {
                    "; remove it"
                } else {
                    &near
                };
                field.error(format!(
                    "trigger type `{kind}` is not supported by this version, which has `http` \
                     alone{remedy}"
                ));
            } else if matches!(field.node.data, Data::Table(_)) {
                field.error("must have double brackets: write `[[trigger.http]]`");
            } else {
                for (index, element) in field.elements().iter().enumerate() {
                    if let Some(fields) = element.fields() {
                        self.read_http(index, element, fields);
                    }
                }
            }
        }
    }

    fn read_http(&mut self, index: usize, field: &Field<'_>, mut fields: Fields<'_>) {
        let id = fields
            .take("id")
            .and_then(|field| Some(field.some_text()?.to_owned()));
        let id = id.unwrap_or_else(|| format!("trigger-http-{index}"));
        if let Some(line) = self.ids.insert(id.clone(), field.line()) {
            field.error(format!(
                "has the id `{id}`, as the trigger on line {line} has: rename one"
            ));
        }
        let remedy = "add `route = \"/...\"`, or `route = { private = true }` for a component that \
                      only other functions may call";
        let route = fields
            .require("route", remedy)
            .map(|field| self.read_route(&field));
        let component = fields.take("component");
        let response = fields.take("static_response");
        let target = match (component, response) {
            (Some(component), None) => self.read_target(&id, &component).map(HttpTarget::Component),
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
        fields.refuse(
            "components",
            "name one component with `component = \"...\"`",
        );
        fields.refuse(
            "dependencies",
            "compose the components when building, with `wac plug`, say",
        );
        fields.finish();
        // A trigger without the one or the other has a mistake, so nobody misses it.
        if let (Some(route), Some(target)) = (route, target) {
            self.http.push(HttpTrigger {
                id,
                route,
                target,
                line: field.line(),
            });
        }
    }

    /// `None` for a private one, or one with a mistake.
    fn read_route(&mut self, field: &Field<'_>) -> Option<Route> {
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
        let route = self.under_base(route);
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

    /// The base is a plain path, so a route stays one with it in front.
    fn under_base(&self, route: Route) -> Route {
        let text = match route.as_str() {
            "/" if !self.base.is_empty() => self.base.to_owned(),
            text => format!("{}{text}", self.base),
        };
        Route::parse(&text).unwrap_or(route)
    }

    /// The id of a trigger's component: named, or written out in place.
    fn read_target(&mut self, trigger: &str, field: &Field<'_>) -> Option<String> {
        if matches!(field.node.data, Data::Table(_)) {
            let mut id = format!("{trigger}-component");
            while self.components.contains_key(&id) {
                id.push_str("-2");
            }
            let component = component::read(&id, field, self.variables, self.place);
            self.components.insert(id.clone(), component);
            return Some(id);
        }
        let id = field.some_text()?;
        if !self.components.contains_key(id) {
            let near = did_you_mean(id, self.components.keys().map(String::as_str));
            let remedy = if near.is_empty() {
                format!("; add `[component.{id}]`")
            } else {
                near
            };
            field.error(format!("no component is called `{id}`{remedy}"));
        }
        Some(id.to_owned())
    }
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
