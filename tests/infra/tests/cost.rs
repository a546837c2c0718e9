//! `infra/cost`: what each profile costs, from the list prices and from what the roots of
//! `infra/terraform` make.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use anyhow::Context;
use hcl::{Body, Expression};
use spindrift_test_infra::{repository, text};
use toml_edit::{DocumentMut, Table};

/// Of one line of `profiles.toml`.
struct Line {
    profile: String,
    what: String,
    price: String,
    count: f64,
    size: Option<String>,
    number: Option<String>,
    claims: Vec<Claim>,
}

/// What a file of `infra/platform/steps` asks for, in its words, and so many times.
struct Claim {
    text: String,
    each: f64,
    copies: f64,
    file: String,
}

fn document(path: &str) -> anyhow::Result<DocumentMut> {
    text(path)?
        .parse()
        .with_context(|| format!("cannot read {path}"))
}

fn tables<'a>(document: &'a DocumentMut, name: &str) -> anyhow::Result<Vec<&'a Table>> {
    let all = document
        .get(name)
        .and_then(|item| item.as_array_of_tables())
        .with_context(|| format!("no [[{name}]]"))?;
    Ok(all.iter().collect())
}

fn word(table: &Table, key: &str) -> anyhow::Result<String> {
    let word = table.get(key).and_then(|item| item.as_str());
    Ok(word
        .with_context(|| format!("no text {key} in {table}"))?
        .to_owned())
}

fn number(table: &Table, key: &str) -> anyhow::Result<f64> {
    let value = table.get(key).and_then(|item| item.as_value());
    let number = value.and_then(|value| {
        value
            .as_float()
            .or_else(|| value.as_integer().map(|whole| whole as f64))
    });
    number.with_context(|| format!("no number {key} in {table}"))
}

/// Prices by their ids, each of a page of DigitalOcean's and of a month.
fn prices() -> anyhow::Result<BTreeMap<String, f64>> {
    let mut prices = BTreeMap::new();
    for table in tables(&document("infra/cost/prices.toml")?, "price")? {
        let (id, source, as_of) = (
            word(table, "id")?,
            word(table, "source")?,
            word(table, "as_of")?,
        );
        let page = [
            "https://www.digitalocean.com/pricing/",
            "https://docs.digitalocean.com/products/",
        ];
        anyhow::ensure!(
            page.iter().any(|page| source.starts_with(page)),
            "{id}: {source} is not DigitalOcean's page"
        );
        let month = as_of
            .split_once('-')
            .filter(|(year, month)| year.len() == 4 && month.len() == 2);
        anyhow::ensure!(
            month.is_some(),
            "{id}: as_of is not a month such as 2026-09"
        );
        anyhow::ensure!(
            prices
                .insert(id.clone(), number(table, "monthly")?)
                .is_none(),
            "{id} is there twice"
        );
    }
    Ok(prices)
}

fn lines() -> anyhow::Result<Vec<Line>> {
    let document = document("infra/cost/profiles.toml")?;
    let line = |table: &Table| {
        let optional = |key: &str| {
            table
                .get(key)
                .and_then(|item| item.as_str())
                .map(str::to_owned)
        };
        anyhow::Ok(Line {
            profile: word(table, "profile")?,
            what: word(table, "what")?,
            price: word(table, "price")?,
            count: number(table, "count")?,
            size: optional("size"),
            number: optional("number"),
            claims: claims(table)?,
        })
    };
    tables(&document, "line")?.into_iter().map(line).collect()
}

fn claims(table: &Table) -> anyhow::Result<Vec<Claim>> {
    let all = table.get("claims").and_then(|item| item.as_array());
    let claim = |value: &toml_edit::Value| {
        let one = value
            .as_inline_table()
            .context("a claim is a table")?
            .clone()
            .into_table();
        anyhow::Ok(Claim {
            text: word(&one, "text")?,
            each: number(&one, "each")?,
            copies: number(&one, "copies")?,
            file: word(&one, "file")?,
        })
    };
    all.into_iter().flatten().map(claim).collect()
}

