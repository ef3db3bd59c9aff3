//! Routes, each with what the documentation says of it: there is no way to add one without the other.

use axum::Router;
use axum::handler::Handler;
use axum::middleware::from_fn_with_state;
use axum::routing::MethodRouter;

use super::operation::Described;
use crate::App;
use crate::surface::bounds::{Bounds, bounded};

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

    /// With what else a surface says in its own shape: of requests that are cut, and of paths and methods that lead nowhere.
    pub(crate) fn refusing<N, M, A, B>(self, bounds: Bounds, no_such_path: N, no_such_method: M) -> Self
    where
        N: Handler<A, App>,
        M: Handler<B, App>,
        A: 'static,
        B: 'static,
    {
        let routes = self.router.fallback(no_such_path).method_not_allowed_fallback(no_such_method);
        Self { router: routes.layer(from_fn_with_state(bounds, bounded)), paths: self.paths }
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
