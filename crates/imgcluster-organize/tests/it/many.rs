//! How long it takes and how much memory, where there are many files.

use std::fs;
use std::time::Instant;

use imgcluster_core::Job;
use imgcluster_organize::{
    ApplyOptions, Placement, Plan, PlannedFile, SortAction, SortPlan, SyncPolicy, UndoOptions,
};

use crate::support::{Yard, hash, plan_hash};

/// Times 100,000 hard links; run it by name, alone, with optimisation.
#[test]
#[ignore = "takes minutes; prints figures"]
fn a_hundred_thousand_links() {
    let yard = Yard::new();
    let count: usize = std::env::var("FILES").map_or(100_000, |text| text.parse().unwrap());
    let mut files = Vec::new();
    for number in 0..count {
        let folder = yard.path(&format!("photos/{}", number / 1000));
        if number % 1000 == 0 {
            fs::create_dir(&folder).unwrap();
        }
        let (path, bytes) = (folder.join(format!("{number}.jpg")), format!("{number}"));
        fs::write(&path, &bytes).unwrap();
        files.push(Placement {
            file: PlannedFile {
                path,
                content: hash(bytes.as_bytes()),
                size: None,
                modified_ns: None,
            },
            to: format!("cluster_{}/{}.jpg", number % 500, number / 7).into(),
            sidecars: Vec::new(),
        });
    }
    let plan = Plan::Sort(SortPlan {
        machine: None,
        roots: vec![yard.path("photos")],
        target: yard.path("other/sorted"),
        action: SortAction::Hardlink,
        follow_symlinks: false,
        files,
    });
    let options = ApplyOptions {
        sync: SyncPolicy::Batch,
        ..ApplyOptions::default()
    };
    report("plan made", count, Instant::now());
    let hash = plan_hash(&plan);
    let begun = Instant::now();
    let applied =
        imgcluster_organize::apply(&plan, &yard.plan_path(), hash, &options, &Job::quiet())
            .unwrap();
    report("apply", count, begun);
    assert_eq!(applied.done, count);
    let begun = Instant::now();
    let options = UndoOptions {
        sync: SyncPolicy::Batch,
        machine: None,
    };
    let undone = imgcluster_organize::undo(&applied.journal, &options, &Job::quiet()).unwrap();
    report("undo", count, begun);
    assert_eq!(undone.restored, count);
}

#[expect(clippy::print_stderr, reason = "figures are for people")]
fn report(what: &str, count: usize, begun: Instant) {
    let seconds = begun.elapsed().as_secs_f64();
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find(|line| line.starts_with("VmHWM"));
    eprintln!("{what}: {:.0} files/s, {peak:?}", count as f64 / seconds);
}
