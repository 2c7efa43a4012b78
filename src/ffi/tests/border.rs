//! The panic border: a panic anywhere ends one task, or one call, with "internal error"; everything else goes on.

use std::ptr;

use super::*;
use crate::fault::Faults;

#[test]
fn a_panic_inside_a_function_becomes_a_status() {
    let faults = Faults::here();
    let server = Server::plain();
    let engine = Engine::new(|_| {});

    let calls: &[(&str, &dyn Fn() -> ferry_status)] = &[
        // SAFETY: the pointers are NULL or valid.
        ("close", &|| unsafe { ferry_engine_close(engine.0) }),
        ("close_async", &|| unsafe { ferry_engine_close_async(engine.0, None, ptr::null_mut()) }),
        ("dispatch", &|| unsafe { ferry_engine_dispatch(engine.0, 0, ptr::null_mut()) }),
        ("get_stats", &|| unsafe { ferry_engine_get_stats(engine.0, ptr::null_mut()) }),
        ("network_changed", &|| unsafe { ferry_engine_network_changed(engine.0, 0) }),
        ("set_background", &|| unsafe { ferry_engine_set_background(engine.0, 0) }),
        ("abort", &|| unsafe { ferry_task_abort(ptr::null_mut()) }),
    ];
    for (name, call) in calls {
        faults.panic_at("ffi");
        assert_eq!(call(), FERRY_INTERNAL, "{name}");
        assert!(faults.all_fired(), "{name}");
    }

    let told = Arc::new(Told::default());
    faults.panic_at("ffi");
    let (status, task) = engine.try_download(&server.url("/bytes/5"), &told);
    assert_eq!((status, task.0.is_null()), (FERRY_INTERNAL, true));
    assert_eq!(Arc::strong_count(&told), 1, "nothing was taken");

    faults.panic_at("ffi");
    let mut engine_out = ptr::null_mut();
    // SAFETY: valid pointers.
    assert_eq!(unsafe { ferry_engine_create(ptr::null(), &raw mut engine_out) }, FERRY_INTERNAL);
    assert!(engine_out.is_null());

    engine.prove_alive(&server);
    engine.close();
}

/// Runs a task that meets a panic at `point` while another one runs beside it.
fn one_task_meets(point: &'static str, victim: impl FnOnce(&Engine, &Server) -> (Task, Arc<Told>)) {
    let faults = Faults::here();
    let server = Server::plain();
    let engine = Engine::new(|_| {});
    let (_bystander, beside) = engine.download(&server.url("/gate/beside?hold=headers"));
    server.wait_for(|state| state.waiting_at("beside") == 1);

    faults.panic_at(point);
    let (_victim, told) = victim(&engine, &server);
    told.wait_end().assert_internal();
    assert!(faults.all_fired());

    server.open_gate("beside");
    beside.wait_end().assert_success();
    engine.prove_alive(&server);
    engine.close();
}

fn meets_downloading(point: &'static str) {
    one_task_meets(point, |engine, server| engine.download(&server.url("/bytes/100k")));
}

fn meets_uploading(point: &'static str) {
    let file = some_file(100_000);
    one_task_meets(point, |engine, server| engine.upload(&server.url("/sink"), file.path()));
}

#[test]
fn in_the_header_callback() {
    meets_downloading("header");
}

#[test]
fn in_the_write_callback() {
    meets_downloading("write");
}

#[test]
fn in_the_prereq_callback() {
    meets_downloading("prereq");
}

#[test]
fn in_the_open_socket_callback() {
    meets_downloading("open_socket");
}

#[test]
fn in_the_read_callback() {
    meets_uploading("read");
}

#[test]
fn in_the_progress_callback() {
    meets_uploading("xferinfo");
}

#[test]
fn in_the_seek_callback() {
    let file = some_file(100_000);
    one_task_meets("seek", |engine, server| {
        // The connection is reused and turns out to be dead: libcurl sends the body again, from its start.
        let (_task, first) = engine.download(&server.url("/keepalive-then-close"));
        first.wait_end().assert_success();
        engine.upload(&server.url("/sink"), file.path())
    });
}

#[test]
fn when_the_options_are_looked_at() {
    meets_downloading("start");
}

#[test]
fn when_libcurl_is_done() {
    meets_downloading("hop");
}

#[test]
fn when_the_end_is_told() {
    meets_downloading("dispatch");
}

#[test]
fn when_a_running_task_is_aborted() {
    let faults = Faults::here();
    let server = Server::plain();
    let engine = Engine::new(|_| {});
    let (task, told) = engine.download(&server.url("/gate/held?hold=headers"));
    server.wait_for(|state| state.waiting_at("held") == 1);

    faults.panic_at("stop");
    task.abort();
    let story = told.wait_end();
    story.check();
    assert_eq!(story.errno, 603105, "an abort is what was asked for: {story:?}");
    assert!(faults.all_fired());
    engine.prove_alive(&server);
}

#[test]
fn in_the_engine_loop_only_what_runs_fails() {
    let faults = Faults::here();
    let server = Server::plain();
    let engine = Engine::new(|config| config.max_downloads = 1);
    let (_running, first) = engine.download(&server.url("/gate/held?hold=headers"));
    server.wait_for(|state| state.waiting_at("held") == 1);

    faults.panic_at("engine");
    let (_queued, second) = engine.download(&server.url("/bytes/5"));
    first.wait_end().assert_internal();
    second.wait_end().assert_success();
    engine.prove_alive(&server);
    engine.close();
}

#[test]
fn a_fault_while_telling_loses_that_event_and_not_the_end() {
    let faults = Faults::here();
    let server = Server::plain();
    let engine = Engine::new(|config| {
        config.dispatch = super::super::config::FERRY_DISPATCH_PUMP;
        config.wakeup = Some(no_wakeup);
    });
    let (task, told) = engine.download(&server.url("/bytes/5"));
    // SAFETY: the task is retained.
    while unsafe { ferry_task_state(task.0) } != FERRY_STATE_FINISHING {
        std::thread::yield_now();
    }
    faults.panic_at("tell");
    engine.close();
    assert!(faults.all_fired());
    let story = told.now();
    story.assert_success();
    assert!(!story.events.contains(&"headers"), "{story:?}");
}

unsafe extern "C" fn no_wakeup(_data: *mut c_void) {}

#[test]
fn a_place_in_the_queue_is_not_lost_with_a_fault() {
    for point in ["start", "header", "hop", "dispatch", "engine"] {
        let faults = Faults::here();
        let server = Server::plain();
        let engine = Engine::new(|config| config.max_downloads = 1);
        faults.panic_at(point);
        let (_task, told) = engine.download(&server.url("/bytes/5"));
        told.wait_end().check();
        engine.prove_alive(&server);
        // SAFETY: zero is valid for every field, and the struct is the library's own.
        let stats = unsafe {
            let mut stats: ferry_engine_stats = std::mem::zeroed();
            stats.struct_size = size_of::<ferry_engine_stats>() as u32;
            engine.close();
            assert_eq!(ferry_engine_get_stats(engine.0, &raw mut stats), FERRY_OK);
            stats
        };
        assert_eq!((stats.downloads_running, stats.downloads_queued), (0, 0), "{point}");
        assert_eq!((stats.accepted, stats.ended), (2, 2), "{point}");
    }
}
