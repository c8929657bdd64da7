//! A call of one SQL function with named arguments. What the user left out is left out of the call, so that
//! only the server has defaults. Values are sent as text and the server casts them, so that only the server
//! decides what is malformed.

use crate::failure::Failure;
use crate::input;
use tokio_postgres::types::ToSql;

/// A call of a function in schema awgp.
pub struct Call {
    function: &'static str,
    /// Why an argument cannot be sent.
    fault: Option<Failure>,
    arguments: Vec<String>,
    values: Vec<Box<dyn ToSql + Sync + Send>>,
}

impl Call {
    /// A call without arguments.
    pub fn new(function: &'static str) -> Self {
        Self { function, fault: None, arguments: Vec::new(), values: Vec::new() }
    }

    /// Adds an argument of this SQL type, unless it is absent.
    #[must_use]
    pub fn arg(mut self, name: &str, sql_type: &str, value: Option<impl ToString>) -> Self {
        if let Some(value) = value {
            let mut value = value.to_string();
            if sql_type == "jsonb" {
                match input::json(name, &value) {
                    Ok(json) => value = json,
                    Err(failure) => self.fault = self.fault.or(Some(failure)),
                }
            }
            self.values.push(Box::new(value));
            self.arguments.push(format!("{name} => ${}::text::{sql_type}", self.values.len()));
        }
        self
    }

    /// Adds an argument that has no default: NULL where it is absent.
    #[must_use]
    pub fn optional(mut self, name: &str, sql_type: &str, value: Option<String>) -> Self {
        self.values.push(Box::new(value));
        self.arguments.push(format!("{name} => ${}::text::{sql_type}", self.values.len()));
        self
    }

    /// Adds an array of text, unless it is empty.
    #[must_use]
    pub fn list(mut self, name: &str, values: &[String]) -> Self {
        if !values.is_empty() {
            self.values.push(Box::new(values.to_vec()));
            self.arguments.push(format!("{name} => ${}::text[]", self.values.len()));
        }
        self
    }

    /// Refuses a call with an argument that the server could not accept.
    pub fn check(&self) -> Result<(), Failure> {
        self.fault.clone().map_or(Ok(()), Err)
    }

    /// The statement; each row comes as one JSON object.
    pub fn sql(&self) -> String {
        format!("SELECT row_to_json(r)::text FROM awgp.{}({}) AS r", self.function, self.arguments.join(", "))
    }

    /// The parameters of the statement.
    pub fn parameters(&self) -> Vec<&(dyn ToSql + Sync)> {
        self.values.iter().map(|value| &**value as &(dyn ToSql + Sync)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_absent_is_left_to_the_server() {
        let call = Call::new("create_tenant")
            .arg("name", "text", Some("Nord"))
            .arg("settings", "jsonb", None::<String>)
            .list("tags", &[])
            .arg("parent_tenant_id", "uuid", Some("x"));
        assert_eq!(
            call.sql(),
            "SELECT row_to_json(r)::text FROM awgp.create_tenant(name => $1::text::text, \
             parent_tenant_id => $2::text::uuid) AS r"
        );
        assert_eq!(call.parameters().len(), 2);
    }
}
