//! Arguments that name an auditor's keys.

use clap::Args;
use std::path::PathBuf;

/// Where the private key goes, and who can open the file.
#[derive(Args, Debug)]
#[command(group = clap::ArgGroup::new("protection").multiple(false))]
pub struct AuditKeygen {
    /// The file for the private key; it must not exist yet.
    #[arg(long, value_name = "FILE", required_unless_present = "ssh_key")]
    pub out: Option<PathBuf>,
    /// The name of the signer, such as example.com/audit: no blanks, no plus sign.
    #[arg(long, value_name = "NAME", default_value = awgp_core::audit::note::KEY_NAME)]
    pub name: String,
    /// Encrypt with the passphrase in the first line of this file, instead of asking for one. /dev/fd/3 is
    /// the file descriptor 3.
    #[arg(long, value_name = "FILE", group = "protection")]
    pub passphrase_file: Option<PathBuf>,
    /// Encrypt to this recipient of age, instead of with a passphrase. Repeat it for several.
    #[arg(long, value_name = "AGE1…", group = "protection")]
    pub recipient: Vec<String>,
    /// Do not encrypt: whoever can read the file has the key.
    #[arg(long, group = "protection")]
    pub plain: bool,
    /// Create nothing: print the public key of this SSH public key, whose private key an ssh-agent holds.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["out", "protection"])]
    pub ssh_key: Option<PathBuf>,
}

impl AuditKeygen {
    /// Without a file.
    pub fn named(name: &str) -> Self {
        let (name, recipient) = (name.to_owned(), Vec::new());
        Self { out: None, name, passphrase_file: None, recipient, plain: false, ssh_key: None }
    }
}

/// The key that signs.
#[derive(Args, Clone, Debug, Default)]
pub struct SigningKey {
    /// The file with the private key. A passphrase is asked for if the file needs one.
    #[arg(long, value_name = "FILE", required_unless_present = "agent")]
    pub key: Option<PathBuf>,
    /// The file whose first line is the passphrase, instead of asking for it. /dev/fd/3 is the file
    /// descriptor 3.
    #[arg(long, value_name = "FILE", requires = "key")]
    pub passphrase_file: Option<PathBuf>,
    /// The file with the identity of age that opens the key.
    #[arg(long, value_name = "FILE", requires = "key", conflicts_with = "passphrase_file")]
    pub identity: Option<PathBuf>,
    /// Sign with the key of this public key in an ssh-agent (SSH_AUTH_SOCK): name+id+key, or a file with it.
    #[arg(long, value_name = "KEY", conflicts_with = "key")]
    pub agent: Option<String>,
}

/// The key that signs from now on.
#[derive(Args, Clone, Debug)]
pub struct NewKey {
    /// The file with the new private key.
    #[arg(long, value_name = "FILE", required_unless_present = "new_agent")]
    pub new_key: Option<PathBuf>,
    /// The file whose first line is the new key's passphrase.
    #[arg(long, value_name = "FILE", requires = "new_key")]
    pub new_passphrase_file: Option<PathBuf>,
    /// The file with the identity of age that opens the new key.
    #[arg(long, value_name = "FILE", requires = "new_key", conflicts_with = "new_passphrase_file")]
    pub new_identity: Option<PathBuf>,
    /// The public key of a new key in an ssh-agent.
    #[arg(long, value_name = "KEY", conflicts_with = "new_key")]
    pub new_agent: Option<String>,
}

impl From<&NewKey> for SigningKey {
    fn from(new: &NewKey) -> Self {
        let NewKey { new_key, new_passphrase_file, new_identity, new_agent } = new.clone();
        Self { key: new_key, passphrase_file: new_passphrase_file, identity: new_identity, agent: new_agent }
    }
}

/// Which key follows which, and where the notes are.
#[derive(Args, Debug)]
pub struct AuditRekey {
    #[command(flatten)]
    #[allow(missing_docs)]
    pub by: SigningKey,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub new: NewKey,
    /// The folder of the signed notes.
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
}
