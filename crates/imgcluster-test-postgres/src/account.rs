//! Whom a server runs as: PostgreSQL refuses to run as root.

use std::{io, path::Path, process::Command};

/// A user of this machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Account {
    user: u32,
    group: u32,
}

impl Account {
    /// One that root can give a server to.
    pub(crate) fn other_than_root() -> Option<Self> {
        ["nobody", "postgres", "daemon"]
            .into_iter()
            .find_map(|name| {
                let user = id("-u", name)?;
                let group = id("-g", name)?;
                (user != 0).then_some(Self { user, group })
            })
    }

    /// Lets a command run as this user, with none of root's groups.
    #[cfg(unix)]
    pub(crate) fn dress(self, command: &mut Command) {
        use std::os::unix::process::CommandExt;
        command.uid(self.user).gid(self.group);
    }

    #[cfg(not(unix))]
    pub(crate) fn dress(self, _: &mut Command) {}

    /// Gives a file or folder to this user.
    #[cfg(unix)]
    pub(crate) fn take(self, path: &Path) -> io::Result<()> {
        std::os::unix::fs::chown(path, Some(self.user), Some(self.group))
    }

    #[cfg(not(unix))]
    pub(crate) fn take(self, _: &Path) -> io::Result<()> {
        Ok(())
    }

    /// Whether this user reaches a program and may run it, or a folder and may enter it.
    pub(crate) fn may_enter(self, path: &Path) -> bool {
        let mut test = Command::new("sh");
        test.args(["-c", "cd / && test -x \"$1\"", "test"])
            .arg(path);
        self.dress(&mut test);
        test.status().is_ok_and(|status| status.success())
    }
}

fn id(which: &str, name: &str) -> Option<u32> {
    let output = Command::new("id").args([which, name]).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    text.trim().parse().ok()
}
