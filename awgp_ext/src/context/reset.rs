//! DISCARD ALL and RESET ALL end the session's identity. The server has no callback for them, so the
//! statements themselves are watched. With a pooler that resets connections, the next client starts without a
//! context.

use pgrx::pg_sys;
use std::cell::Cell;
use std::ffi::c_char;

thread_local! {
    static ON_RESET: Cell<Option<fn()>> = const { Cell::new(None) };
}

static mut PREVIOUS_HOOK: pg_sys::ProcessUtility_hook_type = None;

/// Calls `forget_identity` at DISCARD ALL and RESET ALL; called once per backend.
pub fn watch(forget_identity: fn()) {
    ON_RESET.set(Some(forget_identity));
    // SAFETY: the library is loaded once, by one thread; both hooks are valid as long as the backend lives.
    unsafe {
        PREVIOUS_HOOK = pg_sys::ProcessUtility_hook;
        pg_sys::ProcessUtility_hook = Some(on_utility);
    }
}

// The server's function without the guard of pgrx's binding: see `on_utility`.
unsafe extern "C-unwind" {
    #[allow(clippy::too_many_arguments)] // the server's signature
    fn standard_ProcessUtility(
        statement: *mut pg_sys::PlannedStmt,
        text: *const c_char,
        read_only_tree: bool,
        context: pg_sys::ProcessUtilityContext::Type,
        parameters: pg_sys::ParamListInfo,
        environment: *mut pg_sys::QueryEnvironment,
        receiver: *mut pg_sys::DestReceiver,
        completion: *mut pg_sys::QueryCompletion,
    );
}

/// Every utility statement of the server passes here, also in databases without AWGP. A pgrx guard would
/// catch an error and raise it again without the names of table, column and constraint and without its
/// position in the text. So there is no guard around the call, and this frame has nothing to drop: an error
/// passes through it as through a C function.
#[allow(clippy::too_many_arguments)] // the server's signature
unsafe extern "C-unwind" fn on_utility(
    statement: *mut pg_sys::PlannedStmt,
    text: *const c_char,
    read_only_tree: bool,
    context: pg_sys::ProcessUtilityContext::Type,
    parameters: pg_sys::ParamListInfo,
    environment: *mut pg_sys::QueryEnvironment,
    receiver: *mut pg_sys::DestReceiver,
    completion: *mut pg_sys::QueryCompletion,
) {
    // SAFETY: all arguments are passed on unchanged; the earlier hook has the same signature.
    unsafe {
        before_utility(statement);
        let next = PREVIOUS_HOOK.unwrap_or(standard_ProcessUtility);
        next(statement, text, read_only_tree, context, parameters, environment, receiver, completion);
    }
}

/// Runs before the statement, so that the context ends even where the statement fails.
#[pgrx::pg_guard]
unsafe extern "C-unwind" fn before_utility(statement: *mut pg_sys::PlannedStmt) {
    // SAFETY: a statement that is about to run.
    if unsafe { ends_identity((*statement).utilityStmt) }
        && let Some(forget_identity) = ON_RESET.get()
    {
        forget_identity();
    }
}

/// True for DISCARD ALL and RESET ALL.
///
/// # Safety
/// `node` is a live node.
unsafe fn ends_identity(node: *mut pg_sys::Node) -> bool {
    // SAFETY: the tag tells the type of the node.
    unsafe {
        match (*node).type_ {
            pg_sys::NodeTag::T_DiscardStmt => {
                (*node.cast::<pg_sys::DiscardStmt>()).target == pg_sys::DiscardMode::DISCARD_ALL
            }
            pg_sys::NodeTag::T_VariableSetStmt => {
                (*node.cast::<pg_sys::VariableSetStmt>()).kind == pg_sys::VariableSetKind::VAR_RESET_ALL
            }
            _ => false,
        }
    }
}
