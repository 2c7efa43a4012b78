//! Making, closing and steering an engine.

use std::os::raw::c_void;
use std::sync::atomic::Ordering;
use std::sync::Arc;

use super::abi::{read_struct, write_struct, AbiStruct};
use super::config::*;
use super::guard::guard;
use super::observer::UserData;
use super::profile::ferry_network;
use super::status::*;
use super::translate::translate;
use crate::engine::{Engine, Round};
use crate::log::{Level, Log};

/// An engine: a thread that runs transfers, and the tasks it was given. Several may live in one process. All
/// functions on it may be called on any thread, also inside callbacks; the exceptions say so.
pub struct ferry_engine {
    _opaque: [u8; 0],
}

/// Borrows the engine behind a handle, keeping it alive for the call.
///
/// # Safety
/// `engine` is NULL or a handle that was not released.
pub(super) unsafe fn engine_of(engine: *const ferry_engine) -> Option<Arc<Engine>> {
    if engine.is_null() {
        return None;
    }
    let engine = engine.cast::<Engine>();
    // SAFETY: handles are made by Arc::into_raw, and the caller says it is alive.
    unsafe {
        Arc::increment_strong_count(engine);
        Some(Arc::from_raw(engine))
    }
}

/// Counters of an engine, as they were a moment ago.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct ferry_engine_stats {
    /// sizeof(ferry_engine_stats); set by the caller.
    pub struct_size: u32,
    /// Uploads that wait for a place.
    pub uploads_queued: u32,
    /// Uploads that run.
    pub uploads_running: u32,
    /// Downloads that wait for a place.
    pub downloads_queued: u32,
    /// Downloads that run.
    pub downloads_running: u32,
    /// Tasks with something that waits to be told.
    pub undelivered: u32,
    /// Tasks accepted so far.
    pub accepted: u64,
    /// Tasks whose end was told so far.
    pub ended: u64,
}

// SAFETY: repr(C), size first, zero is valid for every field.
unsafe impl AbiStruct for ferry_engine_stats {
    const MIN_SIZE: usize = 8;
}

/// Makes an engine and starts its threads. `config` may be NULL for all defaults. On FERRY_OK `*out_engine` is the
/// caller's, to be closed and released; otherwise nothing was taken, `destroy` is not called and `*out_engine` is NULL.
///
/// Returns FERRY_OK, FERRY_INVALID_ARGUMENT, FERRY_INVALID_STRUCT_SIZE, FERRY_INVALID_CONFIG (the log says what),
/// FERRY_STORAGE, FERRY_SYSTEM, FERRY_INTERNAL.
#[no_mangle]
pub unsafe extern "C" fn ferry_engine_create(
    config: *const ferry_engine_config,
    out_engine: *mut *mut ferry_engine,
) -> ferry_status {
    guard(FERRY_INTERNAL, || {
        if out_engine.is_null() {
            return FERRY_INVALID_ARGUMENT;
        }
        // SAFETY: not NULL, so writable as the header says; the config is NULL or valid.
        unsafe {
            out_engine.write(std::ptr::null_mut());
            match create(config) {
                Ok(engine) => {
                    out_engine.write(Arc::into_raw(Arc::new(engine)).cast_mut().cast());
                    FERRY_OK
                }
                Err(status) => status,
            }
        }
    })
}

/// # Safety
/// `config` is NULL or valid.
unsafe fn create(config: *const ferry_engine_config) -> Result<Engine, ferry_status> {
    let config = if config.is_null() {
        // SAFETY: zero is valid for every field.
        unsafe { std::mem::zeroed() }
    } else {
        // SAFETY: as promised by the caller.
        unsafe { read_struct(config)? }
    };
    let user_data = UserData(config.user_data);
    let log = make_log(&config, user_data);
    let wakeup = match (config.dispatch, config.wakeup) {
        (FERRY_DISPATCH_THREAD, _) => None,
        (FERRY_DISPATCH_PUMP, Some(wakeup)) => {
            Some(Box::new(move || {
                let user_data = &user_data;
                // SAFETY: the host's function with its own pointer.
                unsafe { wakeup(user_data.0) }
            }) as crate::engine::Wakeup)
        }
        _ => return Err(FERRY_INVALID_ARGUMENT),
    };
    // SAFETY: as promised by the caller.
    let (translated, storage) = unsafe { translate(&config) }.map_err(|(status, what)| {
        log.error(format_args!("configuration: {what}"));
        status
    })?;
    let destroy = config.destroy;
    let at_end = Box::new(move || {
        let user_data = &user_data;
        if let Some(destroy) = destroy {
            // SAFETY: the host gave the two together for this call.
            unsafe { destroy(user_data.0) }
        }
    });
    Engine::new(translated, storage, log, wakeup, at_end).map_err(|_| FERRY_SYSTEM)
}

