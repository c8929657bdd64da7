//! Conversations and hallucination flags: what may be recorded, how it may change, and how it is erased.
//!
//! | file | concept |
//! |---|---|
//! | [`messages`] | an array of messages: roles, sizes, and that it only grows |
//! | [`forms`] | the forms of messages: who speaks, the words, the number of tokens |
//! | [`commitment`] | the digest that replaces content where content must not be stored |
//! | [`conversation`] | open, ended, erased: what may change in each, and who may erase |
//! | [`review`] | the states of a hallucination flag and who changes them |
//! | [`suspension`] | when confirmed flags suspend their assistant |
//! | [`policy`] | the tenant's settings for all of these |

pub mod commitment;
pub mod conversation;
pub mod forms;
pub mod messages;
pub mod policy;
pub mod review;
pub mod suspension;
