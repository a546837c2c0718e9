//! Jobs: each runs one pod, once.

use serde_json::{Value, json};

use super::pods::Pods;
use super::{End, Pass, conditions, joined, kind};
use crate::store::{meta, now};

pub(super) fn reconcile(pass: &mut Pass<'_>) {
    let jobs = kind("batch/v1", "Job");
    for job in pass.list(jobs, "", "") {
        let (namespace, name) = (meta(&job, "namespace"), meta(&job, "name"));
        let end = pass.end(jobs, &job);
        let template = &job["spec"]["template"];
        let own = json!({
            "batch.kubernetes.io/job-name": name, "job-name": name,
            "batch.kubernetes.io/controller-uid": meta(&job, "uid"),
        });
        let pods = Pods {
            owner: &job,
            prefix: format!("{name}-x7k2"),
            count: 1,
            labels: joined(&template["metadata"]["labels"], own),
            annotations: &template["metadata"]["annotations"],
            spec: &template["spec"],
        };
        pods.ensure(pass.state, &end, "Succeeded");
        pass.state
            .edit(jobs, namespace, name, |job| show(job, &end));
    }
}

fn show(job: &mut Value, end: &End) {
    let status = &mut job["status"];
    if !status["startTime"].is_string() {
        *status = json!({ "startTime": now() });
    }
    let (good, bad) = (*end == End::Good, matches!(end, End::Bad { .. }));
    let count = |is: bool| json!(u8::from(is));
    status["active"] = count(*end == End::Never);
    status["succeeded"] = count(good);
    status["failed"] = count(bad);
    match end {
        End::Good => {
            if !status["completionTime"].is_string() {
                status["completionTime"] = now().into();
            }
            conditions::set(job, "SuccessCriteriaMet", "True", "CompletionsReached", "");
            conditions::set(job, "Complete", "True", "CompletionsReached", "");
        }
        End::Bad { reason, message } => {
            conditions::set(job, "FailureTarget", "True", reason, message);
            conditions::set(job, "Failed", "True", reason, message);
        }
        End::Never => {}
    }
}