fn bill(profile: &str) -> anyhow::Result<f64> {
    let prices = prices()?;
    let mut sum = 0.0;
    for line in lines()?.into_iter().filter(|line| line.profile == profile) {
        sum += line.count
            * prices
                .get(&line.price)
                .with_context(|| format!("prices.toml has no {}", line.price))?;
    }
    Ok((sum * 100.0).round() / 100.0)
}

/// What a profile's root makes of a variable when nobody says otherwise.
fn variables(profile: &str) -> anyhow::Result<BTreeMap<String, Expression>> {
    let root = if profile == "small" {
        "production"
    } else {
        profile
    };
    let body: Body = hcl::parse(&text(&format!("infra/terraform/{root}/variables.tf"))?)?;
    let mut values = BTreeMap::new();
    for variable in body.blocks() {
        let name = variable
            .labels
            .first()
            .map(|label| label.as_str().to_owned())
            .context("a variable has no name")?;
        let default = variable
            .body
            .attributes()
            .find(|one| one.key.as_str() == "default");
        values.extend(default.map(|default| (name, default.expr.clone())));
    }
    if profile == "small" {
        let given: Body = hcl::parse(&text("infra/terraform/production/small.tfvars")?)?;
        for one in given.attributes() {
            let known = values
                .insert(one.key.to_string(), one.expr.clone())
                .is_some();
            anyhow::ensure!(
                known,
                "small.tfvars sets {}, which has no default in the root",
                one.key
            );
        }
    }
    Ok(values)
}

/// A line says what the root says: the end of the price, and the count.
fn disagreement(line: &Line, values: &BTreeMap<String, Expression>) -> Option<String> {
    let of = |name: &String| values.get(name).cloned().unwrap_or(Expression::Null);
    let size = line.size.as_ref().map(of);
    let end = line
        .price
        .split_once(':')
        .map(|(_, end)| end.to_owned())
        .unwrap_or_default();
    if size
        .as_ref()
        .is_some_and(|size| *size != Expression::String(end))
    {
        return Some(format!(
            "{}: {} is {} here, and {size:?} in the root",
            line.profile, line.what, line.price
        ));
    }
    let wanted = match line.number.as_ref().map(of)? {
        Expression::Number(number) => number.as_f64(),
        Expression::Bool(made) => Some(f64::from(u8::from(made))),
        _ => None,
    };
    (wanted != Some(line.count)).then(|| {
        format!(
            "{}: {} are {} here, and {wanted:?} in the root",
            line.profile, line.what, line.count
        )
    })
}

fn script(name: &str, arguments: &[&str]) -> anyhow::Result<(bool, String)> {
    let said = Command::new(repository().join("infra/cost").join(name))
        .args(arguments)
        .output()?;
    Ok((said.status.success(), String::from_utf8(said.stdout)?))
}

#[test]
fn a_budget_is_at_most_thirty_dollars() -> anyhow::Result<()> {
    let bill = bill("budget")?;
    anyhow::ensure!(
        (24.0..=30.0).contains(&bill),
        "the budget profile costs ${bill}"
    );
    Ok(())
}

#[test]
fn staging_beside_a_small_production_is_about_ninety_dollars() -> anyhow::Result<()> {
    let (small, database) = (bill("small")?, bill("staging")?);
    anyhow::ensure!(
        (80.0..=95.0).contains(&small),
        "both with staging's database elsewhere cost ${small}"
    );
    anyhow::ensure!(
        (90.0..=105.0).contains(&(small + database)),
        "both cost ${}",
        small + database
    );
    let readme = text("infra/cost/README.md")?;
    for sum in [small, small + database] {
        anyhow::ensure!(
            readme.contains(&format!("${sum:.2}")),
            "README.md does not say ${sum:.2}"
        );
    }
    Ok(())
}

#[test]
fn production_is_stated_with_its_bound() -> anyhow::Result<()> {
    let least = bill("production")?;
    let values = variables("production")?;
    let number = |name: &str| match values.get(name) {
        Some(Expression::Number(number)) => number.as_f64(),
        _ => None,
    };
    let more = number("node_max")
        .zip(number("node_min"))
        .map(|(max, min)| max - min)
        .context("no bounds")?;
    let most = least + more * prices()?.get("droplet:s-4vcpu-8gb").context("no price")?;
    let readme = text("infra/cost/README.md")?;
    for sum in [least, most] {
        anyhow::ensure!(
            readme.contains(&format!("${sum:.2}")),
            "README.md does not say ${sum:.2}"
        );
    }
    Ok(())
}

