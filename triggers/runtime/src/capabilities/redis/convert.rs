//! Answers of a server, as functions are given them.

use spindrift_redis::{RedisError, ServerError, Value};

use super::wit::{Error, RedisResult};

/// A command without an answer that could be relied on.
pub(super) fn failed(error: &RedisError) -> Error {
    Error::Other(unanswered(error))
}

/// The same in words.
pub(crate) fn unanswered(error: &RedisError) -> String {
    match error.is_timeout() {
        true => "the server did not answer in time; whether it did what was asked is not known"
            .to_owned(),
        false => format!("the connection failed: {error}"),
    }
}

/// That the command was carried out, whatever it answered.
pub(super) fn done(answer: Value) -> Result<(), Error> {
    sound(answer).map(drop)
}

pub(super) fn payload(answer: Value) -> Result<Option<Vec<u8>>, Error> {
    match sound(answer)? {
        Value::Nil => Ok(None),
        Value::BulkString(bytes) => Ok(Some(bytes)),
        _ => Err(Error::TypeError),
    }
}

pub(super) fn number(answer: Value) -> Result<i64, Error> {
    match sound(answer)? {
        Value::Int(number) => Ok(number),
        _ => Err(Error::TypeError),
    }
}

pub(super) fn count(answer: Value) -> Result<u32, Error> {
    u32::try_from(number(answer)?).map_err(|_| Error::TypeError)
}

pub(super) fn texts(answer: Value) -> Result<Vec<String>, Error> {
    let (Value::Array(members) | Value::Set(members)) = sound(answer)? else {
        return Err(Error::TypeError);
    };
    let text = |member: Value| match member {
        Value::BulkString(bytes) => String::from_utf8(bytes).map_err(|_| Error::TypeError),
        _ => Err(Error::TypeError),
    };
    members.into_iter().map(text).collect()
}

/// Everything of an answer, in the order in which it came.
pub(super) fn results(answer: Value) -> Result<Vec<RedisResult>, Error> {
    let mut results = Vec::new();
    flatten(answer, &mut results)?;
    Ok(results)
}

fn flatten(answer: Value, results: &mut Vec<RedisResult>) -> Result<(), Error> {
    let result = match answer {
        Value::Nil => RedisResult::Nil,
        Value::Int(number) => RedisResult::Int64(number),
        Value::Boolean(truth) => RedisResult::Int64(i64::from(truth)),
        Value::Okay => RedisResult::Status("OK".to_owned()),
        Value::SimpleString(text) => RedisResult::Status(text),
        Value::BulkString(bytes) => RedisResult::Binary(bytes),
        Value::VerbatimString { text, .. } => RedisResult::Binary(text.into_bytes()),
        Value::Double(number) => RedisResult::Binary(number.to_string().into_bytes()),
        Value::ServerError(error) => return Err(refused(&error)),
        Value::Attribute { data, .. } => return flatten(*data, results),
        Value::Array(values) | Value::Set(values) | Value::Push { data: values, .. } => {
            let mut values = values.into_iter();
            return values.try_for_each(|value| flatten(value, results));
        }
        Value::Map(pairs) => {
            let mut values = pairs.into_iter().flat_map(|(key, value)| [key, value]);
            return values.try_for_each(|value| flatten(value, results));
        }
        // Nothing of what is asked for by the protocol of here.
        _ => return Err(Error::TypeError),
    };
    results.push(result);
    Ok(())
}

/// An answer that is no refusal.
fn sound(answer: Value) -> Result<Value, Error> {
    match answer {
        Value::ServerError(error) => Err(refused(&error)),
        answer => Ok(answer),
    }
}

/// What the server says of a command that it did not carry out.
fn refused(error: &ServerError) -> Error {
    let (code, details) = (error.code(), error.details().unwrap_or_default());
    if code == "WRONGTYPE" || details.contains("not an integer") {
        return Error::TypeError;
    }
    Error::Other(refusal(error))
}

/// The same in the server's words.
pub(crate) fn refusal(error: &ServerError) -> String {
    let (code, details) = (error.code(), error.details().unwrap_or_default());
    format!("{code} {details}").trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_one_list_however_it_is_nested() {
        let inner = vec![Value::Int(1), Value::BulkString(vec![0, 255]), Value::Nil];
        let answer = Value::Array(vec![Value::Okay, Value::Array(inner)]);
        let results = results(answer).unwrap();
        assert!(
            matches!(
                &results[..],
                [
                    RedisResult::Status(ok),
                    RedisResult::Int64(1),
                    RedisResult::Binary(bytes),
                    RedisResult::Nil,
                ] if ok == "OK" && bytes == &[0, 255]
            ),
            "{results:?}"
        );
    }

    #[test]
    fn what_is_of_another_type_is_a_type_error() {
        assert!(matches!(payload(Value::Int(1)), Err(Error::TypeError)));
        assert!(matches!(count(Value::Int(-1)), Err(Error::TypeError)));
        let latin = Value::Array(vec![Value::BulkString(vec![0xe9])]);
        assert!(matches!(texts(latin), Err(Error::TypeError)));
    }
}
