//! Functions that PostgreSQL calls as C functions and that pgrx cannot declare: triggers, and functions that
//! return a row of a table.

/// Declares one: `c_function!(symbol, finfo, Call, body)`. The body receives what `Call::new()` makes of
/// PostgreSQL's arguments.
macro_rules! c_function {
    ($symbol:ident, $finfo:ident, $call:ty, $body:expr) => {
        #[doc(hidden)]
        #[unsafe(no_mangle)]
        pub extern "C" fn $finfo() -> &'static ::pgrx::pg_sys::Pg_finfo_record {
            const V1: ::pgrx::pg_sys::Pg_finfo_record = ::pgrx::pg_sys::Pg_finfo_record { api_version: 1 };
            &V1
        }

        #[doc(hidden)]
        #[unsafe(no_mangle)]
        #[::pgrx::pg_guard]
        pub unsafe extern "C-unwind" fn $symbol(
            fcinfo: ::pgrx::pg_sys::FunctionCallInfo,
        ) -> ::pgrx::pg_sys::Datum {
            // SAFETY: PostgreSQL calls this symbol and passes its own fcinfo.
            let call = unsafe { <$call>::new(fcinfo) };
            $body(&call)
        }
    };
}
pub(crate) use c_function;
