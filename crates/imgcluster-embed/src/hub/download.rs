//! Fetching one file: locked, resumed, verified, and put in its place in one step.

use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::thread;
use std::time::Duration;

use imgcluster_core::{Job, StageGuard};

use crate::hub::HubError;
use crate::hub::cache::{Shelf, make_parent};
use crate::hub::checksum::{Checksum, is_sha256, is_sum};
use crate::hub::client::{Client, Metadata, Remote};

/// How often in a row a transfer may break after next to nothing arrived.
const FRUITLESS: u32 = 3;
/// Fewer bytes than this are next to nothing.
const PROGRESS: u64 = 1 << 20;
/// The wait after the first break; it doubles with each further one.
const PAUSE: Duration = Duration::from_millis(200);

/// One file to be fetched.
pub(super) struct Download<'a> {
    pub(super) client: &'a Client<'a>,
    pub(super) shelf: &'a Shelf,
    pub(super) remote: Remote<'a>,
    pub(super) metadata: Metadata,
    /// The SHA-256 that it must have, if that is known without asking the hub.
    pub(super) sha256: Option<&'a str>,
    /// Whether bytes that are there already are verified too, and fetched again if they are wrong.
    pub(super) verify: bool,
}

impl Download<'_> {
    /// Fetches the file, unless it is there, and makes the commit point at it.
    pub(super) fn run(&self, stage: &StageGuard<'_>, job: &Job<'_>) -> Result<(), HubError> {
        let etag = &self.metadata.etag;
        let expected = self.expected()?;
        let lock = self.shelf.lock(etag, job)?;
        let Remote { revision, file, .. } = self.remote;
        if self.is_whole(&self.shelf.snapshot(revision, file), expected, job)? {
            stage.advance(self.metadata.size);
            return Ok(());
        }
        let blob = self.shelf.blob(etag);
        if self.is_whole(&blob, expected, job)? {
            stage.advance(self.metadata.size);
        } else {
            // Without a sum nobody could tell whose bytes another process left.
            let shared = lock.is_some() && expected.is_some();
            let partial = self.shelf.partial(etag, shared);
            make_parent(&partial)?;
            self.fetch(&partial, expected, stage, job)?;
            fs::rename(&partial, &blob).map_err(HubError::file(&blob))?;
        }
        self.shelf.link(revision, file, etag)
    }

    /// Whether a file is there with its size and, where that is asked for, its sum.
    fn is_whole(
        &self,
        path: &Path,
        expected: Option<&str>,
        job: &Job<'_>,
    ) -> Result<bool, HubError> {
        let size = self.metadata.size;
        if !fs::metadata(path).is_ok_and(|there| there.is_file() && there.len() == size) {
            return Ok(false);
        }
        let Some(expected) = expected.filter(|_| self.verify) else {
            return Ok(true);
        };
        let mut file = File::open(path).map_err(HubError::file(path))?;
        let mut sum = Checksum::like(expected, size);
        add_file(&mut sum, &mut file, path, job)?;
        Ok(sum.hex() == expected)
    }

    /// The sum that the bytes must have: of the table, which must not contradict the hub, or else
    /// of the hub. `None` where the hub, or a mirror, names the file by something else.
    fn expected(&self) -> Result<Option<&str>, HubError> {
        let announced = Some(self.metadata.etag.as_str()).filter(|etag| is_sum(etag));
        match (self.sha256, announced) {
            (Some(known), Some(told)) if is_sha256(told) && known != told => {
                Err(self.mismatch(known, told))
            }
            (known, told) => Ok(known.or(told)),
        }
    }

    /// Fetches the bytes; those of an earlier try are used if the sum comes out right.
    fn fetch(
        &self,
        partial: &Path,
        expected: Option<&str>,
        stage: &StageGuard<'_>,
        job: &Job<'_>,
    ) -> Result<(), HubError> {
        let mut transfer = Transfer::open(partial, self.metadata.size, expected, stage)?;
        transfer.go_on(job)?;
        loop {
            let resumed = transfer.have > 0;
            let received = self.receive(&mut transfer, job);
            if received.is_err() && expected.is_none() {
                // Why nothing was received is the error to tell, not that this is in the way.
                drop(fs::remove_file(partial));
            }
            received?;
            let (expected, found) = match expected.zip(transfer.take_sum()) {
                Some((expected, found)) if found != expected => (expected, found),
                _ => return transfer.file.sync_all().map_err(HubError::file(partial)),
            };
            // What lay there may have been another file's; whole files get one try.
            if resumed {
                transfer.restart()?;
                continue;
            }
            fs::remove_file(partial).map_err(HubError::file(partial))?;
            return Err(self.mismatch(expected, &found));
        }
    }

    /// Receives until nothing is missing, going on after breaks.
    fn receive(&self, transfer: &mut Transfer<'_>, job: &Job<'_>) -> Result<(), HubError> {
        let mut fruitless = 0;
        let mut received = false;
        while transfer.have < transfer.size {
            job.check()?;
            let before = transfer.have;
            let source = match self.receive_some(transfer, job) {
                Err(Interruption::Final(error)) => return Err(error),
                // With nothing received yet this is no break but a server out of reach.
                Err(Interruption::NoAnswer(error)) if !received => return Err(error),
                Err(Interruption::NoAnswer(error)) => Some(error.into()),
                Err(Interruption::Broken(error)) => Some(error.into()),
                Ok(()) => None,
            };
            let gained = transfer.have.saturating_sub(before);
            received |= gained > 0;
            if transfer.have == transfer.size {
                break;
            }
            fruitless = if gained < PROGRESS { fruitless + 1 } else { 1 };
            if !received || fruitless > FRUITLESS {
                return Err(HubError::Broken {
                    file: self.remote.file.to_owned(),
                    have: transfer.have,
                    size: transfer.size,
                    source,
                });
            }
            thread::sleep(PAUSE * 2_u32.pow(fruitless));
        }
        Ok(())
    }

    /// Receives until the connection ends or breaks.
    fn receive_some(&self, transfer: &mut Transfer<'_>, job: &Job<'_>) -> Result<(), Interruption> {
        let rest = self.client.open(self.remote, transfer.have);
        let rest = rest.map_err(|error| match error {
            HubError::Unreachable { .. } | HubError::Status { .. } => Interruption::NoAnswer(error),
            other => Interruption::Final(other),
        })?;
        if rest.from != transfer.have {
            transfer.restart().map_err(Interruption::Final)?;
        }
        while transfer.have < transfer.size {
            let chunk = rest.chunks.next(job);
            let chunk = chunk
                .map_err(|cancelled| Interruption::Final(cancelled.into()))?
                .map_err(Interruption::Broken)?;
            if chunk.is_empty() {
                return Ok(());
            }
            transfer.take(&chunk).map_err(Interruption::Final)?;
        }
        Ok(())
    }

    fn mismatch(&self, expected: &str, found: &str) -> HubError {
        HubError::Checksum {
            repository: self.remote.repository.to_owned(),
            file: self.remote.file.to_owned(),
            expected: expected.to_owned(),
            found: found.to_owned(),
        }
    }
}

