//! `awgp.number`: a number as an argument. It is numeric by another name; see sql/number.sql.

use pgrx::callconv::{Arg, ArgAbi};
use pgrx::datum::AnyNumeric;
use pgrx::nullable::Nullable;
use pgrx::pgrx_sql_entity_graph::metadata::{
    ArgumentError, ReturnsError, ReturnsRef, SqlMappingRef, SqlTranslatable, TypeOrigin,
};

/// A number argument of a function; always in an Option.
pub struct Number(pub AnyNumeric);

// SAFETY: unboxed as a numeric, whose representation it shares.
unsafe impl<'fcx> ArgAbi<'fcx> for Number {
    unsafe fn unbox_arg_unchecked(arg: Arg<'_, 'fcx>) -> Self {
        // SAFETY: as the trait asks; SQL declares the argument awgp.number.
        Self(unsafe { arg.unbox_arg_using_from_datum() }.unwrap_or_else(|| AnyNumeric::from(0)))
    }

    unsafe fn unbox_nullable_arg(arg: Arg<'_, 'fcx>) -> Nullable<Self> {
        // SAFETY: as above.
        unsafe { arg.unbox_arg_using_from_datum::<AnyNumeric>() }.map(Self).into()
    }
}

// SAFETY: the SQL type that sql/number.sql creates.
unsafe impl SqlTranslatable for Number {
    const TYPE_IDENT: &'static str = pgrx::pgrx_resolved_type!(Number);
    const TYPE_ORIGIN: TypeOrigin = TypeOrigin::External;
    const ARGUMENT_SQL: Result<SqlMappingRef, ArgumentError> = Ok(SqlMappingRef::literal("awgp.number"));
    const RETURN_SQL: Result<ReturnsRef, ReturnsError> =
        Ok(ReturnsRef::One(SqlMappingRef::literal("awgp.number")));
}
