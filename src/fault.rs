//! Fault injection for the tests of the panic border; nothing at all in a build that is not under test.

/// A place where a test may ask for a panic.
#[cfg(not(test))]
#[inline(always)]
pub fn point(_name: &str) {}

#[cfg(test)]
pub use armed::*;

#[cfg(test)]
mod armed {
    use parking_lot::Mutex;

    static ARMED: Mutex<Option<&'static str>> = Mutex::new(None);

    /// Arms the point `name`: the next pass through it panics, once.
    pub fn arm(name: &'static str) {
        *ARMED.lock() = Some(name);
    }

    /// Whether the armed point was passed.
    pub fn fired() -> bool {
        ARMED.lock().is_none()
    }

    pub fn point(name: &str) {
        let mut armed = ARMED.lock();
        if *armed == Some(name) {
            *armed = None;
            drop(armed);
            panic!("injected at {name}");
        }
    }
}
