//! What the guard changes in the server's answers that are not about a call: the list of tools, and what a
//! server says that it can do.

use super::actions;
use super::message::{self, Id, Message, Object, raw_of};
use super::session::Session;
use rmcp::model::{ErrorCode, ErrorData};
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use std::rc::Rc;

/// Tasks outlive the call that begins them. The guard does not follow them, so it does not offer them.
const TASKS: &str = "io.modelcontextprotocol/tasks";
/// Where a result has the name of its server, from 2026-07-28 on.
const SERVER_INFO: &str = "io.modelcontextprotocol/serverInfo";

/// The name of a server as a part of the name of an action: other characters become _, so that the dot after
/// it is the first one.
pub fn name_of(name: &str) -> Option<String> {
    let fit = |c: char| if c.is_ascii_alphanumeric() || c == '-' || c == '_' { c } else { '_' };
    let name: String = name.chars().take(64).map(fit).collect();
    Some(name).filter(|name| !name.is_empty())
}

impl Session {
    /// Takes the server's name from its first answer that has one. It does not change any more.
    fn learn_name(&self, result: &Object) {
        if self.server_name.borrow().is_some() {
            return;
        }
        let info = |from: &Value| from.get("name").and_then(Value::as_str).and_then(name_of);
        let meta = result.get::<Value>("_meta");
        let name = match result.get::<Value>("serverInfo") {
            Some(server) => info(&server),
            None => meta.as_ref().and_then(|meta| info(meta.get(SERVER_INFO)?)),
        };
        if let Some(name) = name {
            eprintln!("awgp mcp guard: the actions of this server are {name}.TOOL");
            self.server_name.replace(Some(name));
        }
    }
}

fn result_of(message: &Message) -> Option<Object> {
    Object::read(message.object.raw("result")?.get(), &[]).ok()
}

/// The answer with another result; the rest of it as it was.
fn with_result(message: &Message, result: &Object) -> Option<String> {
    let mut whole = Object::read(&message.text, &[]).ok()?;
    whole.set("result", result.raw_json());
    Some(whole.json())
}

/// The answer to initialize or server/discover: learns the server's name, takes tasks out of what it can do,
/// and adds that its list of tools may change. None: it passes as it is.
pub fn hello(session: &Session, message: &Message) -> Option<String> {
    let mut result = result_of(message)?;
    session.learn_name(&result);
    let mut capabilities = Object::read(result.raw("capabilities")?.get(), &[]).ok()?;
    let has_tasks = take_tasks(&mut capabilities);
    // Without initialize there is nobody to whom the guard could tell it by itself.
    let changes = session.has_initialized.get() && add_changes(&mut capabilities);
    if !has_tasks && !changes {
        return None;
    }
    result.set("capabilities", capabilities.raw_json());
    with_result(message, &result)
}

fn take_tasks(capabilities: &mut Object) -> bool {
    let extensions: Option<Map<String, Value>> = capabilities.get("extensions");
    let has_extension = extensions.as_ref().is_some_and(|known| known.contains_key(TASKS));
    if capabilities.raw("tasks").is_none() && !has_extension {
        return false;
    }
    capabilities.remove("tasks");
    if let Some(mut extensions) = extensions.filter(|_| has_extension) {
        extensions.shift_remove(TASKS);
        capabilities.set("extensions", raw_of(&extensions));
    }
    true
}

/// The guard cuts the list, so it changes even where the server's own does not.
fn add_changes(capabilities: &mut Object) -> bool {
    let Some(tools) = capabilities.raw("tools") else { return false };
    let Ok(mut tools) = Object::read(tools.get(), &["listChanged"]) else { return false };
    if tools.get("listChanged") == Some(true) {
        return false;
    }
    tools.set("listChanged", raw_of(&true));
    capabilities.set("tools", tools.raw_json());
    true
}

/// The list of tools as the client has it: the server's, and those of them that the assistant may use.
#[derive(Default)]
pub struct Listed {
    tools: BTreeSet<String>,
    kept: BTreeSet<String>,
}

impl Listed {
    /// A page of it was answered.
    fn add(&mut self, tools: impl IntoIterator<Item = String>, capabilities: &[String]) {
        self.tools.extend(tools);
        self.cut(capabilities);
    }

