//! The command that started a server, as `postmaster.opts` keeps it.

/// True where the command sets a parameter whose name begins with `prefix`: `"-c" "NAME=VALUE"`,
/// `"-cNAME=VALUE"` or `"--NAME=VALUE"`. Every argument is in double quotes. In a name PostgreSQL accepts `-`
/// for `_`, and any case.
pub fn gives_parameter(command: &str, prefix: &str) -> bool {
    command.split('"').any(|argument| {
        let assignment =
            argument.strip_prefix("-c").or_else(|| argument.strip_prefix("--")).unwrap_or(argument);
        let Some((name, _)) = assignment.trim_start().split_once('=') else { return false };
        name.to_ascii_lowercase().replace('-', "_").starts_with(prefix)
    })
}

#[cfg(test)]
mod tests {
    use super::gives_parameter;

    #[test]
    fn a_parameter_is_seen_however_it_is_given() {
        for given in [
            r#"/usr/lib/postgresql/15/bin/postgres "-D" "/data" "-c" "awgp.context_mode=signed""#,
            r#"postgres "-D" "/data" "-cawgp.context_mode=signed""#,
            r#"postgres "--awgp.context-mode=signed""#,
            r#"postgres "-c" "AWGP.Context_Mode=signed" "-i""#,
        ] {
            assert!(gives_parameter(given, "awgp."), "{given}");
        }
    }

    #[test]
    fn folders_and_other_parameters_are_none() {
        for given in [
            "",
            r#"postgres "-D" "/srv/awgp.d/data""#,
            r#"postgres "-D" "awgp.data""#,
            r#"postgres "-c" "config_file=/etc/awgp.conf" "-c" "cluster_name=awgp.x""#,
        ] {
            assert!(!gives_parameter(given, "awgp."), "{given}");
        }
    }
}
