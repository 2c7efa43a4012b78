//! The host under the storm: its engines, which come and go, and the tasks it holds on to.

use std::cell::Cell;
use std::ffi::CString;
use std::os::raw::c_void;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::Arc;
use std::time::Duration;

use ferry::ffi::config::*;
use ferry::ffi::engine::*;
use ferry::ffi::status::*;
use ferry::ffi::task::*;
use parking_lot::{Condvar, Mutex, RwLock};

use crate::ledger::{Ledger, Record};
use crate::weather::{Rng, Targets};

/// A reference to a task and what is known of it.
pub struct Held {
    pub task: *mut ferry_task,
    pub record: Arc<Record>,
}

// SAFETY: a handle; every function on it may be called on any thread.
unsafe impl Send for Held {}

impl Clone for Held {
    fn clone(&self) -> Held {
        // SAFETY: `self` holds a reference.
        let task = unsafe { ferry_task_retain(self.task) };
        Held { task, record: self.record.clone() }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        // SAFETY: this reference is given back once.
        unsafe { ferry_task_release(self.task) }
    }
}

pub struct Host {
    pub ledger: Arc<Ledger>,
    pub targets: Targets,
    pub temp_dir: CString,
    held: Mutex<Vec<Held>>,
    /// How many starts are still to be accepted.
    left: AtomicU64,
    pub accepted: AtomicU64,
    engines: Mutex<Vec<Arc<EngineRecord>>>,
    pub something_ended: Condvar,
    pub pulse: Mutex<()>,
}

/// What an engine tells its host.
pub struct EngineRecord {
    woken: Mutex<bool>,
    wake: Condvar,
    destroyed: AtomicU64,
    closings: AtomicU64,
    closed: AtomicU64,
    ledger: Arc<Ledger>,
}

/// How many tasks the storm holds on to.
const HELD: usize = 300;

impl Host {
    pub fn new(targets: Targets, temp_dir: &Path, tasks: u64) -> Host {
        Host {
            ledger: Arc::default(),
            targets,
            temp_dir: CString::new(temp_dir.as_os_str().as_bytes()).unwrap(),
            held: Mutex::default(),
            left: AtomicU64::new(tasks),
            accepted: AtomicU64::new(0),
            engines: Mutex::default(),
            something_ended: Condvar::new(),
            pulse: Mutex::default(),
        }
    }

    /// One start of those still to be made.
    pub fn claim(&self) -> bool {
        self.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok()
    }

    /// A closed engine refused the start.
    pub fn give_back(&self) {
        self.left.fetch_add(1, Ordering::SeqCst);
    }

    pub fn hold(&self, held: Held, rng: &mut Rng) -> Option<Held> {
        let mut all = self.held.lock();
        all.push(held);
        (all.len() > HELD).then(|| {
            let place = rng.below(all.len() as u64) as usize;
            all.swap_remove(place)
        })
    }

    /// Another reference to a task that somebody holds.
    pub fn pick(&self, rng: &mut Rng) -> Option<Held> {
        let all = self.held.lock();
        (!all.is_empty()).then(|| all[rng.below(all.len() as u64) as usize].clone())
    }

    /// Tasks that have not ended.
    pub fn under_way(&self) -> u64 {
        self.accepted.load(Ordering::SeqCst).saturating_sub(self.ledger.ended.load(Ordering::SeqCst))
    }

    pub fn let_go_of_all(&self) {
        let all = std::mem::take(&mut *self.held.lock());
        drop(all);
    }

    /// Engines that were released and not closed end on their own.
    pub fn wait_until_engines_are_gone(&self) {
        for engine in self.engines.lock().iter() {
            let mut woken = engine.woken.lock();
            while engine.destroyed.load(Ordering::SeqCst) == 0
                || engine.closings.load(Ordering::SeqCst) > engine.closed.load(Ordering::SeqCst)
            {
                let timed_out = engine.wake.wait_for(&mut woken, Duration::from_secs(60)).timed_out();
                assert!(!timed_out, "an engine did not end");
            }
            assert_eq!(engine.destroyed.load(Ordering::SeqCst), 1);
        }
    }
}