    /// Whether these capabilities make it another list.
    fn cut(&mut self, capabilities: &[String]) -> bool {
        let may = capabilities.iter().filter(|may| self.tools.contains(*may)).cloned().collect();
        let is_new = self.kept != may;
        self.kept = may;
        is_new
    }
}

/// Tells a client whose list of tools is no longer what it would be answered.
pub async fn keep_up(session: Rc<Session>) {
    let mut capabilities = session.guard.gate.capabilities();
    // The gate goes after all sessions.
    while capabilities.changed().await.is_ok() {
        tell_if_changed(&session).await;
    }
}

async fn tell_if_changed(session: &Session) {
    let is_new = {
        let capabilities = session.guard.gate.capabilities();
        let may = capabilities.borrow();
        session.listed.borrow_mut().cut(&may)
    };
    if is_new && session.has_initialized.get() {
        let message = json!({"jsonrpc": "2.0", "method": "notifications/tools/list_changed"});
        session.to_client(message.to_string()).await;
    }
}

/// Answers tools/list with the tools that the assistant may use. A page may become empty; its cursor stays.
pub async fn cut(session: Rc<Session>, id: Id, message: Message) {
    let text = match cut_text(&session, &message).await {
        Ok(Some(text)) => text,
        Ok(None) => message.text,
        Err(error) => message::error(Some(&id), &error),
    };
    session.reply(&id, text).await;
    // Another call may have read newer capabilities than those that this list was cut with.
    tell_if_changed(&session).await;
}

async fn cut_text(session: &Session, message: &Message) -> Result<Option<String>, ErrorData> {
    if message.object.raw("error").is_some() {
        return Ok(None);
    }
    let wrong =
        |why: &str| ErrorData::new(ErrorCode::INTERNAL_ERROR, format!("the list of tools: {why}"), None);
    let mut result = result_of(message).ok_or_else(|| wrong("the result is no object"))?;
    session.learn_name(&result);
    let Some(tools) = result.get::<Vec<Box<RawValue>>>("tools") else { return Err(wrong("there is none")) };
    let server = session.server_name.borrow().clone();
    let Some(server) = server else {
        return Err(wrong("the server has no name; start the guard with --name"));
    };
    let capabilities = actions::capabilities(&session.guard.gate).await.map_err(|failure| {
        eprintln!("awgp mcp guard: the capabilities cannot be read: {failure}");
        wrong("the capabilities of the assistant cannot be read")
    })?;
    let action = |tool: &RawValue| {
        let name = Object::read(tool.get(), &["name"]).ok()?.get::<String>("name")?;
        Some(format!("{server}.{name}"))
    };
    session.listed.borrow_mut().add(tools.iter().filter_map(|tool| action(tool)), &capabilities);
    let may = |tool: &RawValue| action(tool).is_some_and(|action| capabilities.contains(&action));
    let kept: Vec<&RawValue> = tools.iter().map(|tool| &**tool).filter(|tool| may(tool)).collect();
    if kept.len() == tools.len() {
        return Ok(None);
    }
    result.set("tools", raw_of(&kept));
    Ok(with_result(message, &result))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_another_one_only_where_a_tool_of_the_server_comes_or_goes() {
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        let mut listed = Listed::default();
        assert!(!listed.cut(&texts(&["s.a", "send_mail"])), "no list was asked for");
        listed.add(texts(&["s.a", "s.b"]), &texts(&["s.a", "send_mail"]));
        assert!(!listed.cut(&texts(&["s.a", "t.b", "s.unknown"])));
        assert!(listed.cut(&texts(&["s.a", "s.b"])));
        assert!(!listed.cut(&texts(&["s.b", "s.a"])));
        assert!(listed.cut(&[]));
        listed.add(texts(&["s.c"]), &texts(&["s.c"]));
        assert!(!listed.cut(&texts(&["s.c"])));
    }

    #[test]
    fn the_name_of_a_server_has_no_dot() {
        assert_eq!(name_of("a.b c/é").as_deref(), Some("a_b_c__"));
        assert_eq!(name_of(""), None);
    }
}
