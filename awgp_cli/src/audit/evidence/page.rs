//! The index as a page that needs nothing else: no script, no style from elsewhere. Everything from the
//! database passes maud, which escapes it, and [`shown`].

use crate::one_page::one_page;
use awgp_client::shown;
use awgp_core::audit::evidence::index::{Index, Proof, Stated, Sum};
use awgp_core::audit::evidence::mapping::Part;
use maud::{Markup, html};

const STYLE: &str = concat!(include_str!("../../report/style.css"), include_str!("page.css"));
/// So many files are listed one by one; folders have more.
const FILES_MAX: usize = 200;

/// Whom the pack is about.
pub fn subject(index: &Index) -> String {
    if index.tenant.is_empty() {
        return format!("the installation {}", index.install_id);
    }
    format!("{} ({})", index.tenant, index.tenant_id)
}

/// The page.
pub fn html(index: &Index, files: &[Sum]) -> String {
    let title = format!("Evidence: {}", shown::line(&subject(index)));
    let body = html! {
        (head(index))
        main {
            (how_to_read(index))
            @for frame in &index.frames {
                h2 { (frame.name) }
                p.soft { (frame.note) }
                @for part in &frame.parts { (of_part(index, part)) }
            }
            (not_there(index))
            (listed(files))
        }
        footer { p { "Made at " (index.made_at) " by the login " (shown::line(&index.made_by)) " with AWGP "
            (index.version) ", of the installation " code { (index.install_id.to_string()) } "." } }
    };
    one_page(&title, STYLE, &body)
}

fn head(index: &Index) -> Markup {
    html! {
        header {
            h1 { "Evidence of AWGP" }
            p { strong { (shown::line(&subject(index))) } }
            p { "From " (index.from) " up to " (index.to) "." }
        }
    }
}

fn how_to_read(index: &Index) -> Markup {
    let stand = index.sentences.iter().filter(|sentence| sentence.proof.is_some()).count();
    html! {
        dl.key {
            div { dt { "Sentences with their proof" } dd { (stand) } }
            div { dt { "Sentences named as gaps" } dd { (index.sentences.len() - stand) } }
        }
        p { "Each sentence below stands with the file that shows it, or is named as a gap. Nothing here says that a law \
             or a standard is complied with. What a sentence rests on:" }
        dl.rests {
            @for name in ["trail", "notes", "receipts", "proofs", "manifests", "server"] {
                div { dt { (label(name)) } dd { (rests_on(name)) } }
            }
            div { dt { span.mark.gap { "gap" } } dd { "AWGP or this pack cannot show it." } }
        }
        p { "This page is for reading. Check the pack before you rely on it; " a href="README.txt" { "README.txt" }
            " says how. It takes Python 3 and one command: "
            code { "python3 verify/verify.py . --public-key KEY" } }
    }
}

fn label(name: &str) -> Markup {
    html! { span.mark.word[name == "server"] { (name) } }
}

fn rests_on(name: &str) -> &'static str {
    match name {
        "trail" => "Events that anyone counts again. A signed note proves them as far as the verifier says.",
        "notes" => "Texts with a signature. Whether the key is the auditor's, only the auditor can say.",
        "receipts" => "Files that hold by themselves with the auditor's key, one for each action.",
        "proofs" => "Single events from before this time, each with its proof against a note.",
        "manifests" => "Digests of months that were exported, with the notes in them.",
        _ => "What the server said when it was asked. Nothing proves it.",
    }
}

fn of_part(index: &Index, part: &Part) -> Markup {
    let is_of = |stated: &&Stated| stated.parts.contains(&part.id);
    let mut sentences: Vec<&Stated> = index.sentences.iter().filter(is_of).collect();
    sentences.sort_by_key(|stated| stated.proof.is_none());
    html! {
        section id=(part.id) aria-labelledby=(format!("{}.title", part.id)) {
            h3 id=(format!("{}.title", part.id)) { (part.title) }
            p.soft { (part.about) }
            ul.said { @for stated in sentences { li { (sentence(stated)) } } }
        }
    }
}

fn sentence(stated: &Stated) -> Markup {
    html! {
        @match &stated.proof {
            None => p { span.mark.gap { "gap" } " " (shown::line(&stated.text)) },
            Some(proof) => { p { (label(&proof.rests_on)) " " (shown::line(&stated.text)) } (shown_by(proof)) }
        }
    }
}

fn shown_by(proof: &Proof) -> Markup {
    let mut asked: Vec<String> = Vec::new();
    if let Some(events) = &proof.events {
        let given = [
            ("entity_type", &events.entity_type),
            ("action", &events.action),
            (events.column.as_deref().unwrap_or_default(), &events.value),
        ];
        asked.extend(given.iter().filter_map(|(name, value)| Some(format!("{name} = {}", value.as_ref()?))));
    }
    if let Some(rows) = &proof.rows {
        asked.extend(
            rows.column.as_ref().zip(rows.value.as_ref()).map(|(name, value)| format!("{name} = {value}")),
        );
    }
    html! {
        p.proof {
            @if proof.file.ends_with('/') { code { (proof.file) } } @else { a href=(proof.file) { (proof.file) } }
            @if !asked.is_empty() { ", where " (asked.join(" and ")) }
            ", SHA-256 " code { (String::from_utf8_lossy(&proof.sha256.to_hex())) }
            @if proof.file.ends_with('/') { " of the list of its files" }
        }
    }
}

fn not_there(index: &Index) -> Markup {
    html! {
        h2 { "What is not in this pack" }
        @if index.absent.is_empty() { p { "Nothing was left out that the login may read." } } @else {
            ul { @for absent in index.absent.iter().take(FILES_MAX) {
                li { code { (absent.file) } ": " (shown::line(&absent.reason)) }
            } }
            @if index.absent.len() > FILES_MAX { p { "And " (index.absent.len() - FILES_MAX) " more: index.json has all." } }
        }
    }
}

fn listed(files: &[Sum]) -> Markup {
    html! {
        h2 { "Files" }
        div.table tabindex="0" role="region" aria-label="Files" {
            table {
                caption { "Each file with its digest. MANIFEST.json has all." }
                thead { tr { th scope="col" { "File" } th.n scope="col" { "Bytes" } th scope="col" { "SHA-256" } } }
                tbody { @for sum in files.iter().take(FILES_MAX) { tr {
                    th scope="row" { a href=(sum.file) { (sum.file) } }
                    td.n { (sum.bytes) }
                    td { code { (String::from_utf8_lossy(&sum.sha256.to_hex())) } }
                } } }
            }
        }
        @if files.len() > FILES_MAX { p { "And " (files.len() - FILES_MAX) " more." } }
    }
}
