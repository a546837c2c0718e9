//! Mistakes that are planted are found: the tests of the tests.

use crate::schema::Schema;
use crate::source::{Source, all};
use crate::{arguments, habits, names, runs};

fn finds(found: &[String], words: &str) -> anyhow::Result<()> {
    anyhow::ensure!(
        found.iter().any(|one| one.contains(words)),
        "nothing says '{words}': {found:?}"
    );
    Ok(())
}

fn in_arguments(text: &str, words: &str) -> anyhow::Result<()> {
    finds(
        &arguments::mistakes(&Source::of(text)?, &Schema::read()?)?,
        words,
    )
}

fn in_names(text: &str, words: &str) -> anyhow::Result<()> {
    finds(
        &names::unresolved(&Source::of(text)?, &Schema::read()?, &all()?)?,
        words,
    )
}

fn in_calls(text: &str, words: &str) -> anyhow::Result<()> {
    finds(&names::wrong_calls(&Source::of(text)?, &all()?), words)
}

#[test]
fn wrong_arguments_are_found() -> anyhow::Result<()> {
    let vpc = |rest: &str| {
        format!(
            "resource \"digitalocean_vpc\" \"a\" {{\n name = \"a\"\n region = \"fra1\"\n {rest}\n}}"
        )
    };
    anyhow::ensure!(arguments::mistakes(&Source::of(&vpc(""))?, &Schema::read()?)?.is_empty());
    in_arguments(
        &vpc("ip_rage = \"10.0.0.0/20\""),
        "there is no argument ip_rage",
    )?;
    in_arguments(&vpc("urn = \"x\""), "urn is computed and cannot be set")?;
    in_arguments(&vpc("ip_range = [\"10.0.0.0/20\"]"), "ip_range = Array")?;
    in_arguments(&vpc("subnet {}"), "there is no block subnet")?;
    in_arguments(
        "resource \"digitalocean_vpc\" \"a\" {\n name = \"a\"\n}",
        "the argument region is required",
    )?;
    in_arguments("resource \"digitalocean_vcp\" \"a\" {}", "no such type")?;
    in_arguments(
        "provider \"digitalocean\" {\n tokn = \"\"\n}",
        "there is no argument tokn",
    )
}

#[test]
fn wrong_blocks_are_found() -> anyhow::Result<()> {
    let cluster = |rest: &str| {
        format!(
            "resource \"digitalocean_kubernetes_cluster\" \"a\" {{\n name = \"a\"\n region = \"fra1\"\n version = \"1\"\n {rest}\n}}"
        )
    };
    let pool = "node_pool {\n name = \"a\"\n size = \"b\"\n node_count = 1\n}\n";
    anyhow::ensure!(
        arguments::mistakes(&Source::of(&cluster(pool))?, &Schema::read()?)?.is_empty()
    );
    in_arguments(&cluster(""), "a block node_pool is required")?;
    in_arguments(
        &cluster(&format!("{pool}{pool}")),
        "2 blocks node_pool, too many",
    )?;
    in_arguments(
        &cluster("node_pool {\n name = \"a\"\n}"),
        "node_pool: the argument size is required",
    )?;
    in_arguments(
        &cluster(&pool.replace('1', "\"one\"")),
        "node_count = String",
    )?;
    in_arguments(
        &cluster("dynamic \"node_pool\" {\n for_each = []\n}"),
        "needs for_each and content",
    )
}

#[test]
fn names_that_lead_nowhere_are_found() -> anyhow::Result<()> {
    in_names(
        "output \"a\" {\n value = var.gone\n}",
        "var.gone: there is no such variable",
    )?;
    in_names(
        "output \"a\" {\n value = \"x-${local.gone}\"\n}",
        "local.gone: there is no such local",
    )?;
    in_names(
        "output \"a\" {\n value = [for one in var.gone : one.x]\n}",
        "var.gone",
    )?;
    in_names(
        "output \"a\" {\n value = digitalocean_vpc.gone.id\n}",
        "there is no resource digitalocean_vpc.gone",
    )?;
    in_names(
        "output \"a\" {\n value = module.gone.id\n}",
        "there is no such module",
    )?;
    let call = "module \"a\" {\n source = \"../modules/cluster\"\n}\noutput \"b\" {\n value = module.a.gone\n}";
    in_names(call, "module.a.gone: there is no such output")?;
    let data = "data \"digitalocean_domain\" \"a\" {\n name = \"a\"\n}\noutput \"b\" {\n value = data.digitalocean_domain.a.gone\n}";
    in_names(data, "there is no such attribute")
}

