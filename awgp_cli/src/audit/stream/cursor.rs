//! How far each lane was sent: a file that is whole or not there.

use crate::written;
use awgp_client::{Exit, Failure};
use awgp_core::audit::chain::{Lane, Link};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::File;
use std::path::{Path, PathBuf};
use uuid::Uuid;

const FORMAT: u32 = 1;

/// The last link that was sent of each lane.
pub type Sent = BTreeMap<Lane, Link>;

/// The file, which only one stream at a time has.
#[derive(Debug)]
pub struct Cursor {
    path: PathBuf,
    install_id: Option<Uuid>,
    stored: Sent,
    sent: Sent,
    _lock: File,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Text {
    awgp_stream: u32,
    install_id: Uuid,
    lanes: Vec<TextLane>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct TextLane {
    tenant_id: Uuid,
    chain_lane: i16,
    #[serde(flatten)]
    last: Link,
}

impl Cursor {
    /// Opens the file, or begins a new one.
    pub fn open(path: &Path) -> Result<Self, Failure> {
        let unusable = |error: &dyn std::fmt::Display| {
            Failure::new(Exit::BadArgument, format!("the cursor {} cannot be used: {error}", path.display()))
                .hint("name a file in a folder that this user may write to; `awgp audit stream` makes it")
        };
        let mut name = path.as_os_str().to_owned();
        name.push(".lock");
        let lock = File::create(PathBuf::from(OsString::from(&name))).map_err(|error| unusable(&error))?;
        lock.try_lock().map_err(|_| {
            Failure::new(Exit::WrongState, format!("another stream uses the cursor {}", path.display()))
                .hint("end it first, or give this stream a cursor of its own")
        })?;
        let mut cursor = Self {
            path: path.to_owned(),
            install_id: None,
            stored: Sent::new(),
            sent: Sent::new(),
            _lock: lock,
        };
        match std::fs::read_to_string(path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(unusable(&error)),
            Ok(text) => {
                let text: Text = serde_json::from_str(&text).map_err(|error| unusable(&error))?;
                if text.awgp_stream != FORMAT {
                    return Err(unusable(&format!("its format {} is not known", text.awgp_stream)));
                }
                cursor.install_id = Some(text.install_id);
                let lanes = text.lanes.into_iter();
                cursor.stored = lanes
                    .map(|TextLane { tenant_id, chain_lane, last }| (Lane { tenant_id, chain_lane }, last))
                    .collect();
                cursor.sent = cursor.stored.clone();
            }
        }
        Ok(cursor)
    }

    /// True before the first event is sent.
    pub fn is_new(&self) -> bool {
        self.install_id.is_none()
    }

    /// Begins a new one: at the beginning of each lane, or after what is there.
    pub fn begin(&mut self, install_id: Uuid, after: Sent) -> Result<(), Failure> {
        self.install_id = Some(install_id);
        self.sent = after;
        self.write()
    }

    /// The install whose trail was sent; None before the first event.
    pub fn install_id(&self) -> Option<Uuid> {
        self.install_id
    }

    /// The last link that was sent of a lane.
    pub fn last(&self, lane: Lane) -> Option<Link> {
        self.sent.get(&lane).copied()
    }

    /// The last link that was sent of every lane.
    pub fn sent(&self) -> &Sent {
        &self.sent
    }

    /// A lane was sent up to here.
    pub fn advance(&mut self, lane: Lane, last: Link) {
        self.sent.insert(lane, last);
    }

    /// Goes back to what is stored: what was sent since is sent again.
    pub fn back(&mut self) {
        self.sent = self.stored.clone();
    }

    /// Stores what was sent, where it is not stored yet.
    pub fn store(&mut self) -> Result<(), Failure> {
        if self.sent == self.stored { Ok(()) } else { self.write() }
    }

    /// Stores an earlier state.
    pub fn store_earlier(&mut self, earlier: Sent) -> Result<(), Failure> {
        let sent = std::mem::replace(&mut self.sent, earlier);
        let stored = self.store();
        self.sent = sent;
        stored
    }

    fn write(&mut self) -> Result<(), Failure> {
        let Some(install_id) = self.install_id else { return Ok(()) };
        let lane = |(lane, last): (&Lane, &Link)| TextLane {
            tenant_id: lane.tenant_id,
            chain_lane: lane.chain_lane,
            last: *last,
        };
        let lanes = self.sent.iter().map(lane).collect();
        let text = serde_json::to_string(&Text { awgp_stream: FORMAT, install_id, lanes });
        let text = text.map_err(|error| Failure::new(Exit::Unexpected, error.to_string()))?;
        written::whole(&self.path, &text)?;
        self.stored.clone_from(&self.sent);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use awgp_core::audit::chain::Digest;

    #[test]
    fn a_cursor_is_kept_goes_back_and_is_used_once_at_a_time() {
        let folder = std::env::temp_dir().join(format!("awgp-cursor-{}", Uuid::new_v4()));
        std::fs::create_dir_all(&folder).expect("a folder");
        let path = folder.join("cursor");
        let lane = Lane { tenant_id: Uuid::from_u128(1), chain_lane: 0 };
        let link = |seq| Link { seq, hash: Digest([7; 32]) };
        let mut cursor = Cursor::open(&path).expect("a new one");
        assert!(cursor.is_new() && Cursor::open(&path).is_err());
        cursor.begin(Uuid::from_u128(9), Sent::new()).expect("begun");
        cursor.advance(lane, link(4));
        cursor.store().expect("stored");
        cursor.advance(lane, link(6));
        cursor.back();
        assert_eq!(cursor.last(lane), Some(link(4)));
        cursor.advance(lane, link(8));
        cursor.store_earlier([(lane, link(7))].into()).expect("stored");
        assert_eq!(cursor.last(lane), Some(link(8)));
        drop(cursor);
        let again = Cursor::open(&path).expect("it is there");
        assert_eq!((again.last(lane), again.is_new()), (Some(link(7)), false));
        drop(again);
        std::fs::write(&path, "{}").expect("written");
        assert!(Cursor::open(&path).is_err());
        std::fs::remove_dir_all(&folder).expect("gone");
    }
}