unsafe extern "C" fn on_wakeup(data: *mut c_void) {
    // SAFETY: the host keeps the record to the end of the test.
    let engine = unsafe { &*data.cast::<EngineRecord>() };
    if engine.destroyed.load(Ordering::SeqCst) > 0 {
        engine.ledger.violation("a wake-up after destroy".into());
    }
    *engine.woken.lock() = true;
    engine.wake.notify_all();
}

unsafe extern "C" fn on_destroy(data: *mut c_void) {
    // SAFETY: as above.
    let engine = unsafe { &*data.cast::<EngineRecord>() };
    let _woken = engine.woken.lock();
    engine.destroyed.fetch_add(1, Ordering::SeqCst);
    engine.wake.notify_all();
}

unsafe extern "C" fn on_closed(data: *mut c_void) {
    // SAFETY: as above.
    let engine = unsafe { &*data.cast::<EngineRecord>() };
    let _woken = engine.woken.lock();
    engine.closed.fetch_add(1, Ordering::SeqCst);
    engine.wake.notify_all();
}

/// An engine in its slot.
struct Seat {
    engine: *mut ferry_engine,
    record: Arc<EngineRecord>,
    pumped: bool,
}

// SAFETY: a handle; every function on it may be called on any thread.
unsafe impl Send for Seat {}
// SAFETY: as above.
unsafe impl Sync for Seat {}

pub struct Arena<'a> {
    host: &'a Host,
    /// Locked for writing to release the handle: what the C ABI asks of a host.
    seats: Vec<RwLock<Seat>>,
    over: AtomicBool,
}

thread_local! {
    /// The engine whose handle the next callback on this thread is to release.
    static RELEASE_INSIDE: Cell<*mut ferry_engine> = const { Cell::new(ptr::null_mut()) };
}

/// Inside a callback: lets go of the engine that is being pumped, if that is asked for.
pub fn release_inside() {
    let engine = RELEASE_INSIDE.replace(ptr::null_mut());
    // SAFETY: the pumping thread has the seat to itself and handed the handle over.
    unsafe { ferry_engine_release(engine) }
}

fn create(config: &ferry_engine_config) -> *mut ferry_engine {
    let mut engine = ptr::null_mut();
    // SAFETY: valid pointers.
    assert_eq!(unsafe { ferry_engine_create(config, &raw mut engine) }, FERRY_OK);
    engine
}

fn config() -> ferry_engine_config {
    // SAFETY: zero is the default of every field.
    let mut config: ferry_engine_config = unsafe { std::mem::zeroed() };
    config.struct_size = size_of::<ferry_engine_config>() as u32;
    config
}

/// An engine comes and goes.
pub fn warm_up(temp_dir: &Path) {
    let temp_dir = CString::new(temp_dir.as_os_str().as_bytes()).unwrap();
    let mut config = config();
    config.temp_dir = temp_dir.as_ptr();
    let engine = create(&config);
    // SAFETY: alive, given back once.
    unsafe {
        assert_eq!(ferry_engine_close(engine), FERRY_OK);
        ferry_engine_release(engine);
    }
}

/// A new engine; every other one is pumped.
fn open(host: &Host, slot: usize) -> Seat {
    let record = Arc::new(EngineRecord {
        woken: Mutex::new(false),
        wake: Condvar::new(),
        destroyed: AtomicU64::new(0),
        closings: AtomicU64::new(0),
        closed: AtomicU64::new(0),
        ledger: host.ledger.clone(),
    });
    host.engines.lock().push(record.clone());
    let pumped = slot % 2 == 1;
    let mut config = config();
    config.dispatch = if pumped { FERRY_DISPATCH_PUMP } else { FERRY_DISPATCH_THREAD };
    config.user_data = Arc::as_ptr(&record).cast_mut().cast();
    config.wakeup = Some(on_wakeup);
    config.destroy = Some(on_destroy);
    config.temp_dir = host.temp_dir.as_ptr();
    config.progress_interval_ms = FERRY_PROGRESS_EVERY_CHANGE;
    Seat { engine: create(&config), record, pumped }
}

