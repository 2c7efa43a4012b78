//! The C ABI as C sees it: the header, the layouts, the symbols, and programs compiled with the system's compiler.

mod backend;
mod cc;
mod header;
mod layout;
mod programs;
mod symbols;
