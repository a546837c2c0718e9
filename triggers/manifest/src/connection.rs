//! Giving the Kafka settings their values.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::app::App;
use crate::diagnostics::{Diagnostics, Report};
use crate::kafka::{KafkaConnection, Sasl, SecurityProtocol};
use crate::read::kafka::{brokers, mechanism, missing, prefix, protocol};
use crate::template::{NoValue, Template};

impl App {
    /// How to reach the brokers, with `values` before the variables' defaults.
    /// `None` when `brokers` is empty: then nothing else is looked at.
    ///
    /// # Errors
    ///
    /// A variable without a value, a setting that is malformed once expanded or
    /// is missing, or a `ca_file` that is not there. The messages show templates,
    /// never values.
    pub fn kafka_connection(
        &self,
        values: &BTreeMap<String, String>,
    ) -> Result<Option<KafkaConnection>, Diagnostics> {
        let report = Report::on("");
        let expansion = Expansion {
            app: self,
            values: self.with_defaults(values),
            report: &report,
        };
        let connection = expansion.connection();
        report.finish(&self.manifest)?;
        Ok(connection)
    }
}

struct Expansion<'a> {
    app: &'a App,
    values: BTreeMap<String, String>,
    report: &'a Report,
}

impl Expansion<'_> {
    /// `None` without a mistake in the report when there are no brokers.
    fn connection(&self) -> Option<KafkaConnection> {
        let settings = &self.app.kafka_settings;
        let brokers = self.checked("brokers", &settings.brokers, brokers)?;
        if brokers.is_empty() {
            return None;
        }
        let topic_prefix = match &settings.topic_prefix {
            Some(template) => self.checked("topic_prefix", template, prefix)?,
            None => String::new(),
        };
        let protocol = match &settings.security_protocol {
            Some(template) => self.checked("security_protocol", template, protocol)?,
            None => SecurityProtocol::default(),
        };
        let sasl = match protocol.has_sasl() {
            true => Some(self.sasl(protocol)?),
            false => None,
        };
        let ca_file = match &settings.ca_file {
            Some(template) if protocol.has_tls() => Some(self.file("ca_file", template)?),
            _ => None,
        };
        Some(KafkaConnection {
            topic_prefix,
            brokers,
            security_protocol: protocol,
            sasl,
            ca_file,
        })
    }

    fn sasl(&self, protocol: SecurityProtocol) -> Option<Sasl> {
        let [mechanism_of, username, password] =
            self.app.kafka_settings.sasl().map(|(key, template)| {
                if template.is_none() {
                    let line = self.app.kafka_settings.brokers.line();
                    let key_of_table = "application.trigger.kafka".to_owned();
                    self.report
                        .error_on_line(line, key_of_table, missing(key, protocol));
                }
                Some((key, template?))
            });
        let mechanism_of = mechanism_of.and_then(|(key, it)| self.checked(key, it, mechanism));
        let username = username.and_then(|(key, template)| self.text(key, template));
        let password = password.and_then(|(key, template)| self.text(key, template));
        Some(Sasl {
            mechanism: mechanism_of?,
            username: username?,
            password: password?,
        })
    }

    fn text(&self, key: &str, template: &Template) -> Option<String> {
        match template.expand(&self.values) {
            Ok(text) => Some(text),
            Err(NoValue(name)) => {
                self.error(
                    key,
                    template,
                    format!(
                        "variable `{name}` has no value: give it one with `--variable {name}=...`"
                    ),
                );
                None
            }
        }
    }

    fn checked<T>(
        &self,
        key: &str,
        template: &Template,
        check: fn(&str) -> Result<T, String>,
    ) -> Option<T> {
        match check(&self.text(key, template)?) {
            Ok(value) => Some(value),
            Err(message) => {
                let template_text = template.as_str();
                let message = format!("`{template_text}` is malformed once expanded: {message}");
                self.error(key, template, message);
                None
            }
        }
    }

    fn file(&self, key: &str, template: &Template) -> Option<PathBuf> {
        let path = self.app.root.join(self.text(key, template)?);
        if !path.is_file() {
            let message = format!(
                "no such file `{}`: put the certificates there, or correct the path",
                template.as_str()
            );
            self.error(key, template, message);
            return None;
        }
        Some(path)
    }

    fn error(&self, key: &str, template: &Template, message: String) {
        let key = format!("application.trigger.kafka.{key}");
        self.report.error_on_line(template.line(), key, message);
    }
}
