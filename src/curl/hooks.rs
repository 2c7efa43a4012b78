//! libcurl callbacks that the curl crate does not offer: bytes sent, the address about to be connected to,
//! the request about to go out.

use std::net::IpAddr;
use std::os::raw::{c_int, c_void};
use std::panic::{catch_unwind, AssertUnwindSafe};

use curl::easy::{Easy2, Handler};
use curl::Error;
use curl_sys::{curl_off_t, curl_socket_t};

use super::info::Probe;
use super::{raw, socket};

/// What ferry's handler wants to know beyond the crate's `Handler`. A false answer fails the transfer. A
/// panic is caught, told to `panicked`, and fails the transfer.
pub trait Hooks: Handler {
    /// Takes the way to ask about the connection. To be kept in the handler and nowhere else.
    fn probe(&mut self, probe: Probe);
    /// Bytes of the request body that have gone to the socket.
    fn sent(&mut self, bytes: u64) -> bool;
    /// Whether this address may be connected to.
    fn may_connect(&mut self, address: IpAddr) -> bool;
    /// The connection stands; the request goes out next.
    fn request_starts(&mut self) -> bool;
    /// One of these panicked.
    fn panicked(&mut self);
}

/// Registers the hooks of the handle's handler. They stay until the handle is reset.
pub fn register<H: Hooks>(easy: &mut Easy2<H>) -> Result<(), Error> {
    let handler: *mut H = easy.get_mut();
    let raw_easy = easy.raw();
    // SAFETY: the handler keeps it, as the trait asks.
    easy.get_mut().probe(unsafe { Probe::new(raw_easy) });
    let xferinfo: extern "C" fn(*mut c_void, curl_off_t, curl_off_t, curl_off_t, curl_off_t) -> c_int =
        on_xferinfo::<H>;
    let prereq: extern "C" fn(
        *mut c_void,
        *mut std::os::raw::c_char,
        *mut std::os::raw::c_char,
        c_int,
        c_int,
    ) -> c_int = on_prereq::<H>;
    let open: curl_sys::curl_opensocket_callback = on_open_socket::<H>;
    // SAFETY: the handle is alive. The handler is boxed inside it, so its address holds until the handle is dropped,
    // and libcurl calls only on the thread that drives the handle, when nobody else borrows the handler.
    unsafe {
        for code in [
            curl_sys::curl_easy_setopt(raw_easy, raw::CURLOPT_XFERINFOFUNCTION, xferinfo),
            curl_sys::curl_easy_setopt(raw_easy, raw::CURLOPT_XFERINFODATA, handler),
            curl_sys::curl_easy_setopt(raw_easy, raw::CURLOPT_PREREQFUNCTION, prereq),
            curl_sys::curl_easy_setopt(raw_easy, raw::CURLOPT_PREREQDATA, handler),
            curl_sys::curl_easy_setopt(raw_easy, curl_sys::CURLOPT_OPENSOCKETFUNCTION, open),
            curl_sys::curl_easy_setopt(raw_easy, curl_sys::CURLOPT_OPENSOCKETDATA, handler),
        ] {
            if code != curl_sys::CURLE_OK {
                return Err(Error::new(code));
            }
        }
    }
    Ok(())
}

/// Runs a hook behind the panic border.
fn guarded<H: Hooks>(handler: *mut c_void, name: &str, hook: impl FnOnce(&mut H) -> bool) -> bool {
    // SAFETY: `register` gave libcurl this pointer to the handler that is boxed inside the handle being driven.
    let handler = unsafe { &mut *handler.cast::<H>() };
    match catch_unwind(AssertUnwindSafe(|| {
        crate::fault::point(name);
        hook(handler)
    })) {
        Ok(go_on) => go_on,
        Err(_) => {
            handler.panicked();
            false
        }
    }
}

extern "C" fn on_xferinfo<H: Hooks>(
    handler: *mut c_void,
    _dltotal: curl_off_t,
    _dlnow: curl_off_t,
    _ultotal: curl_off_t,
    ulnow: curl_off_t,
) -> c_int {
    c_int::from(!guarded::<H>(handler, "xferinfo", |hooks| hooks.sent(u64::try_from(ulnow).unwrap_or(0))))
}

extern "C" fn on_prereq<H: Hooks>(
    handler: *mut c_void,
    _peer: *mut std::os::raw::c_char,
    _local: *mut std::os::raw::c_char,
    _peer_port: c_int,
    _local_port: c_int,
) -> c_int {
    if guarded::<H>(handler, "prereq", |hooks| hooks.request_starts()) {
        raw::CURL_PREREQFUNC_OK
    } else {
        raw::CURL_PREREQFUNC_ABORT
    }
}

extern "C" fn on_open_socket<H: Hooks>(
    handler: *mut c_void,
    _purpose: curl_sys::curlsocktype,
    address: *mut curl_sys::curl_sockaddr,
) -> curl_socket_t {
    // SAFETY: libcurl passes a valid address for the length of the call.
    let address = unsafe { &mut *address };
    let allowed = guarded::<H>(handler, "open_socket", |hooks| {
        // SAFETY: `addr` begins a sockaddr of the family it names, `addrlen` bytes long.
        match unsafe { socket::ip_of(&raw const address.addr, address.addrlen as usize) } {
            Some(ip) => hooks.may_connect(ip),
            None => false,
        }
    });
    if !allowed {
        return curl_sys::CURL_SOCKET_BAD;
    }
    socket::open(address.family, address.socktype, address.protocol)
}
