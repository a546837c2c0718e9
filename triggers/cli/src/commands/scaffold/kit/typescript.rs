//! Functions in TypeScript, made into components by Spin's build tools.

use super::Kit;
use crate::args::Template;
use crate::doctor::NODE;

pub(super) fn kit(template: Template, name: &str) -> Kit {
    let code = match template {
        Template::Http => include_str!("../templates/typescript/http.ts"),
        Template::Kafka => include_str!("../templates/typescript/kafka.ts"),
        Template::Cron => include_str!("../templates/typescript/cron.ts"),
    };
    let package = include_str!("../templates/typescript/package.json");
    let ignored = "/node_modules\n/build\n/.spindrift\n/.spin\n";
    Kit {
        files: vec![
            ("src/index.ts", code.to_owned()),
            ("package.json", package.replace("{name}", name)),
            (
                "tsconfig.json",
                include_str!("../templates/typescript/tsconfig.json").to_owned(),
            ),
            (
                "build.mjs",
                include_str!("../templates/typescript/build.mjs").to_owned(),
            ),
            (".gitignore", ignored.to_owned()),
        ],
        source: "build/function.wasm".to_owned(),
        commands: &["npm install --no-audit --no-fund", "npm run build"],
        watch: &["src/**/*.ts", "package.json", "tsconfig.json", "build.mjs"],
        limits: Some(
            "# The engine for JavaScript takes one request, and fails at the next.\n\
             reuse = \"none\"\n",
        ),
        needs: Some(NODE),
    }
}
