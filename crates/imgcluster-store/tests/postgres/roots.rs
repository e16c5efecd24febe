//! Files of several machines in one store.

use std::path::Path;

use imgcluster_core::{Pruned, Store, Wait};
use imgcluster_test_postgres::Server;

use crate::fixtures::{Batch, known_file, paths, space, vector};
use crate::with_store;

fn as_machine(url: &str, root: &str) -> String {
    let separator = if url.contains('?') { '&' } else { '?' };
    format!("{url}{separator}root={root}")
}

pub(crate) fn one_path_on_two_machines_is_two_files(server: &Server) {
    let database = server.database();
    let space = space("model", vector(2));
    let put = |root: &str, number: usize| {
        with_store(&as_machine(database.url(), root), |store, runtime| {
            assert_eq!(store.root(), root);
            runtime.wait(
                Batch::new(&space)
                    .file("/a/b", number)
                    .picture(number)
                    .put(store),
            );
        });
    };
    put("ada", 1);
    put("grace", 2);
    for (root, number) in [("ada", 1), ("grace", 2)] {
        with_store(&as_machine(database.url(), root), |store, runtime| {
            let known = runtime.wait(store.files(&paths(&["/a/b"]))).unwrap();
            assert_eq!(known, [Some(known_file(number))]);
            let below = runtime
                .wait(store.known_files(Some(Path::new("/a"))))
                .unwrap();
            assert_eq!(below, paths(&["/a/b"]));
            assert_eq!(runtime.wait(store.status()).unwrap().files, 2);
        });
    }
}

pub(crate) fn pruning_one_machine_keeps_what_another_has(server: &Server) {
    let database = server.database();
    let space = space("model", vector(2));
    for root in ["ada", "grace"] {
        with_store(&as_machine(database.url(), root), |store, runtime| {
            runtime.wait(Batch::new(&space).file("/a", 1).picture(1).put(store));
        });
    }
    let prune = |root: &str| {
        let mut pruned = Pruned::default();
        with_store(&as_machine(database.url(), root), |store, runtime| {
            pruned = runtime.wait(store.prune(&paths(&["/a"]))).unwrap();
        });
        (pruned.files, pruned.contents)
    };
    assert_eq!(prune("ada"), (1, 0));
    assert_eq!(prune("grace"), (1, 1));
}
