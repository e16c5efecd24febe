mod hostile;
mod round_trip;

use std::path::PathBuf;

use imgcluster_core::ContentHash;

use super::*;

fn content(seed: u8) -> ContentHash {
    ContentHash([seed; 32])
}

fn file(path: &str) -> PlannedFile {
    PlannedFile {
        path: path.into(),
        content: content(7),
        size: None,
        modified_ns: None,
    }
}

fn removal(path: &str, sidecars: &[&str]) -> Removal {
    Removal {
        file: file(path),
        similarity: None,
        sidecars: sidecars.iter().map(|path| file(path)).collect(),
    }
}

fn group(keep: &str, remove: Vec<Removal>) -> Group {
    Group {
        keep: Survivor {
            file: file(keep),
            reason: "larger".to_owned(),
        },
        remove,
        worst_similarity: None,
    }
}

fn thin(groups: Vec<Group>) -> ThinPlan {
    ThinPlan {
        machine: None,
        roots: vec!["/p".into()],
        references: vec!["/p/ref".into()],
        groups,
        not_duplicates: Vec::new(),
    }
}

fn sort(files: Vec<Placement>) -> SortPlan {
    SortPlan {
        machine: None,
        roots: vec!["/p".into()],
        target: "/out".into(),
        action: SortAction::Move,
        follow_symlinks: false,
        files,
    }
}

fn placement(path: &str, to: &str, sidecars: &[(&str, &str)]) -> Placement {
    let placed = |&(path, to): &(&str, &str)| (file(path), PathBuf::from(to));
    Placement {
        file: file(path),
        to: to.into(),
        sidecars: sidecars.iter().map(placed).collect(),
    }
}

fn written(plan: &Plan) -> String {
    let mut bytes = Vec::new();
    plan.write(&mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}

fn read(text: &str) -> Result<Plan, PlanError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("plan.json");
    std::fs::write(&path, text).unwrap();
    Plan::read(&path).map(|(plan, _)| plan)
}
