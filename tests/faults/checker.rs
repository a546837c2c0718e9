//! What was sent, held against what is there.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Display, Formatter};

use uuid::Uuid;

use crate::found::Found;
use crate::ledger::{Ledger, Name};

/// What can be wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// An acknowledged change without its event, or an event without its effect.
    Lost,
    /// An effect that is there twice, or one change made twice.
    Doubled,
    /// An effect that came before that of an earlier change of the same person.
    Reordered,
    /// An event that still waits.
    LeftOver,
    /// An effect without its row in the inbox, or the other way round.
    Torn,
    /// The effect of a change that nobody made.
    Unasked,
    /// A dead letter of an event that could have been handled, or for another reason.
    UnexplainedDeadLetter,
    /// A dead letter that had to be.
    MissingDeadLetter,
}

/// What the checker saw.
#[derive(Debug, Default)]
pub(crate) struct Verdict {
    /// Each fault, and whose it is.
    pub(crate) faults: Vec<(Fault, String)>,
    sent: usize,
    acknowledged: usize,
    kills: usize,
    dead: usize,
}

/// Holds the ledger against the database.
pub(crate) fn check(ledger: &Ledger, found: &Found) -> Verdict {
    let mut verdict = Verdict {
        sent: ledger.sent.len(),
        acknowledged: ledger.acknowledged(),
        kills: ledger.kills,
        dead: found.dead_letters.len(),
        faults: Vec::new(),
    };
    verdict.check_written(ledger, found);
    verdict.check_effects(ledger, found);
    verdict.check_inbox(found);
    verdict.check_order(ledger, found);
    verdict.check_dead_letters(ledger, found);
    verdict.check_left_over(found);
    verdict
}

impl Verdict {
    /// How often one kind of fault was seen.
    pub(crate) fn count(&self, fault: Fault) -> usize {
        self.faults
            .iter()
            .filter(|(kind, _)| *kind == fault)
            .count()
    }

    fn note(&mut self, fault: Fault, what: impl Display) {
        self.faults.push((fault, what.to_string()));
    }

    /// Every acknowledged change has one event, and that is the one that was sent.
    fn check_written(&mut self, ledger: &Ledger, found: &Found) {
        let mut events: BTreeMap<Name, BTreeSet<&str>> = BTreeMap::new();
        for written in &found.written {
            if let Some(name) = written.name {
                events.entry(name).or_default().insert(&written.event_id);
            }
        }
        for (name, sent) in &ledger.sent {
            let ids = events.get(name);
            let count = ids.map_or(0, BTreeSet::len);
            let known = sent.event_id.map(|id| id.to_string());
            let is_there = known.is_none_or(|id| ids.is_some_and(|ids| ids.contains(&*id)));
            if sent.acknowledged && (count == 0 || !is_there) {
                let topic = sent.topic;
                self.note(Fault::Lost, format!("no event on {topic} of {name:?}"));
            }
            if count > 1 {
                self.note(Fault::Doubled, format!("{count} events of {name:?}"));
            }
        }
    }

    /// Every event has one effect, and no effect is without a change that was sent.
    fn check_effects(&mut self, ledger: &Ledger, found: &Found) {
        let mut effects: BTreeMap<&str, usize> = BTreeMap::new();
        for effect in &found.effects {
            *effects.entry(&effect.event_id).or_default() += 1;
        }
        let events: BTreeSet<&str> = found.written.iter().map(|w| &*w.event_id).collect();
        for id in &events {
            match effects.get(id).copied().unwrap_or_default() {
                0 => self.note(Fault::Lost, format!("no effect of event {id}")),
                1 => {}
                count => self.note(Fault::Doubled, format!("{count} effects of event {id}")),
            }
        }
        for effect in &found.effects {
            let asked = effect
                .name
                .is_none_or(|name| ledger.sent.contains_key(&name));
            if !asked || !events.contains(&*effect.event_id) {
                self.note(Fault::Unasked, format!("{effect:?}"));
            }
        }
    }

    /// The handler remembers what had its effect, and nothing else.
    fn check_inbox(&mut self, found: &Found) {
        let inbox: BTreeSet<&str> = found.inbox.iter().map(|id| &**id).collect();
        let effects: BTreeSet<&str> = found.effects.iter().map(|e| &*e.event_id).collect();
        for id in inbox.symmetric_difference(&effects) {
            self.note(Fault::Torn, id);
        }
    }

    /// Each person's effects came in the order of the changes.
    fn check_order(&mut self, ledger: &Ledger, found: &Found) {
        let mut last: BTreeMap<Uuid, i32> = BTreeMap::new();
        for name in found.effects.iter().filter_map(|effect| effect.name) {
            if ledger.shuffled.contains(&name.person) {
                continue;
            }
            let last = last.entry(name.person).or_insert(i32::MIN);
            if name.sequence < *last {
                self.note(Fault::Reordered, format!("{name:?} after {last}"));
            }
            *last = name.sequence.max(*last);
        }
    }

    /// Every dead letter was meant to be one, and every one that was meant is there.
    fn check_dead_letters(&mut self, ledger: &Ledger, found: &Found) {
        let mut expected: BTreeMap<(&str, &str), (&str, usize)> = BTreeMap::new();
        for (kind, poisons) in &ledger.poison {
            for poison in poisons {
                expected.insert((kind, poison.consumer), (poison.reason, 0));
            }
        }
        for letter in &found.dead_letters {
            let kind = letter.poison.as_deref().unwrap_or_default();
            match expected.get_mut(&(kind, &*letter.consumer)) {
                Some((reason, count)) if letter.reason.contains(*reason) => *count += 1,
                _ => {
                    let (id, who, why) = (&letter.event_id, &letter.consumer, &letter.reason);
                    let what = format!("event {id} for {who}: {why}");
                    self.note(Fault::UnexplainedDeadLetter, what);
                }
            }
        }
        for (key, (_, count)) in expected {
            match count {
                0 => self.note(Fault::MissingDeadLetter, format!("{key:?}")),
                1 => {}
                count => self.note(Fault::Doubled, format!("{count} dead letters {key:?}")),
            }
        }
    }

    fn check_left_over(&mut self, found: &Found) {
        let all = [
            (found.unpublished, "unpublished event"),
            (found.undelivered, "delivery that is not over"),
        ];
        for (count, what) in all {
            for _ in 0..count {
                self.note(Fault::LeftOver, what);
            }
        }
    }
}

impl Display for Verdict {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let unexplained = self.count(Fault::UnexplainedDeadLetter);
        write!(
            f,
            "{} sent, {} acknowledged, {} kills, {} lost, {} doubled, {} reordered, \
             {} left over, {} dead letters, {unexplained} unexplained",
            self.sent,
            self.acknowledged,
            self.kills,
            self.count(Fault::Lost),
            self.count(Fault::Doubled),
            self.count(Fault::Reordered),
            self.count(Fault::LeftOver),
            self.dead,
        )
    }
}
