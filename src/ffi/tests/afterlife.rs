//! Tasks that are held on to after their engine is gone.

use super::*;

/// How many descriptors of this process are open below `root`.
#[cfg(target_os = "linux")]
fn open_below(root: &std::path::Path) -> usize {
    let links = std::fs::read_dir("/proc/self/fd").unwrap();
    links.filter(|link| std::fs::read_link(link.as_ref().unwrap().path()).is_ok_and(|to| to.starts_with(root))).count()
}

#[test]
#[cfg(target_os = "linux")]
fn a_task_that_outlives_its_engine_keeps_nothing_of_the_storage_open() {
    let server = Server::plain();
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().canonicalize().unwrap().join("root");
    let root_text = CString::new(root.to_str().unwrap()).unwrap();
    let engine = Engine::new(|config| config.storage_root = root_text.as_ptr());
    let (task, told) = engine.download(&server.url("/bytes/5"));
    told.wait_end().assert_success();
    assert!(open_below(&root) > 0);

    drop(engine);
    assert_eq!(open_below(&root), 0);
    // SAFETY: the task is retained.
    unsafe {
        assert_eq!(ferry_task_state(task.0), FERRY_STATE_SUCCEEDED);
        assert_eq!(ferry_result_data_length(ferry_task_result(task.0)), 5);
    }
    task.abort();
}
