//! The shell that keeps a server, and outlives this process by as long as it takes to end it.

use std::{
    env, fs,
    io::{self, BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use crate::{
    account::Account,
    error::StartError,
    folder::Folder,
    install::{Install, end},
};

const SCRIPT: &str = include_str!("supervisor.sh");

/// A server of tests need not survive a crash of the machine, only its own: it commits to files,
/// and does not wait for the disk.
const SETTINGS: &str = "
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
fsync = off
full_page_writes = off
shared_buffers = 64MB
max_connections = 200
timezone = 'UTC'
";

/// A supervisor; the server is gone when this is dropped.
#[derive(Debug)]
pub(crate) struct Supervisor {
    child: Child,
    orders: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
    log: PathBuf,
}

impl Supervisor {
    /// Starts one, with an empty server of its own that does not run yet.
    pub(crate) fn start(install: &Install, password: &str) -> Result<Self, StartError> {
        let folder = Folder::new()?;
        let supervisor = Self::within(&folder, install);
        let mut supervisor = supervisor.inspect_err(|_| {
            // Nobody else removes it; the error is the one to be told.
            drop(fs::remove_dir_all(&folder.path));
        })?;
        supervisor.order("initdb", &format!("create {password}"))?;
        Ok(supervisor)
    }

    fn within(folder: &Folder, install: &Install) -> Result<Self, StartError> {
        let programs = install.programs_for(folder).map_err(StartError::Folder)?;
        let settings = folder.path.join("settings");
        fs::write(&settings, SETTINGS).map_err(StartError::Folder)?;
        if let Some(account) = folder.account {
            account.take(&settings).map_err(StartError::Folder)?;
        }
        let mut child = command(&programs, &folder.path, folder.account)
            .spawn()
            .map_err(StartError::Supervisor)?;
        Ok(Self {
            orders: child.stdin.take(),
            answers: BufReader::new(child.stdout.take().expect("standard output is a pipe")),
            child,
            log: folder.path.join("log"),
        })
    }

    /// Lets it do something, and waits until it is done.
    pub(crate) fn order(&mut self, step: &'static str, order: &str) -> Result<(), StartError> {
        let before = self.log().len();
        match self
            .answer(order)
            .map_err(StartError::Supervisor)?
            .trim_end()
        {
            "0" => Ok(()),
            "" => Err(StartError::Supervisor(io::ErrorKind::UnexpectedEof.into())),
            _ => {
                let log = self.log();
                let output = end(log.get(before..).unwrap_or(&log));
                Err(StartError::Failed { step, output })
            }
        }
    }

    fn answer(&mut self, order: &str) -> io::Result<String> {
        let orders = self
            .orders
            .as_mut()
            .expect("it is open until this is dropped");
        writeln!(orders, "{order}")?;
        let mut answer = String::new();
        self.answers.read_line(&mut answer)?;
        Ok(answer)
    }

    /// What the server and its programs have said.
    pub(crate) fn log(&self) -> String {
        let bytes = fs::read(&self.log).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

impl Drop for Supervisor {
    fn drop(&mut self) {
        self.orders = None;
        // A supervisor that is gone already needs no waiting for.
        drop(self.child.wait());
    }
}

fn command(programs: &Path, folder: &Path, account: Option<Account>) -> Command {
    let mut command = Command::new("sh");
    command
        .args(["-c", SCRIPT, "supervisor"])
        .arg(programs)
        .arg(folder);
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    // The user's own settings are for the user's servers.
    for (name, _) in env::vars_os() {
        if name.to_string_lossy().starts_with("PG") {
            command.env_remove(name);
        }
    }
    // Messages are searched for words; and without it macOS starts threads in the server.
    command.env("LC_ALL", "C").current_dir("/");
    if let Some(account) = account {
        account.dress(&mut command);
    }
    #[cfg(unix)]
    {
        use std::os::unix::process::CommandExt;
        // What a terminal or a test runner sends to the group of this process is not for it.
        command.process_group(0);
    }
    command
}
