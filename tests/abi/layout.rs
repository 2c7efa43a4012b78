//! Every struct of the header has one layout, in Rust and in C.

use std::fmt::Write as _;

use ferry::ffi::config::{ferry_dns_override, ferry_engine_config, ferry_pin};
use ferry::ffi::engine::ferry_engine_stats;
use ferry::ffi::options::{
    ferry_callbacks, ferry_download_options, ferry_form_field, ferry_header, ferry_progress, ferry_upload_options,
};
use ferry::ffi::profile::{ferry_network, ferry_profile};
use ferry::ffi::string::ferry_string;

use crate::cc;

/// One struct as Rust lays it out.
struct Layout {
    name: &'static str,
    size: usize,
    align: usize,
    /// Name, offset, size.
    fields: Vec<(&'static str, usize, usize)>,
}

impl Layout {
    /// No byte that belongs to no field, so that the whole struct can be compared, and grown without surprise.
    fn gap(&self) -> Option<usize> {
        let mut end = 0;
        for &(_, offset, size) in &self.fields {
            if offset != end {
                return Some(end);
            }
            end = offset + size;
        }
        (end != self.size).then_some(end)
    }
}

macro_rules! layout {
    ($type:ident { $($field:ident),* $(,)? }) => {{
        // Names every field: a new one that is missing here does not compile.
        #[allow(dead_code)]
        fn sizes(value: &$type) -> Vec<usize> {
            let $type { $($field),* } = value;
            vec![$(std::mem::size_of_val($field)),*]
        }
        // SAFETY: plain data and nullable pointers, for which zero is valid.
        let zero: $type = unsafe { std::mem::zeroed() };
        Layout {
            name: stringify!($type),
            size: std::mem::size_of::<$type>(),
            align: std::mem::align_of::<$type>(),
            fields: [$((stringify!($field), std::mem::offset_of!($type, $field))),*]
                .into_iter()
                .zip(sizes(&zero))
                .map(|((name, offset), size)| (name, offset, size))
                .collect(),
        }
    }};
}

#[rustfmt::skip]
fn layouts() -> Vec<Layout> {
    vec![
        layout!(ferry_header { name, value }),
        layout!(ferry_form_field { name, value, value_length }),
        layout!(ferry_upload_options {
            struct_size, enable_profile, url, file_path, name, headers, header_count, form, form_count, timeout_ms, priority,
            enable_http2, enable_quic, reserved,
        }),
        layout!(ferry_download_options {
            struct_size, enable_profile, url, file_path, headers, header_count, timeout_ms, priority, enable_http2, enable_quic,
            reserved,
        }),
        layout!(ferry_progress { struct_size, percent, transferred, expected }),
        layout!(ferry_callbacks {
            struct_size, reserved, user_data, on_headers, on_progress, on_success, on_fail, on_complete, destroy,
        }),
        layout!(ferry_pin { host, spki_sha256 }),
        layout!(ferry_dns_override { host, port, connect_port, reserved, addresses }),
        layout!(ferry_engine_config {
            struct_size, dispatch, user_data, wakeup, log, destroy, log_level, max_uploads, max_downloads, max_queued,
            default_timeout_ms, max_timeout_ms, connect_timeout_ms, idle_timeout_ms, progress_interval_ms, refuse_addresses,
            max_response_body, max_download_size, user_agent, referer, ca_file, ca_pem, ca_pem_length, pins, pin_count,
            dns_overrides, dns_override_count, proxy, upload_origins, upload_origin_count, download_origins,
            download_origin_count, https_only, decode_content, background_limit, reserved, temp_dir, storage_root, temp_quota,
            temp_keep, user_quota,
        }),
        layout!(ferry_string { data, length }),
        layout!(ferry_profile {
            struct_size, estimate_nettype, invoke_start, queue_start, queue_end, redirect_start, redirect_end, fetch_start,
            domain_lookup_start, domain_lookup_end, connect_start, connect_end, ssl_connection_start, ssl_connection_end,
            request_start, request_end, response_start, response_end, send_bytes_count, received_byted_count, rtt,
            http_rtt_estimate, transport_rtt_estimate, downstream_throughput_kbps_estimate, throughput_kbps, port, protocol,
            socket_reused, using_high_performance_mode, reserved, peer_ip,
        }),
        layout!(ferry_engine_stats {
            struct_size, uploads_queued, uploads_running, downloads_queued, downloads_running, undelivered, accepted, ended,
        }),
        layout!(ferry_network { struct_size, nettype, http_rtt, transport_rtt, downstream_kbps, reserved }),
    ]
}

#[test]
fn every_struct_of_the_header_is_looked_at() {
    let header = cc::header_text();
    let mut declared: Vec<&str> =
        header.lines().filter_map(|line| line.strip_prefix("typedef struct ")?.strip_suffix(" {")).collect();
    let mut known: Vec<&str> = layouts().iter().map(|layout| layout.name).collect();
    declared.sort_unstable();
    known.sort_unstable();
    assert_eq!(declared, known);
}

#[cfg(target_pointer_width = "64")]
#[test]
fn no_struct_has_a_gap() {
    for layout in layouts() {
        assert_eq!(layout.gap(), None, "{} has padding", layout.name);
    }
}

#[test]
fn c_and_cxx_lay_them_out_alike() {
    let mut text = String::from(
        "#include <ferry.h>\n#ifdef __cplusplus\n#define CHECK(c) static_assert(c, #c)\n#define ALIGN alignof\n\
         #else\n#define CHECK(c) _Static_assert(c, #c)\n#define ALIGN _Alignof\n#endif\n",
    );
    for Layout { name, size, align, fields } in layouts() {
        writeln!(text, "CHECK(sizeof({name}) == {size});\nCHECK(ALIGN({name}) == {align});").unwrap();
        for (field, offset, size) in fields {
            writeln!(text, "CHECK(offsetof({name}, {field}) == {offset});").unwrap();
            writeln!(text, "CHECK(sizeof((({name} *)0)->{field}) == {size});").unwrap();
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("layout.c");
    std::fs::write(&file, text).unwrap();
    cc::run(cc::cc().args(cc::STRICT).args(["-std=c11", "-fsyntax-only"]).arg(&file));
    cc::run(cc::cxx().args(cc::STRICT).args(["-std=c++17", "-fsyntax-only", "-x", "c++"]).arg(&file));
}