/// Why no more bytes come.
enum Interruption {
    /// Trying again would not help.
    Final(HubError),
    /// No connection could be made.
    NoAnswer(HubError),
    /// The connection broke.
    Broken(std::io::Error),
}

/// Bytes on their way into a file.
struct Transfer<'a> {
    path: &'a Path,
    file: File,
    /// The sum that is expected, and that of the bytes so far.
    expected: Option<&'a str>,
    sum: Option<Checksum>,
    have: u64,
    size: u64,
    stage: &'a StageGuard<'a>,
    /// Bytes that the stage was told of; a restart does not count them again.
    told: u64,
}

impl<'a> Transfer<'a> {
    /// Opens the file. What an earlier try left in it is forgotten, unless a sum can tell whether
    /// it belongs to this file.
    fn open(
        path: &'a Path,
        size: u64,
        expected: Option<&'a str>,
        stage: &'a StageGuard<'a>,
    ) -> Result<Self, HubError> {
        let file = File::options()
            .create(true)
            .truncate(expected.is_none())
            .read(true)
            .write(true)
            .open(path)
            .map_err(HubError::file(path))?;
        Ok(Self {
            path,
            file,
            expected,
            sum: expected.map(|expected| Checksum::like(expected, size)),
            have: 0,
            size,
            stage,
            told: 0,
        })
    }

    /// Counts what an earlier try left.
    fn go_on(&mut self, job: &Job<'_>) -> Result<(), HubError> {
        if let Some(sum) = &mut self.sum {
            self.have = add_file(sum, &mut self.file, self.path, job)?;
        }
        if self.have > self.size {
            self.restart()?;
        }
        self.tell();
        Ok(())
    }

    /// The sum of everything that arrived, after which the counting begins anew.
    fn take_sum(&mut self) -> Option<String> {
        let fresh = self.fresh_sum();
        std::mem::replace(&mut self.sum, fresh).map(Checksum::hex)
    }

    fn fresh_sum(&self) -> Option<Checksum> {
        self.expected
            .map(|expected| Checksum::like(expected, self.size))
    }

    /// Takes bytes in, but no more than the file has.
    fn take(&mut self, bytes: &[u8]) -> Result<(), HubError> {
        let missing = usize::try_from(self.size - self.have).unwrap_or(usize::MAX);
        let bytes = &bytes[..bytes.len().min(missing)];
        self.file
            .write_all(bytes)
            .map_err(HubError::file(self.path))?;
        if let Some(sum) = &mut self.sum {
            sum.add(bytes);
        }
        self.have += bytes.len() as u64;
        self.tell();
        Ok(())
    }

    /// Forgets what is there.
    fn restart(&mut self) -> Result<(), HubError> {
        self.file
            .set_len(0)
            .and_then(|()| self.file.seek(SeekFrom::Start(0)))
            .map_err(HubError::file(self.path))?;
        self.sum = self.fresh_sum();
        self.have = 0;
        Ok(())
    }

    fn tell(&mut self) {
        if self.have > self.told {
            self.stage.advance(self.have - self.told);
            self.told = self.have;
        }
    }
}

/// Adds everything from where the file stands to its end, and counts it.
fn add_file(
    sum: &mut Checksum,
    file: &mut File,
    path: &Path,
    job: &Job<'_>,
) -> Result<u64, HubError> {
    let mut buffer = vec![0; 1 << 20];
    let mut count = 0;
    loop {
        job.check()?;
        let read = file.read(&mut buffer).map_err(HubError::file(path))?;
        if read == 0 {
            return Ok(count);
        }
        sum.add(&buffer[..read]);
        count += read as u64;
    }
}