impl<'a> Arena<'a> {
    pub fn new(host: &'a Host, engines: usize) -> Arena<'a> {
        let seats = (0..engines).map(|slot| RwLock::new(open(host, slot))).collect();
        Arena { host, seats, over: AtomicBool::new(false) }
    }

    /// Uses one of the engines.
    pub fn with<T>(&self, seat: u64, body: impl FnOnce(*mut ferry_engine) -> T) -> T {
        let seat = self.seats[(seat % self.seats.len() as u64) as usize].read();
        body(seat.engine)
    }

    /// Ends an engine, one way or another, with whatever it has in flight, and puts a new one in its place.
    pub fn replace(&self, rng: &mut Rng) {
        let slot = rng.below(self.seats.len() as u64) as usize;
        let way = rng.below(4);
        {
            let seat = self.seats[slot].read();
            let (engine, record) = (seat.engine, &seat.record);
            // SAFETY: the seat keeps the handle while it is locked.
            unsafe {
                match way {
                    0 => assert_eq!(ferry_engine_close(engine), FERRY_OK),
                    1 => {
                        let same = engine as usize;
                        let other = std::thread::spawn(move || ferry_engine_close(same as *mut ferry_engine));
                        assert_eq!(ferry_engine_close(engine), FERRY_OK);
                        assert_eq!(other.join().unwrap(), FERRY_OK);
                    }
                    2 => {
                        record.closings.fetch_add(1, Ordering::SeqCst);
                        let data = Arc::as_ptr(record).cast_mut().cast();
                        if ferry_engine_close_async(engine, Some(on_closed), data) != FERRY_OK {
                            record.closings.fetch_sub(1, Ordering::SeqCst);
                        }
                    }
                    _ => {}
                }
            }
        }
        let mut seat = self.seats[slot].write();
        let engine = seat.engine;
        *seat = open(self.host, slot);
        drop(seat);
        // SAFETY: nobody else has the handle any more.
        unsafe { ferry_engine_release(engine) }
    }

    /// The thread that pumps what sits in `slot`, when woken, a few events at a time.
    pub fn pump(&self, slot: usize, mut rng: Rng) {
        while !self.over.load(Ordering::SeqCst) {
            let record = {
                let seat = self.seats[slot].read();
                if !seat.pumped {
                    return;
                }
                seat.record.clone()
            };
            {
                let mut woken = record.woken.lock();
                // A new engine may have taken the seat: look again from time to time.
                if !*woken && record.wake.wait_for(&mut woken, Duration::from_millis(20)).timed_out() {
                    continue;
                }
                *woken = false;
            }
            if rng.below(100) == 0 {
                self.pump_and_release(slot);
            } else {
                let seat = self.seats[slot].read();
                if seat.engine.is_null() {
                    return;
                }
                let max = rng.below(8) as u32;
                // SAFETY: the seat keeps the handle while it is locked.
                let status = unsafe { ferry_engine_dispatch(seat.engine, max, ptr::null_mut()) };
                assert_eq!(status, FERRY_OK);
            }
        }
    }

    /// A callback of the engine lets go of it.
    fn pump_and_release(&self, slot: usize) {
        let mut seat = self.seats[slot].write();
        let engine = seat.engine;
        if engine.is_null() {
            return;
        }
        RELEASE_INSIDE.set(engine);
        // SAFETY: the seat is this thread's alone.
        unsafe { ferry_engine_dispatch(engine, 0, ptr::null_mut()) };
        if !RELEASE_INSIDE.replace(ptr::null_mut()).is_null() {
            // There was nothing to call back about.
            // SAFETY: as above.
            unsafe { ferry_engine_release(engine) };
        }
        *seat = open(self.host, slot);
    }

    /// Closes all of them.
    pub fn end(&self) {
        for slot in &self.seats {
            let mut seat = slot.write();
            // SAFETY: the seat is this thread's alone.
            unsafe {
                assert_eq!(ferry_engine_close(seat.engine), FERRY_OK);
                ferry_engine_release(seat.engine);
            }
            seat.engine = ptr::null_mut();
        }
        self.over.store(true, Ordering::SeqCst);
    }
}
