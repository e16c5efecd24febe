//! Starts a server for a while, to try things by hand or to be shared by several test processes.
//!
//! Prints its URL, and ends with its standard input (Ctrl-D) or when it is killed.

use std::{
    io::{self, Write},
    process::ExitCode,
};

use imgcluster_test_postgres::server;

#[expect(clippy::print_stderr, reason = "a program's errors")]
fn main() -> ExitCode {
    let result = match server() {
        Ok(server) => hold(server.url()),
        Err(error) => Err(io::Error::other(format!("{error:?}"))),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn hold(url: &str) -> io::Result<()> {
    writeln!(io::stdout(), "IMGCLUSTER_TEST_POSTGRES={url}")?;
    io::copy(&mut io::stdin(), &mut io::sink())?;
    Ok(())
}