#[test]
fn lines_agree_with_what_terraform_makes() -> anyhow::Result<()> {
    let mut profiles = BTreeSet::new();
    for line in lines()? {
        let wrong = disagreement(&line, &variables(&line.profile)?);
        anyhow::ensure!(wrong.is_none(), "{}", wrong.unwrap_or_default());
        profiles.insert(line.profile);
    }
    let wanted = ["budget", "production", "small", "staging"].map(str::to_owned);
    anyhow::ensure!(
        profiles == BTreeSet::from(wanted),
        "the profiles are {profiles:?}"
    );
    Ok(())
}

#[test]
fn lines_agree_with_what_the_platform_asks_for() -> anyhow::Result<()> {
    for line in lines()?.into_iter().filter(|line| !line.claims.is_empty()) {
        let place = format!("{}: {}", line.profile, line.what);
        let sum: f64 = line
            .claims
            .iter()
            .map(|claim| claim.each * claim.copies)
            .sum();
        anyhow::ensure!(
            sum == line.count,
            "{place} are {}, and the claims come to {sum}",
            line.count
        );
        for claim in line.claims {
            let path = format!("infra/platform/steps/{}", claim.file);
            anyhow::ensure!(
                text(&path)?.contains(&claim.text),
                "{place}: {path} does not say {}",
                claim.text
            );
        }
    }
    Ok(())
}

#[test]
fn a_line_that_disagrees_is_found() -> anyhow::Result<()> {
    let values = variables("budget")?;
    let line = |price: &str, count: f64| Line {
        profile: "budget".to_owned(),
        what: "the node".to_owned(),
        price: price.to_owned(),
        count,
        size: Some("node_size".to_owned()),
        number: Some("node_count".to_owned()),
        claims: Vec::new(),
    };
    anyhow::ensure!(disagreement(&line("droplet:s-2vcpu-4gb", 1.0), &values).is_none());
    anyhow::ensure!(disagreement(&line("droplet:s-1vcpu-2gb", 1.0), &values).is_some());
    anyhow::ensure!(disagreement(&line("droplet:s-2vcpu-4gb", 2.0), &values).is_some());
    Ok(())
}

#[test]
fn the_report_says_what_the_prices_come_to_and_the_readme_has_it() -> anyhow::Result<()> {
    let (fine, report) = script("report", &[])?;
    anyhow::ensure!(fine, "infra/cost/report failed");
    for profile in ["budget", "staging", "small", "production"] {
        let (_, one) = script("report", &[profile])?;
        let total = format!("| **together** | | | **{:.2}** |", bill(profile)?);
        anyhow::ensure!(
            one.contains(&total),
            "{profile}: the report has another sum than {total}:\n{one}"
        );
    }
    let readme = text("infra/cost/README.md")?;
    anyhow::ensure!(
        readme.contains(report.trim()),
        "infra/cost/README.md is not what infra/cost/report prints:\n{report}"
    );
    anyhow::ensure!(
        !script("report", &["gone"])?.0,
        "a profile that is not there is reported"
    );
    Ok(())
}

#[test]
fn what_was_spent_is_compared_with_a_limit() -> anyhow::Result<()> {
    let folder = std::env::temp_dir().join(format!("spindrift-cost-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let file = folder.join("balance.json");
    let path = file.to_str().context("a path is not text")?;
    std::fs::write(
        &file,
        r#"{"month_to_date_balance": "3.00", "month_to_date_usage": "28.41"}"#,
    )?;
    let within = script("spent", &["30", path])?;
    let above = script("spent", &["28", path])?;
    std::fs::write(&file, "{}")?;
    let unknown = script("spent", &["30", path])?;
    std::fs::remove_dir_all(&folder)?;
    anyhow::ensure!(
        within == (true, "used this month: $28.41 of $30\n".to_owned()),
        "{within:?}"
    );
    anyhow::ensure!(!above.0, "more than the limit passes");
    anyhow::ensure!(!unknown.0, "a balance without usage passes");
    anyhow::ensure!(
        !script("spent", &["much", path])?.0,
        "a limit that is no number passes"
    );
    Ok(())
}
