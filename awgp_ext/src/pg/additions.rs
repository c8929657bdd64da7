//! What a table has of triggers and CHECKs, to tell AWGP's own from what an operator has added.

use super::descriptor;
use pgrx::pg_sys;
use std::ffi::CStr;

/// The triggers of a description.
///
/// # Safety
/// The description is null, or live while the answer is used.
pub unsafe fn triggers<'a>(description: *const pg_sys::TriggerDesc) -> &'a [pg_sys::Trigger] {
    if description.is_null() {
        return &[];
    }
    // SAFETY: the description has as many triggers as it counts.
    unsafe {
        let count = usize::try_from((*description).numtriggers).unwrap_or(0);
        std::slice::from_raw_parts((*description).triggers, count)
    }
}

/// A copy of the table's triggers with those that `stay`, in the current memory context; null where the table
/// has none.
///
/// # Safety
/// The relation is open.
pub unsafe fn triggers_that(
    relation: pg_sys::Relation,
    stay: impl Fn(&pg_sys::Trigger) -> bool,
) -> *mut pg_sys::TriggerDesc {
    // SAFETY: the copy has as many triggers as it counts; those that stay are moved up.
    unsafe {
        let copy = pg_sys::CopyTriggerDesc((*relation).trigdesc);
        if copy.is_null() {
            return copy;
        }
        let kept: Vec<pg_sys::Trigger> =
            triggers(copy).iter().filter(|trigger| stay(trigger)).copied().collect();
        std::slice::from_raw_parts_mut((*copy).triggers, kept.len()).copy_from_slice(&kept);
        (*copy).numtriggers = i32::try_from(kept.len()).unwrap_or(0);
        copy
    }
}

/// True where the table computes no column, and has no CHECK but those of these names.
///
/// # Safety
/// The relation is open.
pub unsafe fn has_only_checks(relation: pg_sys::Relation, own: &[&CStr]) -> bool {
    // SAFETY: there are as many CHECKs as the table's constraints count, each with a name.
    unsafe {
        let constraints = (*(*relation).rd_att).constr;
        constraints.is_null()
            || !descriptor::has_generated_column(constraints)
                && (0..usize::from((*constraints).num_check))
                    .all(|number| own.contains(&CStr::from_ptr((*(*constraints).check.add(number)).ccname)))
    }
}
