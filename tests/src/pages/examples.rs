//! The examples of docs/functions.md: `tests/functions.sql`, one session of psql.

/// The examples, which run from top to bottom.
pub const EXAMPLES: &str =
    concat!(include_str!("../../functions.sql"), "\n", include_str!("../../functions_trail.sql"));

/// An example and what it is of.
pub struct Example {
    /// The area of the page.
    pub area: String,
    /// The functions that it is of.
    pub functions: Vec<String>,
    /// What runs between the example before and this one, or else who runs it, in which context.
    pub before: String,
    /// Its own lines.
    pub text: String,
}

/// Who runs what follows in the examples, in which context.
#[derive(Default)]
struct Scene {
    role: String,
    context: String,
    /// Lines since the last example.
    lines: String,
    /// The context before them.
    context_before: String,
}

impl Scene {
    /// Follows a line of the session.
    fn follow(&mut self, line: &str) {
        if self.lines.is_empty() {
            self.context_before.clone_from(&self.context);
        }
        if line.starts_with("-- As ") {
            line.clone_into(&mut self.role);
        } else if line.starts_with("SELECT awgp.set_context(") {
            line.clone_into(&mut self.context);
        }
        if line.starts_with("-- As ") || is_end(line) {
            self.context.clear();
        }
    }

    /// What comes before the next example.
    fn before(&mut self) -> String {
        let lines = std::mem::take(&mut self.lines);
        if lines.contains("-- As ") {
            return lines;
        }
        let within = match self.context_before.trim_end_matches(';') {
            "" => String::new(),
            context => format!(", after {context}"),
        };
        format!("{}{within}\n{lines}", self.role)
    }
}

/// The examples in their order.
pub fn examples() -> Vec<Example> {
    let mut area = String::new();
    let mut scene = Scene::default();
    let mut examples: Vec<Example> = Vec::new();
    let mut within = false;
    for line in EXAMPLES.lines() {
        scene.follow(line);
        if let Some(heading) = line.strip_prefix("-- ## ") {
            heading.clone_into(&mut area);
        } else if let Some(functions) = line.strip_prefix("-- fn: ") {
            let functions = functions.split(' ').map(str::to_owned).collect();
            examples.push(Example {
                area: area.clone(),
                functions,
                before: scene.before(),
                text: String::new(),
            });
            within = true;
        } else if line.is_empty() {
            within = false;
        } else if let (true, Some(example)) = (within || is_end(line), examples.last_mut()) {
            example.text += line;
            example.text.push('\n');
        } else if !area.is_empty() {
            scene.lines += line;
            scene.lines.push('\n');
        }
    }
    examples
}

/// The end of a transaction, which belongs to the example before it.
fn is_end(line: &str) -> bool {
    matches!(line, "COMMIT;" | "ROLLBACK;")
}

/// The examples as psql runs them: members of roles are the harness's own.
pub fn script() -> String {
    let mut script = String::from("\\set ON_ERROR_STOP on\n");
    for line in EXAMPLES.lines() {
        if let Some(role) = line.strip_prefix("-- As a member of awgp_") {
            script += &["SET ROLE awgp_test_", role, ";\n"].concat();
        } else if line == "-- As the superuser" {
            script += "RESET ROLE;\n";
        } else {
            script += line;
            script.push('\n');
        }
    }
    script
}
