//! Routes, each with what the documentation says of it: there is no way to add one without the other.

use axum::Router;
use axum::routing::MethodRouter;

use super::operation::Described;
use crate::App;

/// Says what there is to say of a call.
pub(crate) type Describe = fn() -> Described;

/// Routes that are described.
pub(crate) struct Routes {
    router: Router<App>,
    paths: Vec<(String, Vec<Describe>)>,
}

impl Routes {
    /// None yet.
    pub(crate) fn new() -> Self {
        Self { router: Router::new(), paths: Vec::new() }
    }

    /// One more, with its calls.
    pub(crate) fn at(self, path: &str, handlers: MethodRouter<App>, calls: &[Describe]) -> Self {
        let mut paths = self.paths;
        paths.push((path.to_owned(), calls.to_vec()));
        Self { router: self.router.route(path, handlers), paths }
    }

    /// Those of both.
    pub(crate) fn and(self, other: Self) -> Self {
        let mut paths = self.paths;
        paths.extend(other.paths);
        Self { router: self.router.merge(other.router), paths }
    }

    /// With layers and fallbacks.
    pub(crate) fn around(self, dress: impl FnOnce(Router<App>) -> Router<App>) -> Self {
        Self { router: dress(self.router), paths: self.paths }
    }

    /// Below `path`.
    pub(crate) fn below(self, path: &str) -> Self {
        let paths = self.paths.into_iter().map(|(rest, calls)| (format!("{path}{rest}"), calls)).collect();
        Self { router: Router::new().nest(path, self.router), paths }
    }

    /// What answers.
    pub(crate) fn router(self) -> Router<App> {
        self.router
    }

    /// Their paths, with names for what varies.
    pub(crate) fn paths(&self) -> impl Iterator<Item = &str> {
        self.paths.iter().map(|(path, _)| path.as_str())
    }

    /// What is said of them.
    pub(super) fn described(&self) -> impl Iterator<Item = (&str, Described)> {
        self.paths.iter().flat_map(|(path, calls)| calls.iter().map(|call| (path.as_str(), call())))
    }
}
