//! Which witnesses are known, and how many must have cosigned (C2SP tlog-policy).

use super::cosigner::Cosigner;
use super::note::Refused;
use std::collections::{BTreeMap, BTreeSet};
use thiserror::Error;

/// A witness of the policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Witness {
    /// Its name in the policy.
    pub name: String,
    /// Its key.
    pub cosigner: Cosigner,
    /// Where checkpoints are submitted to it.
    pub url: Option<String>,
}

/// So many groups a policy may have.
const GROUPS_MAX: usize = 100;

/// A policy.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    /// The witnesses.
    pub witnesses: Vec<Witness>,
    /// Groups, each after those that it has: how many of which.
    groups: BTreeMap<String, (usize, Vec<String>)>,
    /// None where no cosignature is needed.
    quorum: Option<String>,
}

/// Why a policy cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("line {line}: {what}")]
pub struct Unreadable {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong.
    pub what: String,
}

impl Policy {
    /// Reads a policy.
    pub fn parse(text: &str) -> Result<Self, Unreadable> {
        let (mut policy, mut members) = (Self::default(), BTreeSet::new());
        let (mut has_quorum, mut last) = (false, 1);
        for (number, line) in text.split('\n').enumerate() {
            last = number + 1;
            let refused = |what: &str| Unreadable { line: number + 1, what: what.to_owned() };
            if line.chars().any(|char| char.is_ascii_control() && char != '\t') {
                return Err(refused("it has a control character"));
            }
            let words: Vec<&str> = line.split([' ', '\t']).filter(|word| !word.is_empty()).collect();
            match words.as_slice() {
                // The key of the log is known from elsewhere.
                [] | ["log", _] | ["log", _, _] => {}
                [first, ..] if first.starts_with('#') => {}
                ["witness", name, key, url @ ..] if url.len() < 2 => {
                    let key = Cosigner::parse(key).map_err(|error: Refused| refused(&error.to_string()))?;
                    policy.add_witness(name, key, url.first()).map_err(refused)?;
                }
                ["group", name, least, names @ ..] if !names.is_empty() => {
                    policy.add_group(name, least, names, &mut members).map_err(refused)?;
                }
                ["quorum", name] if !has_quorum => {
                    if *name != "none" && !policy.has(name) {
                        return Err(refused("the quorum is not defined before"));
                    }
                    has_quorum = true;
                    policy.quorum = Some((*name).to_owned()).filter(|name| name != "none");
                }
                _ => return Err(refused("it is no line of a policy, or there are two quorums")),
            }
        }
        if !has_quorum {
            return Err(Unreadable { line: last, what: "there is no quorum".to_owned() });
        }
        Ok(policy)
    }

    fn has(&self, name: &str) -> bool {
        self.groups.contains_key(name) || self.witnesses.iter().any(|witness| witness.name == name)
    }

    fn add_witness(
        &mut self,
        name: &str,
        cosigner: Cosigner,
        url: Option<&&str>,
    ) -> Result<(), &'static str> {
        if name == "none" || self.has(name) {
            return Err("the name is taken");
        }
        if self.witnesses.iter().any(|witness| witness.cosigner.is_same_key(&cosigner)) {
            return Err("the key is that of another witness");
        }
        let url = url.map(|url| (*url).to_owned());
        self.witnesses.push(Witness { name: name.to_owned(), cosigner, url });
        Ok(())
    }

    fn add_group(
        &mut self,
        name: &str,
        least: &str,
        names: &[&str],
        members: &mut BTreeSet<String>,
    ) -> Result<(), &'static str> {
        if name == "none" || self.has(name) {
            return Err("the name is taken");
        }
        if self.groups.len() == GROUPS_MAX {
            return Err("there are more than 100 groups");
        }
        for member in names {
            if !self.has(member) || !members.insert((*member).to_owned()) {
                return Err("a member is not defined before, or is a member already");
            }
        }
        let least = match least {
            "any" => 1,
            "all" => names.len(),
            number => number
                .parse()
                .ok()
                .filter(|least| !number.starts_with(['0', '+']) && *least <= names.len())
                .ok_or("the number of members is not any, all, or from 1 to how many there are")?,
        };
        self.groups.insert(name.to_owned(), (least, names.iter().map(|name| (*name).to_owned()).collect()));
        Ok(())
    }

    /// Whether these witnesses, by their names, are enough.
    pub fn is_met(&self, cosigned: &BTreeSet<String>) -> bool {
        self.quorum.as_ref().is_none_or(|quorum| self.has_witnessed(quorum, cosigned))
    }

    fn has_witnessed(&self, name: &str, cosigned: &BTreeSet<String>) -> bool {
        match self.groups.get(name) {
            None => cosigned.contains(name),
            Some((least, members)) => {
                members.iter().filter(|member| self.has_witnessed(member, cosigned)).count() >= *least
            }
        }
    }
}
