//! `infra/monitoring/metrics.txt`: which metrics there are.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, bail, ensure};

/// What is known of one series.
#[derive(Clone, Debug, Default)]
pub(crate) struct Series {
    /// Who exports it.
    pub(crate) group: String,
    /// The family's name, as in the file.
    pub(crate) family: String,
    /// Its labels, as queries name them.
    pub(crate) labels: BTreeSet<String>,
    /// The values of `le`, of a histogram's buckets alone.
    pub(crate) buckets: BTreeSet<String>,
}

/// All series by their names.
#[derive(Debug, Default)]
pub(crate) struct Catalog(BTreeMap<String, Series>);

impl Catalog {
    /// Reads the file's text. The error names the line.
    pub(crate) fn parse(text: &str) -> anyhow::Result<Self> {
        let mut catalog = Self::default();
        let (mut group, mut adds) = (String::new(), BTreeSet::new());
        for (at, line) in text.lines().enumerate() {
            let parts: Vec<&str> = line.split_whitespace().collect();
            let added = match parts.as_slice() {
                [] | ["#", ..] => Ok(()),
                ["group", name] => {
                    group = (*name).to_owned();
                    adds.clear();
                    Ok(())
                }
                ["source", ..] => Ok(()),
                ["adds", labels] => {
                    adds = list(labels);
                    Ok(())
                }
                [family, kind, labels] => catalog.add(&group, &adds, family, kind, labels, "-"),
                [family, kind, labels, buckets] => {
                    catalog.add(&group, &adds, family, kind, labels, buckets)
                }
                _ => bail!("line {}: {line:?} is none of the forms at the head", at + 1),
            };
            added.with_context(|| format!("line {}", at + 1))?;
        }
        Ok(catalog)
    }

    fn add(
        &mut self,
        group: &str,
        adds: &BTreeSet<String>,
        family: &str,
        kind: &str,
        labels: &str,
        buckets: &str,
    ) -> anyhow::Result<()> {
        ensure!(!group.is_empty(), "{family} is in no group");
        let renamed = |label: String| match adds.contains(&label) {
            true => format!("exported_{label}"),
            false => label,
        };
        let labels = list(labels).into_iter().map(renamed);
        let series = Series {
            group: group.to_owned(),
            family: family.to_owned(),
            labels: labels.chain(adds.iter().cloned()).collect(),
            buckets: BTreeSet::new(),
        };
        ensure!(
            (kind == "histogram") == (buckets != "-"),
            "{family}: a histogram has buckets, and nothing else does"
        );
        match kind {
            "gauge" => self.insert(family, series),
            "counter" if family.ends_with("_total") => self.insert(family, series),
            "counter" => self.insert(&format!("{family}_total"), series),
            "histogram" => {
                let mut bucket = series.clone();
                bucket.labels.insert("le".to_owned());
                bucket.buckets = list(buckets);
                bucket.buckets.insert("+Inf".to_owned());
                self.insert(&format!("{family}_sum"), series.clone())?;
                self.insert(&format!("{family}_count"), series)?;
                self.insert(&format!("{family}_bucket"), bucket)
            }
            _ => bail!("{family}: {kind} is no type"),
        }
    }

    fn insert(&mut self, name: &str, series: Series) -> anyhow::Result<()> {
        let before = self.0.insert(name.to_owned(), series);
        ensure!(before.is_none(), "{name} is there twice");
        Ok(())
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Series> {
        self.0.get(name)
    }

    /// The families' names, with the names of their series.
    pub(crate) fn families(&self) -> BTreeMap<&str, Vec<&str>> {
        let mut families: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (name, series) in &self.0 {
            families.entry(&series.family).or_default().push(name);
        }
        families
    }

    /// The names of a group's series.
    pub(crate) fn of_group(&self, group: &str) -> BTreeSet<&str> {
        let all = self.0.iter();
        all.filter(|(_, series)| series.group == group)
            .map(|(name, _)| name.as_str())
            .collect()
    }
}

fn list(text: &str) -> BTreeSet<String> {
    let parts = text.split(',').filter(|part| *part != "-");
    parts.map(str::to_owned).collect()
}
