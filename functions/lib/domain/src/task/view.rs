//! A task as JSON.

use serde::ser::{Serialize, SerializeStruct, Serializer};

use super::{Moment, Task};
use crate::instant::{Day, Out};

/// A task as the API shows it at a moment.
#[derive(Clone, Copy, Debug)]
pub struct TaskView<'a> {
    /// The task.
    pub task: &'a Task,
    /// When it is looked at.
    pub moment: Moment,
}

impl Serialize for TaskView<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_struct("Task", 18)?;
        write_stored(self.task, &mut object)?;
        object.serialize_field("due_date", &self.task.fields.due_at.map(Out))?;
        object.serialize_field("is_overdue", &self.task.is_overdue(self.moment))?;
        object.serialize_field("is_due_soon", &self.task.is_due_soon(self.moment))?;
        object.end()
    }
}

/// A task as events carry it: without what depends on the moment.
pub(super) struct Stored<'a>(pub(super) &'a Task);

impl Serialize for Stored<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_struct("Task", 15)?;
        write_stored(self.0, &mut object)?;
        object.end()
    }
}

fn write_stored<O: SerializeStruct>(task: &Task, object: &mut O) -> Result<(), O::Error> {
    let fields = &task.fields;
    object.serialize_field("id", &task.id)?;
    object.serialize_field("title", &fields.title)?;
    object.serialize_field("description", &fields.description)?;
    object.serialize_field("status", fields.status.name())?;
    object.serialize_field("priority", &fields.priority.number())?;
    object.serialize_field("tags", &fields.tags)?;
    object.serialize_field("due_at", &fields.due_at.map(Out))?;
    object.serialize_field("all_day_on", &fields.all_day_on.map(Day))?;
    let reminders: Vec<Out> = fields.remind_at.iter().copied().map(Out).collect();
    object.serialize_field("remind_at", &reminders)?;
    object.serialize_field("completed_at", &task.completed_at.map(Out))?;
    object.serialize_field("recurring_task_id", &task.recurring_task_id)?;
    object.serialize_field("occurrence_on", &task.occurrence_on.map(Day))?;
    object.serialize_field("version", &task.version)?;
    object.serialize_field("created_at", &Out(task.created_at))?;
    object.serialize_field("updated_at", &Out(task.updated_at))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::instant::{parse, parse_date};
    use crate::task::{Change, TaskFields};
    use serde_json::json;
    use uuid::Uuid;

    #[test]
    fn a_task_is_written_with_all_its_fields() {
        let now = parse("2025-01-08T09:00:00.5Z").unwrap();
        let fields = TaskFields::parse(json!({
            "title": "Milk", "tags": ["shop"], "due_at": "2025-01-08T11:00:00+01:00",
            "remind_at": ["2025-01-08T09:30:00Z"],
        }))
        .unwrap();
        let task = Change::create(Uuid::from_u128(7), Uuid::nil(), fields, now).task;
        let moment = Moment {
            now,
            today: parse_date("2025-01-08"),
        };
        assert_eq!(
            serde_json::to_value(TaskView {
                task: &task,
                moment
            })
            .unwrap(),
            json!({
                "id": "00000000-0000-0000-0000-000000000007",
                "title": "Milk", "description": "", "status": "open", "priority": 2,
                "tags": ["shop"], "due_at": "2025-01-08T10:00:00Z",
                "due_date": "2025-01-08T10:00:00Z", "all_day_on": null,
                "remind_at": ["2025-01-08T09:30:00Z"], "completed_at": null,
                "recurring_task_id": null, "occurrence_on": null, "version": 1,
                "created_at": "2025-01-08T09:00:00.500000Z",
                "updated_at": "2025-01-08T09:00:00.500000Z",
                "is_overdue": false, "is_due_soon": true,
            })
        );
    }

    #[test]
    fn what_get_gave_can_be_put_back() {
        let now = parse("2025-01-08T09:00:00Z").unwrap();
        let fields = TaskFields::parse(json!({"title": "x", "all_day_on": "2025-02-01"})).unwrap();
        let task = Change::create(Uuid::from_u128(7), Uuid::nil(), fields.clone(), now).task;
        let view = TaskView {
            task: &task,
            moment: Moment { now, today: None },
        };
        assert_eq!(
            TaskFields::parse(serde_json::to_value(view).unwrap()).unwrap(),
            fields
        );
    }
}
