//! Sockets: making them, reading addresses, asking the kernel for the round-trip time.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::os::raw::c_int;

use curl_sys::curl_socket_t;

/// The IP address in a socket address; None for other families.
///
/// # Safety
/// `address` points to `length` readable bytes that hold a socket address.
pub unsafe fn ip_of(address: *const libc::sockaddr, length: usize) -> Option<IpAddr> {
    if length < std::mem::size_of::<libc::sa_family_t>() + 2 {
        return None;
    }
    // SAFETY: long enough for the family.
    let family = c_int::from(unsafe { (*address).sa_family });
    if family == libc::AF_INET && length >= std::mem::size_of::<libc::sockaddr_in>() {
        // SAFETY: long enough, and the family says what it is.
        let inet = unsafe { std::ptr::read_unaligned(address.cast::<libc::sockaddr_in>()) };
        return Some(IpAddr::V4(Ipv4Addr::from(u32::from_be(inet.sin_addr.s_addr))));
    }
    if family == libc::AF_INET6 && length >= std::mem::size_of::<libc::sockaddr_in6>() {
        // SAFETY: long enough, and the family says what it is.
        let inet6 = unsafe { std::ptr::read_unaligned(address.cast::<libc::sockaddr_in6>()) };
        return Some(IpAddr::V6(Ipv6Addr::from(inet6.sin6_addr.s6_addr)));
    }
    None
}

/// A socket that no child process inherits.
pub fn open(family: c_int, kind: c_int, protocol: c_int) -> curl_socket_t {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    // SAFETY: plain call.
    let socket = unsafe { libc::socket(family, kind | libc::SOCK_CLOEXEC, protocol) };
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    // SAFETY: plain calls on a descriptor of our own.
    let socket = unsafe {
        let socket = libc::socket(family, kind, protocol);
        if socket >= 0 {
            libc::fcntl(socket, libc::F_SETFD, libc::FD_CLOEXEC);
        }
        socket
    };
    if socket < 0 {
        curl_sys::CURL_SOCKET_BAD
    } else {
        socket
    }
}

/// The kernel's smoothed round-trip time of a TCP connection, microseconds.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub fn rtt_us(socket: curl_socket_t) -> Option<u32> {
    // SAFETY: zero is a valid tcp_info; the kernel writes at most `length` bytes.
    let (code, info) = unsafe {
        let mut info: libc::tcp_info = std::mem::zeroed();
        let mut length = std::mem::size_of::<libc::tcp_info>() as libc::socklen_t;
        let code = libc::getsockopt(socket, libc::IPPROTO_TCP, libc::TCP_INFO, (&raw mut info).cast(), &raw mut length);
        (code, info)
    };
    (code == 0 && info.tcpi_rtt > 0).then_some(info.tcpi_rtt)
}

/// The kernel's smoothed round-trip time of a TCP connection, microseconds.
#[cfg(any(target_os = "macos", target_os = "ios"))]
pub fn rtt_us(socket: curl_socket_t) -> Option<u32> {
    // SAFETY: zero is a valid tcp_connection_info; the kernel writes at most `length` bytes.
    let (code, info) = unsafe {
        let mut info: libc::tcp_connection_info = std::mem::zeroed();
        let mut length = std::mem::size_of::<libc::tcp_connection_info>() as libc::socklen_t;
        let code = libc::getsockopt(
            socket,
            libc::IPPROTO_TCP,
            libc::TCP_CONNECTION_INFO,
            (&raw mut info).cast(),
            &raw mut length,
        );
        (code, info)
    };
    // Milliseconds there.
    (code == 0 && info.tcpi_srtt > 0).then(|| info.tcpi_srtt.saturating_mul(1000))
}

/// Not known on this platform.
#[cfg(not(any(target_os = "linux", target_os = "android", target_os = "macos", target_os = "ios")))]
pub fn rtt_us(_socket: curl_socket_t) -> Option<u32> {
    None
}
