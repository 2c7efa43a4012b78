//! From C's configuration to the engine's, with everything checked.

use std::os::raw::c_char;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::abi::{array, text};
use super::config::*;
use super::options::FERRY_ON;
use super::status::*;
use crate::config::{Config, DnsOverride, Pin, Trust};
use crate::policy::{AddressRules, Policy, PolicyConfig};
use crate::storage::{Storage, StorageConfig};

/// The status to return, and the words for the log.
pub(super) type ConfigError = (ferry_status, String);

fn invalid(what: &str) -> ConfigError {
    (FERRY_INVALID_CONFIG, what.to_owned())
}

/// A string of the configuration; "" counts as none.
///
/// # Safety
/// `pointer` is NULL or NUL-terminated.
unsafe fn string(name: &str, pointer: *const c_char) -> Result<Option<String>, ConfigError> {
    // SAFETY: as promised by the caller.
    let text = unsafe { text(pointer) }.map_err(|_| invalid(&format!("{name} is not UTF-8")))?;
    Ok(text.filter(|text| !text.is_empty()))
}

/// A string that must be there.
///
/// # Safety
/// As `string`.
unsafe fn required(name: &str, pointer: *const c_char) -> Result<String, ConfigError> {
    // SAFETY: as promised by the caller.
    unsafe { string(name, pointer) }?.ok_or_else(|| invalid(&format!("{name} is missing")))
}

/// An array of the configuration.
///
/// # Safety
/// `items` is NULL or points to `count` items.
unsafe fn list<'a, T>(name: &str, items: *const T, count: usize) -> Result<&'a [T], ConfigError> {
    // SAFETY: as promised by the caller.
    unsafe { array(items, count) }.map_err(|status| (status, format!("{name} is NULL with a count")))
}

/// NULL: any origin; otherwise the list, which may be empty.
///
/// # Safety
/// `items` is NULL or points to `count` strings.
unsafe fn origins(name: &str, items: *const *const c_char, count: usize) -> Result<Option<Vec<String>>, ConfigError> {
    if items.is_null() && count == 0 {
        return Ok(None);
    }
    // SAFETY: as promised by the caller.
    unsafe { list(name, items, count)?.iter().map(|&item| required(name, item)).collect::<Result<_, _>>().map(Some) }
}

fn or_default(value: u32, default: u32) -> u32 {
    if value == 0 {
        default
    } else {
        value
    }
}

fn millis(value: u32) -> Option<Duration> {
    (value != 0).then(|| Duration::from_millis(u64::from(value)))
}

/// # Safety
/// The pointers in `config` are NULL or valid.
pub(super) unsafe fn translate(config: &ferry_engine_config) -> Result<(Config, Arc<Storage>), ConfigError> {
    // SAFETY: as promised by the caller.
    unsafe {
        let addresses = |bit: u32| config.refuse_addresses & bit != 0;
        if config.refuse_addresses & !FERRY_REFUSE_NON_PUBLIC != 0 {
            return Err(invalid("refuse_addresses has unknown bits"));
        }
        let policy = Policy::new(PolicyConfig {
            https_only: config.https_only == FERRY_ON,
            upload_origins: origins("upload_origins", config.upload_origins, config.upload_origin_count)?,
            download_origins: origins("download_origins", config.download_origins, config.download_origin_count)?,
            addresses: AddressRules {
                refuse_loopback: addresses(FERRY_REFUSE_LOOPBACK),
                refuse_private: addresses(FERRY_REFUSE_PRIVATE),
                refuse_link_local: addresses(FERRY_REFUSE_LINK_LOCAL),
            },
        })
        .map_err(|error| invalid(&error.to_string()))?;

        let max_timeout = Duration::from_millis(or_default(config.max_timeout_ms, 60_000).into());
        let translated = Config {
            max_uploads: or_default(config.max_uploads, 10) as usize,
            max_downloads: or_default(config.max_downloads, 10) as usize,
            max_queued: (config.max_queued != 0).then_some(config.max_queued as usize),
            default_timeout: Duration::from_millis(or_default(config.default_timeout_ms, 60_000).into()),
            max_timeout,
            connect_timeout: millis(config.connect_timeout_ms),
            idle_timeout: millis(config.idle_timeout_ms),
            progress_interval: match config.progress_interval_ms {
                0 => Duration::from_millis(100),
                FERRY_PROGRESS_EVERY_CHANGE => Duration::ZERO,
                ms => Duration::from_millis(ms.into()),
            },
            max_response_body: if config.max_response_body == 0 { 16 << 20 } else { config.max_response_body },
            max_download_size: if config.max_download_size == 0 { 200 << 20 } else { config.max_download_size },
            user_agent: header_value("user_agent", config.user_agent)?,
            referer: header_value("referer", config.referer)?,
            trust: trust(config)?,
            pins: list("pins", config.pins, config.pin_count)?
                .iter()
                .map(|pin| read_pin(pin))
                .collect::<Result<_, _>>()?,
            dns_overrides: list("dns_overrides", config.dns_overrides, config.dns_override_count)?
                .iter()
                .map(|entry| dns_override(entry))
                .collect::<Result<_, _>>()?,
            proxy: string("proxy", config.proxy)?,
            decode_content: config.decode_content == FERRY_ON,
            background_limit: config.background_limit == FERRY_ON,
            policy,
        };
        // Last: it makes folders.
        Ok((translated, open_storage(config)?))
    }
}

