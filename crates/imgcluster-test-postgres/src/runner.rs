//! Runs tests that need a server, or shows them as ignored, by name.

use std::{env, error::Error, fmt::Write, process::ExitCode};

use libtest_mimic::{Arguments, Failed, Trial};

use crate::{PrivateServer, Server, Unavailable, install, server, server::availability};

/// A test that needs a server.
pub struct Test {
    name: String,
    needs: Needs,
}

enum Needs {
    Shared(Box<dyn FnOnce(&'static Server) + Send>),
    Private(Box<dyn FnOnce(&PrivateServer) + Send>),
}

impl Test {
    /// A test on the server that all of this process share.
    pub fn shared(
        name: impl Into<String>,
        body: impl FnOnce(&'static Server) + Send + 'static,
    ) -> Self {
        Self {
            name: name.into(),
            needs: Needs::Shared(Box::new(body)),
        }
    }

    /// A test on a server of its own.
    pub fn private(
        name: impl Into<String>,
        body: impl FnOnce(&PrivateServer) + Send + 'static,
    ) -> Self {
        Self {
            name: name.into(),
            needs: Needs::Private(Box::new(body)),
        }
    }

    /// Why it cannot run, without starting a server.
    fn available(&self) -> Result<(), &'static Unavailable> {
        match self.needs {
            Needs::Shared(_) => availability(),
            Needs::Private(_) => install::install().map(|_| ()),
        }
    }

    fn run(self) -> Result<(), &'static Unavailable> {
        match self.needs {
            Needs::Shared(body) => body(server()?),
            Needs::Private(body) => body(&PrivateServer::start()?),
        }
        Ok(())
    }
}

/// Makes [`Test`]s of functions, named after them: those of type `fn(&'static Server)`, then
/// after `; private:` those of type `fn(&PrivateServer)`.
#[macro_export]
macro_rules! tests {
    ($($shared:path),* $(,)? $(; private: $($private:path),* $(,)?)?) => {
        ::std::vec![
            $($crate::Test::shared(::std::stringify!($shared), $shared),)*
            $($($crate::Test::private(::std::stringify!($private), $private),)*)?
        ]
    };
}

/// Runs tests as the standard harness does, with its arguments, from the `main` of a test target
/// that has `harness = false`.
///
/// Where no server can be had they are ignored, or fail if `IMGCLUSTER_REQUIRE_POSTGRES` is 1.
pub fn run(tests: Vec<Test>) -> ExitCode {
    let required = env::var("IMGCLUSTER_REQUIRE_POSTGRES");
    let required = required.is_ok_and(|value| !matches!(&*value, "" | "0"));
    let arguments = Arguments::from_args();
    let mut told = false;
    let trials = tests.into_iter().map(|test| {
        let available = test.available();
        if let (Err(reason), false, false) = (available, told, arguments.list) {
            told = true;
            tell(reason, required);
        }
        trial(test, available, required)
    });
    let trials = trials.collect();
    libtest_mimic::run(&arguments, trials).exit_code()
}

#[expect(
    clippy::print_stderr,
    reason = "the reason is talk, and a harness is what talks"
)]
fn tell(reason: &Unavailable, required: bool) {
    let consequence = if required {
        "cannot run"
    } else {
        "are ignored"
    };
    eprintln!(
        "tests that need PostgreSQL {consequence}: {}",
        with_causes(reason)
    );
}

fn trial(test: Test, available: Result<(), &'static Unavailable>, required: bool) -> Trial {
    let ignored = matches!(available, Err(Unavailable::Nowhere { .. })) && !required;
    let name = test.name.clone();
    let body = move || {
        let ran = available.and_then(|()| test.run());
        ran.map_err(|reason| Failed::from(with_causes(reason)))
    };
    Trial::test(name, body).with_ignored_flag(ignored)
}

fn with_causes(error: &Unavailable) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        write!(text, ": {error}").expect("a string takes any text");
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{StartError, WheelError, server::leak};

    fn nowhere() -> &'static Unavailable {
        let passed_over = vec!["`/opt/pg` has no pgvector".to_owned()];
        leak(Unavailable::Nowhere {
            passed_over,
            wheel: WheelError::NotUnix,
        })
    }

    fn does_not_start() -> &'static Unavailable {
        leak(Unavailable::Start {
            programs: "/opt/pg".into(),
            source: StartError::NoPort,
        })
    }

    /// How many of two tests were ignored, failed and passed.
    fn outcome(reason: &'static Unavailable, required: bool) -> (u64, u64, u64) {
        let tests = [
            Test::shared("one", |_| panic!("it has no server")),
            Test::private("two", |_| panic!("it has no server")),
        ];
        let trials = tests.map(|test| trial(test, Err(reason), required));
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("log").display().to_string();
        let arguments = Arguments::from_iter(["tests", "--quiet", "--logfile", &log]);
        let conclusion = libtest_mimic::run(&arguments, trials.into());
        (
            conclusion.num_ignored,
            conclusion.num_failed,
            conclusion.num_passed,
        )
    }

    #[test]
    fn without_a_server_every_test_is_ignored_and_none_passes() {
        assert_eq!(outcome(nowhere(), false), (2, 0, 0));
    }

    #[test]
    fn without_a_server_that_is_required_every_test_fails() {
        assert_eq!(outcome(nowhere(), true), (0, 2, 0));
    }

    #[test]
    fn a_server_that_is_there_and_does_not_start_is_a_failure_required_or_not() {
        assert_eq!(outcome(does_not_start(), false), (0, 2, 0));
        assert_eq!(outcome(does_not_start(), true), (0, 2, 0));
    }

    #[test]
    fn a_reason_is_told_with_its_causes_each_once() {
        let expected = "there is no PostgreSQL with pgvector on this machine (`/opt/pg` has no \
                        pgvector): servers can be started on Unix only";
        assert_eq!(with_causes(nowhere()), expected);
    }
}
