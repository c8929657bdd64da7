//! The tenant and the user of a transaction.

/// The tenant and the user in whose context a transaction runs.
#[derive(Clone, Copy, Debug, Default)]
pub struct Context<'a> {
    /// Slug or id; None leaves the context to the login's own settings.
    pub tenant: Option<&'a str>,
    /// E-mail or id.
    pub user: Option<&'a str>,
}

impl<'a> Context<'a> {
    /// The context given by a user. A blank value counts as absent.
    pub fn given(tenant: Option<&'a str>, user: Option<&'a str>) -> Self {
        let given = |value: Option<&'a str>| value.filter(|text| !text.trim().is_empty());
        Self { tenant: given(tenant), user: given(user) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_blank_is_absent() {
        let Context { tenant, user } = Context::given(Some(" "), Some("ann@north.example"));
        assert_eq!((tenant, user), (None, Some("ann@north.example")));
    }
}
