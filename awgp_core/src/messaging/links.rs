//! Links in a text, as messengers, mail programs and renderers of Markdown make them, and the hosts they lead
//! to.
//!
//! The author of the text may try to hide a link. So the text is first read as a host name would be:
//! compatibility forms (full-width letters and dots) become plain ones, characters without width are removed,
//! letters become lower case. Then one pass, linear in the text. Where programs disagree about a link's host,
//! each of the hosts must be listed; a link whose host cannot be determined has no hosts, and matches no
//! list.

use percent_encoding::percent_decode_str;
use std::sync::LazyLock;
use unicode_normalization::UnicodeNormalization;

/// Schemes whose links browsers complete: `https:evil.com` is `https://evil.com`.
const COMPLETED: [&str; 5] = ["https", "http", "wss", "ws", "ftp"];

/// Schemes that have no `//`. A link with one of them leads to no host that could be listed.
const OPAQUE: [&str; 17] = [
    "mailto",
    "tel",
    "sms",
    "callto",
    "facetime",
    "sip",
    "sips",
    "xmpp",
    "skype",
    "tg",
    "whatsapp",
    "javascript",
    "vbscript",
    "magnet",
    "bitcoin",
    "view-source",
    "ms-msdt",
];

/// Schemes that run, show or open something, whatever host seems to follow.
const HOSTLESS: [&str; 4] = ["data", "file", "blob", "intent"];

/// Longest scheme that is looked for, in characters.
const SCHEME_MAX: usize = 32;

/// Longest label of a host name, in characters.
const LABEL_MAX: usize = 63;

/// A full stop of Chinese and Japanese, which browsers take for a dot.
const IDEOGRAPHIC_STOP: char = '\u{3002}';

/// The hosts that a link may lead to, as they are in DNS; empty where it leads to no host, such as `mailto:`.
pub type Hosts = Vec<String>;

/// Every link of a text, as its hosts. `bare`: a host by itself is a link too.
pub fn links(text: &str, bare: bool) -> Vec<Hosts> {
    let text = Text(plain(text));
    let (mut found, mut at) = (Vec::new(), 0);
    while at < text.0.len() {
        let link = match text.0[at] {
            ':' => text.after_scheme(at),
            _ if text.in_host(at) => Some(text.host_run(at, bare)),
            _ => None,
        };
        at = match link {
            None => at + 1,
            Some(Run { end, hosts }) => {
                found.extend(hosts);
                end.max(at + 1)
            }
        };
    }
    found
}

/// A host as it is compared: in lower case, as it is in DNS, without a dot at its end.
pub fn canonical_host(host: &str) -> Option<String> {
    let decoded = percent_decode_str(host).decode_utf8().ok()?;
    let host = idna::domain_to_ascii(&decoded).ok()?;
    let host = host.strip_suffix('.').unwrap_or(&host);
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    let is_v6 = host.starts_with('[') && host.ends_with(']') && !host.contains(['@', '/', '\\']);
    // Without an empty label: programs do not agree on what `evil.com..` is.
    let is_name = || host.chars().all(plain) && host.split('.').all(|label| !label.is_empty());
    (is_v6 || is_name()).then(|| host.to_owned())
}

/// A part of the text that was read: its end, and the link in it.
struct Run {
    end: usize,
    hosts: Option<Hosts>,
}

/// The text as it is searched.
struct Text(Vec<char>);

impl Text {
    fn at(&self, at: usize) -> Option<char> {
        self.0.get(at).copied()
    }

    fn is_alphanumeric(&self, at: usize) -> bool {
        self.at(at).is_some_and(char::is_alphanumeric)
    }

    /// True for the characters of a host name. Between sentences an ideographic full stop is not one of them;
    /// after a Latin letter it may be a dot.
    fn in_host(&self, at: usize) -> bool {
        match self.at(at) {
            Some('.' | '-' | '_') => true,
            Some(IDEOGRAPHIC_STOP) => {
                at > 0 && self.0[at - 1].is_ascii_alphanumeric() && self.is_alphanumeric(at + 1)
            }
            Some(letter) => letter.is_alphanumeric() || is_mark(letter),
            None => false,
        }
    }

    /// The characters before `at` that can be part of a scheme.
    fn scheme_before(&self, at: usize) -> String {
        let is_scheme = |c: &&char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.');
        let length = self.0[..at].iter().rev().take(SCHEME_MAX).take_while(is_scheme).count();
        self.0[at - length..at].iter().collect()
    }