/// # Safety
/// As `string`.
unsafe fn header_value(name: &str, pointer: *const c_char) -> Result<Option<String>, ConfigError> {
    // SAFETY: as promised by the caller.
    let value = unsafe { string(name, pointer) }?;
    match &value {
        Some(text) if text.contains(['\r', '\n']) => Err(invalid(&format!("{name} has a line break"))),
        _ => Ok(value),
    }
}

/// # Safety
/// As `translate`.
unsafe fn trust(config: &ferry_engine_config) -> Result<Trust, ConfigError> {
    // SAFETY: as promised by the caller.
    unsafe {
        if let Some(file) = string("ca_file", config.ca_file)? {
            let path = PathBuf::from(file);
            return match std::fs::File::open(&path) {
                Ok(_) => Ok(Trust::File(path)),
                Err(error) => Err(invalid(&format!("ca_file cannot be read: {error}"))),
            };
        }
        let pem = list("ca_pem", config.ca_pem, config.ca_pem_length)?;
        Ok(if pem.is_empty() { Trust::Platform } else { Trust::Pem(pem.into()) })
    }
}

/// # Safety
/// The pointers in `pin` are NULL or valid.
unsafe fn read_pin(pin: &ferry_pin) -> Result<Pin, ConfigError> {
    // SAFETY: as promised by the caller.
    let (host, spki_sha256) = unsafe { (required("pin host", pin.host)?, required("pin", pin.spki_sha256)?) };
    // libcurl would take a pin it cannot read for none at all.
    let base64 = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/');
    match spki_sha256.strip_suffix('=') {
        Some(digits) if digits.len() == 43 && digits.chars().all(base64) => Ok(Pin { host, spki_sha256 }),
        _ => Err(invalid("a pin is not the base64 of a SHA-256")),
    }
}

/// # Safety
/// The pointers in `entry` are NULL or valid.
unsafe fn dns_override(entry: &ferry_dns_override) -> Result<DnsOverride, ConfigError> {
    // SAFETY: as promised by the caller.
    let (host, addresses) =
        unsafe { (required("dns override host", entry.host)?, required("dns override addresses", entry.addresses)?) };
    let parsed: Result<Vec<std::net::IpAddr>, _> = addresses.split(',').map(|address| address.trim().parse()).collect();
    let addresses = parsed.map_err(|_| invalid("a dns override has something else than IP addresses"))?;
    let host = url::Host::parse(&host).map_err(|_| invalid("a dns override has no host name"))?.to_string();
    if entry.port == 0 {
        return Err(invalid("a dns override has no port"));
    }
    Ok(DnsOverride { host, port: entry.port, connect_port: entry.connect_port, addresses })
}

/// # Safety
/// As `translate`.
unsafe fn open_storage(config: &ferry_engine_config) -> Result<Arc<Storage>, ConfigError> {
    // SAFETY: as promised by the caller.
    let (root, temp_dir) =
        unsafe { (string("storage_root", config.storage_root)?, string("temp_dir", config.temp_dir)?) };
    Storage::open(StorageConfig {
        root: root.map(PathBuf::from),
        temp_dir: temp_dir.map(PathBuf::from).unwrap_or_default(),
        temp_quota: config.temp_quota,
        temp_trim_to: config.temp_keep,
        user_quota: config.user_quota,
    })
    .map(Arc::new)
    .map_err(|error| (FERRY_STORAGE, format!("storage: {error}")))
}
