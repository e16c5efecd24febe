//! Steps that are written into the journal many at a time.

use std::fs;

use imgcluster_organize::{ApplyOptions, SortAction, SyncPolicy};

use crate::support::{Yard, names, undo};

#[test]
fn a_refused_file_does_not_keep_others_out_of_the_folder_that_it_would_have_made() {
    for sync in [SyncPolicy::Step, SyncPolicy::Batch] {
        let yard = Yard::new();
        for name in ["a", "b", "c", "d"] {
            yard.file(&format!("photos/{name}.jpg"), name);
        }
        let plan = yard.sort(
            SortAction::Move,
            &[
                ("photos/a.jpg", "c0/deep/a.jpg", &[]),
                ("photos/b.jpg", "c0/deep/b.jpg", &[]),
                ("photos/c.jpg", "c0/c.jpg", &[]),
                // Nothing else goes there.
                ("photos/d.jpg", "c1/d.jpg", &[]),
            ],
        );
        // As long, and with the time that they had.
        yard.file("photos/a.jpg", "A");
        yard.file("photos/d.jpg", "D");
        let options = ApplyOptions {
            sync,
            ..ApplyOptions::default()
        };
        let applied = yard.apply(&plan, &options).unwrap();
        assert_eq!(applied.failed, [], "{sync:?}");
        assert_eq!((applied.done, applied.refused.len()), (2, 2), "{sync:?}");
        let sorted = yard.path("other/sorted");
        assert_eq!(names(&sorted), ["c0/c.jpg", "c0/deep/b.jpg"]);
        assert!(!sorted.join("c1").exists());

        // Once the file is as it was, the same command brings it too.
        yard.file("photos/a.jpg", "a");
        let again = yard.apply(&plan, &options).unwrap();
        assert_eq!(
            (again.done, again.done_before, again.refused.len()),
            (1, 2, 1)
        );
        assert_eq!(fs::read(sorted.join("c0/deep/a.jpg")).unwrap(), b"a");
        assert_eq!(undo(&applied).left, [], "{sync:?}");
        assert_eq!(names(&yard.path("other")), [""; 0], "{sync:?}");
        assert!(!sorted.exists(), "{sync:?}");
        assert_eq!(names(&yard.path("photos")).len(), 4, "{sync:?}");
    }
}