    /// A link whose scheme ends at this colon.
    fn after_scheme(&self, colon: usize) -> Option<Run> {
        let scheme = self.scheme_before(colon);
        let slashes = self.0[colon + 1..].iter().take_while(|c| is_slash(**c)).count();
        let authority = colon + 1 + slashes;
        let next = self.at(authority).filter(|next| !ends_link(*next))?;
        let has_no_host = named(&scheme, &OPAQUE)
            || (named(&scheme, &HOSTLESS) && slashes > 0)
            || (named(&scheme, &["data"]) && self.is_media_type(authority));
        let is_whole = slashes > 1 && scheme.contains(|c: char| c.is_ascii_alphabetic());
        let is_completed =
            named(&scheme, &COMPLETED) && (next.is_alphanumeric() || matches!(next, '[' | '%'));
        if !(has_no_host || is_whole || is_completed) {
            return None;
        }
        let end = self.end_of(colon - scheme.len(), authority);
        let hosts = if has_no_host { Vec::new() } else { self.hosts(authority, end) };
        Some(Run { end, hosts: Some(hosts) })
    }

    /// What follows `data:` where it is not a word of a sentence: `text/html,…` or `,…`.
    fn is_media_type(&self, at: usize) -> bool {
        let mut rest = self.0[at..].iter().take(SCHEME_MAX);
        let after = rest.find(|c| !c.is_ascii_alphanumeric());
        after == Some(&'/') || matches!(self.at(at), Some(',' | ';'))
    }

    /// A run of characters of hosts: with `www.` in it, or a host by itself, or neither.
    fn host_run(&self, start: usize, bare: bool) -> Run {
        let length = (start..self.0.len()).take_while(|at| self.in_host(*at)).count();
        let end = start + length;
        let is_www =
            |at: &usize| self.0[*at..].starts_with(&['w', 'w', 'w', '.']) && self.is_alphanumeric(at + 4);
        if let Some(www) = (start..end).find(is_www) {
            let end = self.end_of(www, www);
            return Run { end, hosts: Some(self.hosts(www, end)) };
        }
        let Some(hosts) = bare.then(|| bare_hosts(&self.0[start..end])).flatten() else {
            return Run { end, hosts: None };
        };
        // A mail address is a link without a host.
        let is_address = self.at(end) == Some('@') || (start > 0 && self.0[start - 1] == '@');
        let has_more = match self.at(end) {
            Some('/' | '?' | '#') => true,
            Some(':') => self.at(end + 1).is_some_and(|c| c.is_ascii_digit()),
            _ => false,
        };
        let whole = if has_more { self.end_of(start, end) } else { end };
        let authority =
            self.0[start..whole].split(|c| matches!(c, '/' | '?' | '#')).next().unwrap_or_default();
        let hosts = if is_address || authority.contains(&'@') { Vec::new() } else { hosts };
        Run { end: whole, hosts: Some(hosts) }
    }

    /// The end of a link that begins at `start`: white space or a bracket of markup, the counterpart of a
    /// bracket right before the link, or the beginning of another link.
    fn end_of(&self, start: usize, from: usize) -> usize {
        let closer = (start > 0).then(|| self.0[start - 1]).and_then(|opener| match opener {
            '(' => Some(')'),
            '[' => Some(']'),
            '{' => Some('}'),
            '"' | '\'' | '`' | '*' => Some(opener),
            _ => None,
        });
        let mut open = 0_usize;
        for at in from..self.0.len() {
            let c = self.0[at];
            if ends_link(c) || (Some(c) == closer && open == 0) {
                return at;
            }
            match c {
                '(' if closer == Some(')') => open += 1,
                ')' if closer == Some(')') => open -= 1,
                ':' if at > from && self.at(at + 1).is_some_and(is_slash) => {
                    if let Some(begin) = self.other_begins(at).filter(|begin| *begin > from) {
                        return begin;
                    }
                }
                _ => {}
            }
        }
        self.0.len()
    }

    /// Where the scheme before this colon begins, unless it is part of the address around it, as in
    /// `?next=https://…`.
    fn other_begins(&self, colon: usize) -> Option<usize> {
        let length =
            self.0[..colon].iter().rev().take(SCHEME_MAX).take_while(|c| c.is_ascii_alphabetic()).count();
        let begin = colon - length;
        let before = *self.0.get(begin.checked_sub(1)?)?;
        let is_part = before.is_ascii_alphanumeric() || "=/?&:%-_.~+@#!$\\".contains(before);
        (length > 0 && !is_part).then_some(begin)
    }

    /// The hosts of an authority: as browsers read it, for which a backslash is a slash, and as other
    /// programs do.
    fn hosts(&self, start: usize, end: usize) -> Hosts {
        let mut hosts = Vec::new();
        for ends in [&['/', '?', '#'][..], &['/', '?', '#', '\\'][..]] {
            let link = &self.0[start..end];
            let length = link.iter().take_while(|c| !ends.contains(c)).count();
            let mut authority: String = link[..length].iter().collect();
            if length == link.len() {
                // Punctuation that ends a sentence or a parenthesis is not part of the link.
                let ends = |c: char| !c.is_alphanumeric() && !matches!(c, '%' | ']');
                authority.truncate(authority.trim_end_matches(ends).len());
            }
            match host_of(&authority) {
                Some(host) if !hosts.contains(&host) => hosts.push(host),
                Some(_) => {}
                None => return Vec::new(),
            }
        }
        hosts
    }
}

