//! `awgp mcp guard`: what passes, what is begun and finished, who is asked, and what becomes of a call when
//! something breaks. Each test runs the real `awgp-mcp` as a login of the application, before a scripted
//! server or one that nobody here wrote.

mod approvals;
mod breaking;
mod calls;
mod console;
mod http;
mod killed;
mod listing;
mod others;
mod passing;
