//! sslmode and sslrootcert within a connection string. The driver knows neither verify-ca nor verify-full nor
//! sslrootcert, so they are taken out before it parses the rest.

/// What a connection string says about TLS.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TlsOptions {
    /// sslmode.
    pub mode: Option<String>,
    /// sslrootcert: a file of certificates in PEM.
    pub root_cert: Option<String>,
}

impl TlsOptions {
    /// Keeps a pair that is ours; says whether it was.
    fn keep(&mut self, key: &str, value: &str) -> bool {
        let slot = match key {
            "sslmode" => &mut self.mode,
            "sslrootcert" => &mut self.root_cert,
            _ => return false,
        };
        *slot = Some(value.to_owned());
        true
    }
}

/// The connection string without its TLS options, and those. None where it is malformed.
pub fn take(text: &str) -> Option<(String, TlsOptions)> {
    if text.contains("://") { take_from_url(text) } else { take_from_pairs(text) }
}

fn take_from_url(text: &str) -> Option<(String, TlsOptions)> {
    let after_login = text.find('@').map_or(0, |at| at + 1);
    let Some(question) = text[after_login..].find('?').map(|at| after_login + at) else {
        return Some((text.to_owned(), TlsOptions::default()));
    };
    let mut options = TlsOptions::default();
    let mut others = Vec::new();
    for pair in text[question + 1..].split('&').filter(|pair| !pair.is_empty()) {
        let (key, value) = pair.split_once('=')?;
        if !options.keep(key, &percent_decoded(value)?) {
            others.push(pair);
        }
    }
    let rest = match others.as_slice() {
        [] => text[..question].to_owned(),
        pairs => format!("{}?{}", &text[..question], pairs.join("&")),
    };
    Some((rest, options))
}

fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digits = [rest.next()?, rest.next()?];
            bytes.push(u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}

fn take_from_pairs(text: &str) -> Option<(String, TlsOptions)> {
    let mut options = TlsOptions::default();
    let mut others = String::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let (key, after) = rest.split_once('=')?;
        let after = after.trim_start();
        let (value, length) = value(after)?;
        if !options.keep(key.trim(), &value) {
            others.push_str(&rest[..rest.len() - after.len() + length]);
            others.push(' ');
        }
        rest = after[length..].trim_start();
    }
    Some((others, options))
}

/// The value that begins here, and its length in bytes with quotes and escapes.
fn value(text: &str) -> Option<(String, usize)> {
    let quoted = text.starts_with('\'');
    let mut value = String::new();
    let mut chars = text.char_indices().skip(usize::from(quoted));
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => value.push(chars.next()?.1),
            '\'' if quoted => return Some((value, at + 1)),
            c if !quoted && c.is_whitespace() => return Some((value, at)),
            c => value.push(c),
        }
    }
    (!quoted).then_some((value, text.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(mode: &str, root_cert: &str) -> TlsOptions {
        TlsOptions { mode: Some(mode.to_owned()), root_cert: Some(root_cert.to_owned()) }
    }

    #[test]
    fn a_url_keeps_its_other_parameters() {
        let taken = take("postgres://u:a?b@h/d?sslmode=verify-full&options=-c%20x&sslrootcert=%2Fa%20b.pem");
        let rest = "postgres://u:a?b@h/d?options=-c%20x".to_owned();
        assert_eq!(taken, Some((rest, options("verify-full", "/a b.pem"))));
    }

    #[test]
    fn key_value_pairs_keep_quotes_and_escapes() {
        let taken =
            take("host=h password='a \\' sslmode=x' sslmode = verify-ca sslrootcert='/a b.pem' user=u");
        let rest = "host=h password='a \\' sslmode=x' user=u ".to_owned();
        assert_eq!(taken, Some((rest, options("verify-ca", "/a b.pem"))));
    }

    #[test]
    fn what_is_malformed_is_not_taken() {
        for text in ["host", "password='a", "a=b\\", "postgres://h/d?sslmode", "postgres://h/d?sslmode=%zz"] {
            assert_eq!(take(text), None, "{text}");
        }
    }
}
