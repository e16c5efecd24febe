//! The queries that the README prints.

use std::path::Path;
use std::process::Command;

use imgcluster_test_postgres::Server;

use crate::place::{Place, gallery};
use crate::{answer, command};

/// The statements in the README's blocks of SQL.
fn printed() -> Vec<String> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../README.md");
    let text = std::fs::read_to_string(file).unwrap();
    let blocks = text.split("```sql\n").skip(1);
    let blocks: String = blocks
        .map(|block| block.split("```").next().unwrap())
        .collect();
    let statements = blocks.split_inclusive(';').map(str::trim);
    statements
        .filter(|text| !text.is_empty())
        .map(str::to_owned)
        .collect()
}

pub(crate) fn the_queries_of_the_readme_answer(server: &Server) {
    let (place, database) = (Place::new(), server.database());
    let mut cluster = command(&place, database.url());
    answer(cluster.arg("cluster").arg(gallery()));
    let Some(psql) = server.program("psql") else {
        panic!("the server is there, but no `psql`");
    };
    let answers: Vec<String> = printed()
        .iter()
        .map(|statement| {
            let output = Command::new(&psql)
                .args([
                    "--no-psqlrc",
                    "--tuples-only",
                    "--no-align",
                    "--set=ON_ERROR_STOP=1",
                ])
                .args(["--command", statement])
                .envs(database.environment())
                .output()
                .unwrap();
            assert!(output.status.success(), "{statement}\n{output:?}");
            String::from_utf8(output.stdout).unwrap()
        })
        .collect();
    let [clusters, images, nearest] = &answers[..] else {
        panic!("{answers:?}");
    };
    assert_eq!(
        clusters.lines().count(),
        8,
        "seven kinds and noise:\n{clusters}"
    );
    assert!(
        images.lines().count() >= 7 && images.contains("/gallery/"),
        "{images}"
    );
    let nearest: Vec<&str> = nearest.lines().collect();
    assert_eq!(nearest.len(), 5, "{nearest:?}");
    assert!(nearest[0].contains("sunset-1 (small).jpg"), "{nearest:?}");
    assert!(
        nearest.iter().all(|line| line.contains("sunset-")),
        "{nearest:?}"
    );
}