/// The host of `user:password@host:port`, where the port is valid.
fn host_of(authority: &str) -> Option<String> {
    let host = authority.rsplit('@').next().unwrap_or_default();
    let (host, port) = match host.rfind(']') {
        Some(bracket) => host.split_at(bracket + 1),
        None => host.split_at(host.find(':').unwrap_or(host.len())),
    };
    let port = port.strip_prefix(':').unwrap_or(port);
    port.chars().all(|c| c.is_ascii_digit()).then(|| canonical_host(host)).flatten()
}

/// The hosts of a run that is a host by itself: its last label is a top-level domain, or it is an IPv4
/// address. Where letters of two scripts meet without a space, a host may begin or end there.
fn bare_hosts(run: &[char]) -> Option<Hosts> {
    let is_dot = |c: &char| matches!(*c, '.' | IDEOGRAPHIC_STOP);
    let is_edge = |c: &&char| matches!(**c, '.' | '-' | '_' | IDEOGRAPHIC_STOP);
    let lead = run.iter().take_while(is_edge).count();
    let run = &run[lead..];
    let run = &run[..run.len() - run.iter().rev().take_while(is_edge).count()];
    if is_ipv4(run) {
        return Some(vec![run.iter().collect()]);
    }
    let mut end = 0;
    for (number, label) in run.split(is_dot).enumerate() {
        let (start, is_last) = (end, end + label.len() == run.len());
        end += label.len() + 1;
        if number == 0 || start < 2 || is_dot(&run[start - 2]) {
            continue;
        }
        let is_ascii = label.first().is_some_and(char::is_ascii);
        let prefix = label.iter().take_while(|c| c.is_ascii() == is_ascii).count();
        let ends = [(prefix < label.len()).then_some(prefix), is_last.then_some(label.len())];
        let length = ends.into_iter().flatten().find(|length| is_top_level(&label[..*length]));
        if let Some(length) = length {
            return Some(hosts_that_begin(&run[..start + length]));
        }
    }
    None
}

/// A host as written, and from where its Latin part begins.
fn hosts_that_begin(run: &[char]) -> Hosts {
    let latin = run.iter().rev().take_while(|c| c.is_ascii()).count();
    let both = [run, &run[run.len() - latin..]].map(|run| run.iter().collect::<String>());
    let mut hosts = Vec::new();
    for host in both.iter().filter(|host| host.contains(['.', IDEOGRAPHIC_STOP]) && !host.starts_with('.')) {
        match canonical_host(host) {
            Some(host) if !hosts.contains(&host) => hosts.push(host),
            Some(_) => {}
            None => return Vec::new(),
        }
    }
    hosts
}

/// A domain of the root zone. A list in this folder instead of a crate: the well-maintained one, of the
/// public suffixes, has the same names in two megabytes of code.
fn is_top_level(label: &[char]) -> bool {
    static NAMES: LazyLock<Vec<&str>> = LazyLock::new(|| include_str!("top_level.txt").lines().collect());
    let name =
        (label.len() <= LABEL_MAX).then(|| canonical_host(&label.iter().collect::<String>())).flatten();
    name.is_some_and(|name| NAMES.binary_search(&name.as_str()).is_ok())
}

fn is_ipv4(run: &[char]) -> bool {
    let run: String = run.iter().collect();
    run.parse::<std::net::Ipv4Addr>().is_ok()
}

/// One of these names ends the scheme, and no letter is before it: `hotel:` is not `tel:`.
fn named(scheme: &str, names: &[&str]) -> bool {
    let ends = |name: &&str| {
        scheme.strip_suffix(*name).is_some_and(|before| !before.ends_with(|c: char| c.is_ascii_alphabetic()))
    };
    names.iter().any(ends)
}

fn is_slash(c: char) -> bool {
    matches!(c, '/' | '\\')
}

fn ends_link(c: char) -> bool {
    c.is_whitespace() || matches!(c, '<' | '>' | '|')
}

/// Compatibility forms as plain ones, in lower case, without invisible characters.
fn plain(text: &str) -> Vec<char> {
    let seen = text.chars().filter(|c| !is_invisible(*c));
    seen.nfkc().filter(|c| !is_invisible(*c)).flat_map(char::to_lowercase).collect()
}

/// Characters without width that readers do not see and programs skip (Default_Ignorable_Code_Point), and
/// controls.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fff8}' | '\u{1bca0}'..='\u{1bca3}'
        | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
        || (c.is_control() && !c.is_whitespace())
}

/// Marks on a letter; not alphanumeric, and part of a host in many scripts.
fn is_mark(c: char) -> bool {
    unicode_normalization::char::is_combining_mark(c)
}

#[cfg(test)]
#[path = "links_tests.rs"]
mod tests;