fn make_log(config: &ferry_engine_config, user_data: UserData) -> Log {
    let sink = config.log.map(|log| {
        Box::new(move |level: Level, line: &str| {
            let user_data = &user_data;
            let line = crate::view::CText::new(line);
            // SAFETY: the host's function with its own pointer and a string that lives for the call.
            unsafe { log(user_data.0, level as u32, line.bytes().as_ptr().cast()) }
        }) as crate::log::Sink
    });
    Log::new(sink, config.log_level)
}

/// Closes the engine and waits: tasks that have not ended fail with `interrupted` (errno 600003), every callback and
/// every destroy has run, the threads are gone. Pumped engines tell the rest inside this call, on the
/// calling thread. The handle stays valid, for `ferry_engine_release`. Closing again does nothing.
///
/// Returns FERRY_OK; FERRY_WOULD_DEADLOCK inside a callback of this engine, which then goes on as it was;
/// FERRY_INVALID_ARGUMENT for NULL.
#[no_mangle]
pub unsafe extern "C" fn ferry_engine_close(engine: *mut ferry_engine) -> ferry_status {
    guard(FERRY_INTERNAL, || {
        // SAFETY: NULL or alive, as the header says.
        let Some(engine) = (unsafe { engine_of(engine) }) else { return FERRY_INVALID_ARGUMENT };
        match engine.close() {
            Ok(()) => FERRY_OK,
            Err(crate::engine::WouldDeadlock) => FERRY_WOULD_DEADLOCK,
        }
    })
}

/// Begins to close the engine and returns: what `ferry_engine_close` promises has come true when
/// `on_closed(user_data)` is called, the last callback of the engine, on the callback thread or in the host's
/// `ferry_engine_dispatch` (the callback thread itself ends right after it). `on_closed` may be NULL. May be called inside callbacks.
///
/// Returns FERRY_OK; FERRY_ENGINE_CLOSED when the engine is closed already (`on_closed` is not called then);
/// FERRY_INVALID_ARGUMENT for NULL.
#[no_mangle]
pub unsafe extern "C" fn ferry_engine_close_async(
    engine: *mut ferry_engine,
    on_closed: super::options::ferry_destroy_fn,
    user_data: *mut c_void,
) -> ferry_status {
    guard(FERRY_INTERNAL, || {
        // SAFETY: NULL or alive, as the header says.
        let Some(engine) = (unsafe { engine_of(engine) }) else { return FERRY_INVALID_ARGUMENT };
        let user_data = UserData(user_data);
        let words = on_closed.map(|on_closed| {
            Box::new(move || {
                let user_data = &user_data;
                // SAFETY: the host's function with its own pointer.
                unsafe { on_closed(user_data.0) }
            }) as Box<dyn FnOnce() + Send>
        });
        if engine.close_async(words) {
            FERRY_OK
        } else {
            FERRY_ENGINE_CLOSED
        }
    })
}

/// Gives the handle back; NULL is fine. An engine that was not closed begins to close and ends on its own; a pumped one
/// is closed inside this call, or at the end of the dispatch that runs the callback it is called in. To be sure that
/// nothing of it is left, close it first.
#[no_mangle]
pub unsafe extern "C" fn ferry_engine_release(engine: *mut ferry_engine) {
    guard((), || {
        if !engine.is_null() {
            // SAFETY: the caller gives its handle back.
            let engine = unsafe { Arc::from_raw(engine.cast::<Engine>()) };
            engine.abandon();
        }
    });
}

/// Runs at most `max_events` callbacks that wait (0: all that wait now) on the calling thread, for an engine with
/// `FERRY_DISPATCH_PUMP`; never waits for one. When some are left, `wakeup` is called again. `out_dispatched` may
/// be NULL. Call it on one thread.
///
/// Returns FERRY_OK; FERRY_WOULD_DEADLOCK inside a callback of this engine; FERRY_NOT_AVAILABLE when the engine has a
/// callback thread; FERRY_INVALID_ARGUMENT for NULL.
#[no_mangle]
pub unsafe extern "C" fn ferry_engine_dispatch(
    engine: *mut ferry_engine,
    max_events: u32,
    out_dispatched: *mut u32,
) -> ferry_status {
    guard(FERRY_INTERNAL, || {
        // SAFETY: NULL or alive, as the header says.
        let Some(engine) = (unsafe { engine_of(engine) }) else { return FERRY_INVALID_ARGUMENT };
        if !engine.is_pumped() {
            return FERRY_NOT_AVAILABLE;
        }
        let max = if max_events == 0 { u32::MAX } else { max_events };
        match engine.pump(max) {
            Round::Told(count) => {
                if !out_dispatched.is_null() {
                    // SAFETY: not NULL, so writable as the header says.
                    unsafe { out_dispatched.write(count) };
                }
                FERRY_OK
            }
            Round::Reentrant => FERRY_WOULD_DEADLOCK,
        }
    })
}

