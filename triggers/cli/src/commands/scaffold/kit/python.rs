//! Functions in Python, made into components by `componentize-py`.

use super::Kit;
use crate::args::Template;
use crate::doctor::PYTHON;

pub(super) fn kit(template: Template) -> Kit {
    let code = match template {
        Template::Http => include_str!("../templates/python/http.py"),
        Template::Kafka => include_str!("../templates/python/kafka.py"),
        Template::Cron => include_str!("../templates/python/cron.py"),
    };
    let ignored = "/.venv\n/app.wasm\n__pycache__/\n/.spindrift\n/.spin\n";
    Kit {
        files: vec![
            ("src/app.py", code.to_owned()),
            (
                "wit/world.wit",
                include_str!("../templates/python/world.wit").to_owned(),
            ),
            (
                "requirements.txt",
                include_str!("../templates/python/requirements.txt").to_owned(),
            ),
            (".gitignore", ignored.to_owned()),
        ],
        source: "app.wasm".to_owned(),
        // The environment is made once. One that was not finished has no pip.
        commands: &[
            "test -x .venv/bin/pip || python3 -m venv .venv",
            ".venv/bin/pip install --quiet --disable-pip-version-check -r requirements.txt",
            // Everything below its path is searched: not where other functions are, too. And
            // the SDK's world imports more than there is here, unless another bounds it.
            "VIRTUAL_ENV=.venv .venv/bin/componentize-py -d wit -w spin:up/http-trigger@4.1.0 \
             componentize -p src -i spindrift:function/http app -o app.wasm",
        ],
        watch: &["src/**/*.py", "wit/*.wit", "requirements.txt"],
        limits: Some(
            "# Python is large from its start, and its instances are kept all the same.\n\
             retire_memory = \"96MiB\"\n",
        ),
        needs: Some(PYTHON),
    }
}
