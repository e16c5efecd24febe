//! Installed servers.

use std::{
    env,
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use super::number_at_the_end;

/// The first pgvector that has `halfvec`.
const VECTOR_VERSION: (u32, u32) = (0, 7);

/// The programs that a server needs.
const PROGRAMS: [&str; 3] = ["initdb", "pg_ctl", "postgres"];

/// Where packages of systems put versions of PostgreSQL, and their programs below.
const KNOWN: [(&str, &str, &str); 6] = [
    ("/usr/lib/postgresql", "", "bin"),
    ("/usr", "pgsql-", "bin"),
    ("/opt/homebrew/opt", "postgresql@", "bin"),
    ("/usr/local/opt", "postgresql@", "bin"),
    ("/home/linuxbrew/.linuxbrew/opt", "postgresql@", "bin"),
    ("/Applications/Postgres.app/Contents/Versions", "", "bin"),
];

/// Folders that have a server: that of the `PATH` first, then known ones, newer ones first.
pub(super) fn candidates(path: &OsStr) -> Vec<PathBuf> {
    let mut folders = Vec::new();
    for folder in env::split_paths(path) {
        // A link leads to the folder that has the other programs.
        let server = fs::canonicalize(folder.join("postgres")).ok();
        folders.extend(server.and_then(|server| Some(server.parent()?.to_owned())));
        folders.extend(ask(&folder.join("pg_config"), "--bindir"));
    }
    for (parent, prefix, programs) in KNOWN {
        folders.extend(versions(Path::new(parent), prefix).map(|folder| folder.join(programs)));
    }
    folders.push(PathBuf::from("/usr/local/pgsql/bin"));
    let mut candidates = Vec::new();
    for folder in folders {
        if folder.join("postgres").is_file() && !candidates.contains(&folder) {
            candidates.push(folder);
        }
    }
    candidates
}

/// Says why a folder of programs does not do, if it does not.
pub(super) fn check(programs: &Path) -> Result<(), String> {
    let shown = programs.display();
    if let Some(missing) = PROGRAMS
        .into_iter()
        .find(|name| !programs.join(name).is_file())
    {
        return Err(format!("`{shown}` has no `{missing}`"));
    }
    let Some(control) = control(programs) else {
        return Err(format!("the PostgreSQL of `{shown}` has no pgvector"));
    };
    match vector_version(&control) {
        Some(version) if version >= VECTOR_VERSION => Ok(()),
        _ => {
            let (major, minor) = VECTOR_VERSION;
            Err(format!(
                "the pgvector of `{shown}` is not known to be {major}.{minor} or newer"
            ))
        }
    }
}

/// What the control file of pgvector says.
fn control(programs: &Path) -> Option<String> {
    let asked = ask(&programs.join("pg_config"), "--sharedir");
    let beside = ["share/postgresql", "share"].map(|share| programs.join("..").join(share));
    let shares = asked.into_iter().chain(beside);
    shares
        .into_iter()
        .find_map(|share| fs::read_to_string(share.join("extension").join("vector.control")).ok())
}

/// The numbers of a line such as `default_version = '0.8.5'`.
fn vector_version(control: &str) -> Option<(u32, u32)> {
    let line = control
        .lines()
        .find(|line| line.starts_with("default_version"))?;
    let mut numbers = line.split('\'').nth(1)?.split('.').map(str::parse);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
}

/// What a `pg_config` answers.
fn ask(pg_config: &Path, option: &str) -> Option<PathBuf> {
    let output = Command::new(pg_config).arg(option).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    Some(PathBuf::from(text.trim_end())).filter(|path| path.is_absolute())
}

/// The major version that a program tells.
pub(super) fn version(program: &Path) -> Option<u32> {
    let output = Command::new(program).arg("--version").output().ok()?;
    major(&String::from_utf8(output.stdout).ok()?)
}

/// The first number of a text such as `pg_dump (PostgreSQL) 18.4`.
fn major(text: &str) -> Option<u32> {
    let (_, version) = text.split_once("(PostgreSQL) ")?;
    version
        .split(|character: char| !character.is_ascii_digit())
        .next()?
        .parse()
        .ok()
}

/// Folders named by a prefix and a version, the newest first.
fn versions(parent: &Path, prefix: &str) -> impl Iterator<Item = PathBuf> {
    let entries = fs::read_dir(parent).into_iter().flatten().flatten();
    let mut found: Vec<(u32, PathBuf)> = entries
        .filter(|entry| entry.file_name().to_string_lossy().starts_with(prefix))
        .map(|entry| entry.path())
        .filter_map(|path| Some((number_at_the_end(&path)?, path)))
        .collect();
    found.sort();
    found.into_iter().rev().map(|(_, path)| path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_read_from_a_control_file_and_nothing_from_another_text() {
        let control = "comment = 'vector data type'\ndefault_version = '0.8.5'\n";
        assert_eq!(vector_version(control), Some((0, 8)));
        assert_eq!(vector_version("default_version = '0.10.0'"), Some((0, 10)));
        for text in [
            "",
            "default_version",
            "default_version = 'one'",
            "default_version = '1'",
        ] {
            assert_eq!(vector_version(text), None, "{text}");
        }
    }

    #[test]
    fn a_major_version_is_read_of_releases_of_distributions_and_of_what_is_in_the_making() {
        assert_eq!(major("pg_dump (PostgreSQL) 18.4\n"), Some(18));
        assert_eq!(
            major("psql (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n"),
            Some(15)
        );
        assert_eq!(major("postgres (PostgreSQL) 19devel\n"), Some(19));
        assert_eq!(major("sh: not found"), None);
    }

    #[test]
    fn a_server_without_pgvector_is_passed_over_and_said_to_be() {
        let folder = tempfile::tempdir().unwrap();
        let programs = folder.path().join("bin");
        fs::create_dir(&programs).unwrap();
        assert!(check(&programs).unwrap_err().ends_with("has no `initdb`"));
        for name in PROGRAMS {
            fs::write(programs.join(name), "").unwrap();
        }
        assert!(check(&programs).unwrap_err().ends_with("has no pgvector"));
        let extensions = folder.path().join("share/extension");
        fs::create_dir_all(&extensions).unwrap();
        fs::write(
            extensions.join("vector.control"),
            "default_version = '0.6.2'\n",
        )
        .unwrap();
        assert!(
            check(&programs)
                .unwrap_err()
                .ends_with("is not known to be 0.7 or newer")
        );
        fs::write(
            extensions.join("vector.control"),
            "default_version = '0.7.0'\n",
        )
        .unwrap();
        assert_eq!(check(&programs), Ok(()));
    }

    #[test]
    fn newer_versions_come_first_whatever_else_lies_there() {
        let folder = tempfile::tempdir().unwrap();
        for name in [
            "postgresql@9",
            "postgresql@17",
            "postgresql@16",
            "postgresql",
            "redis@18",
        ] {
            fs::create_dir(folder.path().join(name)).unwrap();
        }
        let names: Vec<PathBuf> = versions(folder.path(), "postgresql@").collect();
        let expected = ["postgresql@17", "postgresql@16", "postgresql@9"];
        assert_eq!(names, expected.map(|name| folder.path().join(name)));
    }

    #[test]
    fn a_link_on_the_path_leads_to_the_folder_of_the_programs() {
        let folder = tempfile::tempdir().unwrap();
        let root = fs::canonicalize(folder.path()).unwrap();
        let (programs, links) = (root.join("18/bin"), root.join("links"));
        fs::create_dir_all(&programs).unwrap();
        fs::create_dir(&links).unwrap();
        fs::write(programs.join("postgres"), "").unwrap();
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink(programs.join("postgres"), links.join("postgres")).unwrap();
            assert_eq!(candidates(links.as_os_str())[0], programs);
        }
    }
}