/// Fills `out_stats`, whose `struct_size` the caller has set.
#[no_mangle]
pub unsafe extern "C" fn ferry_engine_get_stats(
    engine: *const ferry_engine,
    out_stats: *mut ferry_engine_stats,
) -> ferry_status {
    guard(FERRY_INTERNAL, || {
        // SAFETY: NULL or alive, as the header says.
        let Some(engine) = (unsafe { engine_of(engine) }) else { return FERRY_INVALID_ARGUMENT };
        let stats = &engine.shared().stats;
        let small = |value: usize| u32::try_from(value).unwrap_or(u32::MAX);
        let answer = ferry_engine_stats {
            struct_size: 0,
            uploads_queued: small(stats.uploads_queued.load(Ordering::Relaxed)),
            uploads_running: small(stats.uploads_running.load(Ordering::Relaxed)),
            downloads_queued: small(stats.downloads_queued.load(Ordering::Relaxed)),
            downloads_running: small(stats.downloads_running.load(Ordering::Relaxed)),
            undelivered: small(engine.backlog()),
            accepted: stats.accepted.load(Ordering::Relaxed),
            ended: stats.ended.load(Ordering::Relaxed),
        };
        // SAFETY: the target is NULL or has `struct_size` bytes, as the header says.
        unsafe { write_struct(out_stats, &answer) }
    })
}

/// Fills `out_network`, whose `struct_size` the caller has set, with what the engine estimates of the network from its recent requests.
#[no_mangle]
pub unsafe extern "C" fn ferry_engine_network(
    engine: *const ferry_engine,
    out_network: *mut ferry_network,
) -> ferry_status {
    guard(FERRY_INTERNAL, || {
        // SAFETY: NULL or alive, as the header says.
        let Some(engine) = (unsafe { engine_of(engine) }) else { return FERRY_INVALID_ARGUMENT };
        let estimate = engine.shared().network();
        let answer = ferry_network {
            struct_size: 0,
            nettype: estimate.nettype as u32,
            http_rtt: estimate.http_rtt_ms.unwrap_or(0),
            transport_rtt: estimate.transport_rtt_ms.unwrap_or(0),
            downstream_kbps: estimate.downstream_kbps.unwrap_or(0),
            reserved: 0,
        };
        // SAFETY: the target is NULL or has `struct_size` bytes, as the header says.
        unsafe { write_struct(out_network, &answer) }
    })
}

/// The device is online, perhaps on another network than before.
pub const FERRY_NETWORK_ONLINE: u32 = 0;
/// The device has no network.
pub const FERRY_NETWORK_OFFLINE: u32 = 1;
/// Added to one of the two: running tasks fail with `interrupted` instead of getting a chance to finish.
pub const FERRY_NETWORK_INTERRUPT: u32 = 0x100;

/// The host tells that the network changed: connections and addresses of the old one are not used again, and the
/// estimate starts anew. Running tasks go on on their connections, unless `FERRY_NETWORK_INTERRUPT` is added.
///
/// Returns FERRY_OK, FERRY_ENGINE_CLOSED, FERRY_INVALID_ARGUMENT.
#[no_mangle]
pub unsafe extern "C" fn ferry_engine_network_changed(engine: *mut ferry_engine, change: u32) -> ferry_status {
    guard(FERRY_INTERNAL, || {
        // SAFETY: NULL or alive, as the header says.
        let Some(engine) = (unsafe { engine_of(engine) }) else { return FERRY_INVALID_ARGUMENT };
        if change & !(FERRY_NETWORK_OFFLINE | FERRY_NETWORK_INTERRUPT) != 0 {
            return FERRY_INVALID_ARGUMENT;
        }
        let sent = engine.network_changed(change & FERRY_NETWORK_OFFLINE != 0, change & FERRY_NETWORK_INTERRUPT != 0);
        if sent {
            FERRY_OK
        } else {
            FERRY_ENGINE_CLOSED
        }
    })
}

/// The host tells that the app went to the background (not 0) or came back (0). With `background_limit` on: tasks
/// still running or queued five seconds after it went fail with `interrupted` (errno 600003), new ones fail at once, until it
/// is back. Without, nothing happens.
///
/// Returns FERRY_OK, FERRY_ENGINE_CLOSED, FERRY_INVALID_ARGUMENT.
#[no_mangle]
pub unsafe extern "C" fn ferry_engine_set_background(engine: *mut ferry_engine, background: i32) -> ferry_status {
    guard(FERRY_INTERNAL, || {
        // SAFETY: NULL or alive, as the header says.
        let Some(engine) = (unsafe { engine_of(engine) }) else { return FERRY_INVALID_ARGUMENT };
        if engine.set_background(background != 0) {
            FERRY_OK
        } else {
            FERRY_ENGINE_CLOSED
        }
    })
}
