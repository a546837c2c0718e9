use super::*;
use proptest::prelude::*;

fn any_series() -> impl Strategy<Value = (Value, i64)> {
    let frequency = prop::sample::select(vec!["daily", "weekly", "monthly", "yearly"]);
    let mode = prop::sample::select(vec!["fixed", "next_future", "after_completion"]);
    let zone = prop::sample::select(vec!["UTC", "Europe/Brussels", "Pacific/Apia"]);
    let reminder = prop::option::of(0u32..40_320);
    let count = prop::option::of(1u32..40);
    (
        frequency,
        1u32..5,
        mode,
        zone,
        0i64..2_000_000_000,
        reminder,
        count,
    )
        .prop_map(
            |(frequency, interval, mode, zone, start, reminder, count)| {
                let start_date = Out(DateTime::from_timestamp(start, 0).unwrap()).to_string();
                let body = json!({
                    "title": "x", "recurrence_type": frequency, "recurrence_interval": interval,
                    "mode": mode, "time_zone": zone, "start_date": start_date, "count": count,
                    "remind_before": reminder.into_iter().collect::<Vec<_>>(),
                });
                (body, start)
            },
        )
}

proptest! {
    #[test]
    fn however_long_nothing_ran_no_flood_comes_and_nothing_comes_twice(
        (body, start) in any_series(), waits in prop::collection::vec(0i64..90_000_000, 1..8),
    ) {
        let mut now = DateTime::from_timestamp(start, 0).unwrap();
        let (change, first) = Change::create(Uuid::nil(), Uuid::nil(), fields(body), now);
        let mut series = change.series;
        let mut dates: Vec<NaiveDate> = first.make.iter().map(|one| one.on).collect();
        prop_assert_eq!(dates.len(), 1);
        for wait in waits {
            now += TimeDelta::seconds(wait);
            let plan = series.roll_forward(now);
            let late = plan.make.iter().filter(|one| one.due_at <= now).count();
            prop_assert!(late <= usize::from(series.fields.mode == Mode::Fixed));
            prop_assert!(plan.make.len() <= 30);
            dates.extend(plan.make.iter().map(|one| one.on));
            series = after(series, &plan);
            prop_assert!(series.roll_forward(now).is_empty());
            prop_assert!(series.progress.next_due_at.is_none_or(|next| next > now));
        }
        prop_assert!(dates.is_sorted_by(|a, b| a < b));
    }

    #[test]
    fn what_is_made_and_what_is_skipped_are_all_occurrences((body, start) in any_series(), wait in 0i64..90_000_000) {
        let now = DateTime::from_timestamp(start + wait, 0).unwrap();
        let (change, first) = Change::create(Uuid::nil(), Uuid::nil(), fields(body), now);
        let series = change.series;
        if series.fields.mode == Mode::AfterCompletion {
            return Ok(());
        }
        let plan = series.roll_forward(now);
        let told = first.make.len() + plan.make.len() + plan.skipped.map_or(0, |it| it.count as usize);
        let schedule = series.fields.schedule();
        let last_on = plan.progress.last_on.unwrap();
        prop_assert_eq!(schedule.all().take_while(|one| one.on <= last_on).count(), told);
    }

    #[test]
    fn one_done_makes_one_more_and_being_told_again_none(
        (body, start) in any_series(), wait in 0i64..90_000_000,
    ) {
        let now = DateTime::from_timestamp(start + wait, 0).unwrap();
        let (change, first) = Change::create(Uuid::nil(), Uuid::nil(), fields(body), now);
        let series = change.series;
        let done = first.make[0].on;
        let plan = series.settled(done, now, now);
        let ends = series.fields.count == Some(1);
        prop_assert!(ends || !plan.make.is_empty() || plan.progress.next_due_at.is_none());
        let series = after(series, &plan);
        prop_assert!(plan.make.is_empty() || series.settled(done, now, now).is_empty());
    }

    #[test]
    fn a_change_makes_nothing_late_and_leaves_one_task_for_a_date(
        (before, start) in any_series(), (after, _) in any_series(), wait in 0i64..90_000_000,
        is_done in any::<bool>(),
    ) {
        let now = DateTime::from_timestamp(start + wait, 0).unwrap();
        let id = Uuid::nil();
        let series = Change::create(id, id, fields(before), now).0.series;
        let plan = series.roll_forward(now);
        let series = super::after(series, &plan);
        let open: Vec<_> = plan.make.iter().zip(1..).map(|(occurrence, id)| OpenTask {
            id: Uuid::from_u128(id),
            occurrence_on: occurrence.on,
            fields: series.fields.task(*occurrence),
        }).collect();
        let start_on = series.fields.time_zone.date(series.fields.start_date);
        let done_on = is_done.then_some(start_on);
        let made = Made { open: &open, done_on };
        let Some((change, revision)) = Change::write(&series, fields(after), made, now) else {
            return Ok(());
        };
        prop_assert!(revision.plan.make.iter().all(|one| one.due_at > now));
        let kept = open.iter().filter(|task| !revision.withdraw.contains(&task.id));
        let mut dates: Vec<_> = kept.map(|task| task.occurrence_on).collect();
        dates.extend(revision.plan.make.iter().map(|one| one.on));
        dates.sort_unstable();
        prop_assert!(dates.is_sorted_by(|a, b| a < b), "{dates:?}");
        prop_assert!(change.series.roll_forward(now).is_empty());
    }

    #[test]
    fn a_distant_date_is_found_as_if_every_one_before_had_been_walked(
        (body, start) in any_series(), later in 0u64..5_000,
    ) {
        let fields = fields(body);
        let schedule = fields.schedule();
        let from = DateTime::from_timestamp(start, 0).unwrap().date_naive() + chrono::Days::new(later);
        let walked: Vec<_> = schedule.all().skip_while(|one| one.on < from).take(3).collect();
        let found: Vec<_> = schedule.from(from).take(3).collect();
        prop_assert_eq!(found, walked);
    }
}
