//! `completions` and `man`: made from the same description as the flags themselves.

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::{Command, CommandFactory};
use clap_complete::Shell;
use clap_mangen::Man;

use crate::arguments::Cli;
use crate::printer::write_out;

pub(super) fn completions(shell: Shell) -> Result<ExitCode> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "imgcluster", &mut script);
    write_out(&String::from_utf8(script).context("the completion script is not text")?)?;
    Ok(ExitCode::SUCCESS)
}

pub(super) fn manual(folder: Option<&Path>) -> Result<ExitCode> {
    let mut command = Cli::command();
    command.build();
    let Some(folder) = folder else {
        write_out(&String::from_utf8(page(&command)?).context("the manual page is not text")?)?;
        return Ok(ExitCode::SUCCESS);
    };
    let attempt = || format!("cannot write manual pages to `{}`", folder.display());
    fs::create_dir_all(folder).with_context(attempt)?;
    let mut pages = vec![("imgcluster".to_owned(), command)];
    while let Some((name, command)) = pages.pop() {
        fs::write(folder.join(format!("{name}.1")), page(&command)?).with_context(attempt)?;
        let below = command
            .get_subcommands()
            .filter(|below| below.get_name() != "help");
        pages.extend(below.map(|below| (format!("{name}-{}", below.get_name()), below.clone())));
    }
    Ok(ExitCode::SUCCESS)
}

fn page(command: &Command) -> Result<Vec<u8>> {
    let mut page = Vec::new();
    Man::new(command.clone())
        .render(&mut page)
        .context("cannot make the manual page")?;
    Ok(page)
}
