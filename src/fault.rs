//! Fault injection for the tests of the panic border and of races; nothing at all in a build that is not under test.

#[cfg(not(test))]
pub use idle::*;
#[cfg(test)]
pub use live::*;

#[cfg(not(test))]
mod idle {
    /// A place where a test may have something go wrong.
    #[inline(always)]
    pub fn point(_name: &str) {}

    /// The body of a thread that takes part in the faults of the thread that starts it.
    #[inline(always)]
    pub fn inherit<T>(body: impl FnOnce() -> T) -> impl FnOnce() -> T {
        body
    }
}

#[cfg(test)]
mod live {
    use std::cell::RefCell;
    use std::sync::Arc;

    use parking_lot::Mutex;

    type Action = Box<dyn FnOnce() + Send>;

    /// The faults of one test: of its thread and of the threads of the engines it makes, so that tests that run beside
    /// it pass its points untouched.
    #[derive(Clone, Default)]
    pub struct Faults(Arc<Mutex<Vec<(&'static str, Action)>>>);

    thread_local! {
        static FAULTS: RefCell<Option<Faults>> = const { RefCell::new(None) };
    }

    impl Faults {
        /// None armed yet, on this thread from here on.
        pub fn here() -> Faults {
            let faults = Faults::default();
            faults.enter();
            faults
        }

        /// Takes part from another thread.
        pub fn enter(&self) {
            FAULTS.set(Some(self.clone()));
        }

        /// The next pass through `point` runs `action`.
        pub fn at(&self, point: &'static str, action: impl FnOnce() + Send + 'static) {
            self.0.lock().push((point, Box::new(action)));
        }

        /// The next pass through `point` panics.
        pub fn panic_at(&self, point: &'static str) {
            // Without the panic hook, whose message would look like a failure of the test.
            self.at(point, || std::panic::resume_unwind(Box::new("injected")));
        }

        /// Whether everything that was armed has happened.
        pub fn all_fired(&self) -> bool {
            self.0.lock().is_empty()
        }
    }

    pub fn point(name: &str) {
        let Some(faults) = FAULTS.with_borrow(Clone::clone) else { return };
        let action = {
            let mut armed = faults.0.lock();
            armed.iter().position(|(point, _)| *point == name).map(|at| armed.remove(at).1)
        };
        if let Some(action) = action {
            action();
        }
    }

    pub fn inherit<T>(body: impl FnOnce() -> T) -> impl FnOnce() -> T {
        let faults = FAULTS.with_borrow(Clone::clone);
        move || {
            FAULTS.set(faults);
            body()
        }
    }
}
