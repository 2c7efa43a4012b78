//! What the log says, and what it must not say.

mod common;

use common::*;

const SECRETS: [&str; 9] = [
    "canary-path",
    "canary-query",
    "canary-header",
    "canary-field",
    "canary-file-content",
    "canary-file-name",
    "canary-body",
    "canary-password",
    "canary-cookie",
];

/// Uploads, downloads and failures with a secret in every place.
fn traffic(level: u32) -> Vec<(u32, String)> {
    let server = Server::plain();
    let folder = Folder::new();
    let engine = Engine::with(|config| config.log_level = level);
    let file = folder.file("canary-file-name.txt", "canary-file-content");
    let with_secrets = |route: &str| {
        let url = server.url(&format!("{route}?x=canary-query&set=Set-Cookie:canary-cookie&body=canary-body"));
        url.replace("http://", "http://user:canary-password@")
    };
    for route in ["/say", "/redirect/302", "/drop-after/5/of/10", "/garbage", "/canary-path", "/status/500"] {
        let url = with_secrets(route);
        let upload = engine.upload(&url, &file).name("canary-field").field("canary-field", "canary-field");
        upload.header("X-Secret", "canary-header").run();
        let target = folder.path("canary-file-name");
        engine.download(&url).to(&target).header("Authorization", "canary-header").run();
        engine.download(&url).to(&folder.path("canary-path/missing")).run();
        engine.upload(&url, &folder.path("canary-file-name/missing")).run();
    }
    engine.download("canary-path canary-query").run();
    engine.download("http://canary-query@[::").run();
    engine.download(&with_secrets("/say")).header("X", "canary-header\n").run();
    let cut = engine.download(&server.url("/never?canary-query")).start();
    server.wait_for(|state| state.waiting_at("never") == 1);
    assert_eq!(engine.close(), FERRY_OK);
    cut.wait_end().failed(600003, "interrupted");
    engine.notes.log()
}

#[test]
fn no_secret_at_info_or_below() {
    let log = traffic(FERRY_LOG_INFO);
    assert!(log.len() > 30, "the life of each task is told");
    for (level, line) in &log {
        assert!(*level <= FERRY_LOG_INFO, "{line}");
        for secret in SECRETS {
            assert!(!line.contains(secret), "{secret} in {line:?}");
        }
    }
    let has = |text: &str| log.iter().any(|(_, line)| line.contains(text));
    assert!(has("uploadFile") && has("downloadFile") && has("127.0.0.1") && has("600001"), "{log:#?}");
}

#[test]
fn levels_are_kept() {
    assert!(traffic(FERRY_LOG_ERROR).is_empty(), "nothing of ferry's own went wrong");
    assert!(traffic(FERRY_LOG_WARN).iter().all(|(level, _)| *level <= FERRY_LOG_WARN));
    let debug = traffic(FERRY_LOG_DEBUG);
    assert!(debug.iter().any(|(level, line)| *level == FERRY_LOG_DEBUG && line.contains("canary-query")));
    assert!(debug.iter().all(|(_, line)| !line.contains("canary-password")), "passwords at no level");
    for secret in ["canary-file-content", "canary-header", "canary-field"] {
        assert!(debug.iter().all(|(_, line)| !line.contains(secret)), "{secret}");
    }
}

#[test]
fn off_by_default() {
    let server = Server::plain();
    unsafe extern "C" fn log(_: *mut std::os::raw::c_void, _: u32, _: *const std::os::raw::c_char) {
        std::process::abort();
    }
    // SAFETY: zero is every field's default, and the pointers are valid.
    unsafe {
        let mut config: ferry_engine_config = std::mem::zeroed();
        config.struct_size = size_of::<ferry_engine_config>() as u32;
        config.log = Some(log);
        let mut engine = std::ptr::null_mut();
        assert_eq!(ferry_engine_create(&config, &mut engine), FERRY_OK);
        let url = std::ffi::CString::new(server.url("/garbage")).unwrap();
        let mut options: ferry_download_options = std::mem::zeroed();
        options.struct_size = size_of::<ferry_download_options>() as u32;
        options.url = url.as_ptr();
        assert_eq!(ferry_download_file(engine, &options, std::ptr::null(), std::ptr::null_mut()), FERRY_OK);
        server.wait_for(|state| state.seen("/garbage") == 1);
        assert_eq!(ferry_engine_close(engine), FERRY_OK);
        ferry_engine_release(engine);
    }
}