#[test]
fn wrong_calls_and_leftovers_are_found() -> anyhow::Result<()> {
    in_calls(
        "module \"a\" {\n source = \"../modules/gone\"\n}",
        "its source is no module",
    )?;
    in_calls(
        "module \"a\" {\n source = \"../modules/spaces\"\n}",
        "prefix is required",
    )?;
    in_calls(
        "module \"a\" {\n source = \"../modules/spaces\"\n prefiks = \"\"\n}",
        "no variable prefiks",
    )?;
    let unused = "variable \"a\" {\n type = string\n validation {\n condition = var.a != \"\"\n error_message = \"a\"\n }\n}\nlocals {\n b = 1\n}";
    let found = names::unused(&Source::of(unused)?);
    finds(&found, "nothing uses var.a")?;
    finds(&found, "nothing uses local.b")
}

#[test]
fn bad_habits_are_found() -> anyhow::Result<()> {
    let of = |text: &str| anyhow::Ok(habits::undescribed(&Source::of(text)?));
    finds(&of("output \"a\" {\n value = 1\n}")?, "no description")?;
    finds(
        &of("variable \"a\" {\n description = \"What it is.\"\n}")?,
        "has no type",
    )?;
    finds(
        &of("variable \"a\" {\n description = \"What it is.\"\n type = any\n}")?,
        "takes anything",
    )?;
    finds(
        &of("variable \"a\" {\n description = \"What it is.\"\n type = string\n}")?,
        "has no validation",
    )?;
    let silent = "variable \"a\" {\n description = \"What it is.\"\n type = string\n validation {\n condition = true\n error_message = \"Wrong.\"\n }\n}";
    finds(&of(silent)?, "does not begin with its name")?;
    let loose = "terraform {\n required_version = \">= 1.11\"\n required_providers {\n digitalocean = { source = \"digitalocean/digitalocean\", version = \"~> 2\" }\n }\n}";
    let found = habits::unpinned(&Source::of(loose)?, true);
    finds(&found, "no upper bound")?;
    finds(&found, "is not \"2.99.1\"")
}

#[test]
fn secrets_are_found() -> anyhow::Result<()> {
    finds(
        &habits::secrets("a", "x = 1\n  token = \"abc\""),
        "a:2: looks like a secret",
    )?;
    finds(
        &habits::secrets("a", &format!("# {}{}", "dop_v1_", "0123")),
        "looks like a secret",
    )?;
    anyhow::ensure!(
        habits::secrets("a", "  name = \"token\"\n  password = var.password").is_empty()
    );
    let shown = "resource \"digitalocean_database_cluster\" \"a\" {}\noutput \"b\" {\n value = digitalocean_database_cluster.a.uri\n}";
    finds(
        &names::open_secrets(&Source::of(shown)?, &Schema::read()?)?,
        "shows digitalocean_database_cluster.a.uri",
    )
}

#[test]
fn wrong_runs_are_found() -> anyhow::Result<()> {
    let (schema, sources) = (Schema::read()?, all()?);
    let root = &sources[0];
    let text = "variables {\n gone = 1\n}\nrun \"a\" {\n assert {\n condition = output.gone == module.cluster.gone\n error_message = \"\"\n }\n}\nrun \"b\" {\n command = plan\n}";
    let found = runs::mistakes(&hcl::parse(text)?, root, &schema, &sources)?;
    for words in [
        "set gone",
        "output.gone: there is no such output",
        "module.cluster.gone",
        "run a: is no plan",
        "run b: looks at nothing",
    ] {
        finds(&found, words)?;
    }
    Ok(())
}
