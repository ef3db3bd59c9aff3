//! How often each route was called and with what it was answered, and how long it took, for `GET /metrics`. A route is named as it is documented, never as it was called: an
//! address may hold a secret, and there are as many as callers like.

use std::collections::HashMap;
use std::sync::OnceLock;
use std::time::Instant;

use axum::http::{Method, StatusCode};
use metrics::{Counter, Histogram, counter, histogram};

/// What a call is counted under that has no route.
const NO_ROUTE: &str = "none";
/// The methods that are told apart, and the others.
const METHODS: [&str; 7] = ["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "other"];
/// The statuses that are told apart, and the others.
const STATUSES: [&str; 21] = [
    "200", "201", "204", "206", "304", "400", "401", "403", "404", "405", "408", "409", "410", "413", "415", "422", "429", "431", "500", "503",
    "other",
];

/// A meter for every route.
#[derive(Debug)]
pub(crate) struct Meters {
    of: HashMap<String, Meter>,
    others: Meter,
}

/// One route's. Nothing of it is made before it is needed, because most combinations are none.
#[derive(Debug, Default)]
struct Meter {
    seconds: OnceLock<Handle<Histogram>>,
    answers: [[OnceLock<Handle<Counter>>; STATUSES.len()]; METHODS.len()],
}

struct Handle<T>(T);

impl<T> std::fmt::Debug for Handle<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Handle(..)")
    }
}

/// A call that is under way.
pub(crate) struct Metered<'a> {
    route: &'a str,
    meter: &'a Meter,
    method: usize,
    began: Instant,
}

impl Meters {
    /// Meters for these routes.
    pub(crate) fn of<'a>(routes: impl IntoIterator<Item = &'a str>) -> Self {
        Self { of: routes.into_iter().map(|route| (route.to_owned(), Meter::default())).collect(), others: Meter::default() }
    }

    /// A call begins.
    pub(crate) fn begin(&self, method: &Method, route: Option<&str>) -> Metered<'_> {
        let known = route.and_then(|route| self.of.get_key_value(route));
        let (route, meter) = known.map_or((NO_ROUTE, &self.others), |(route, meter)| (route.as_str(), meter));
        #[expect(clippy::disallowed_methods, reason = "a stopwatch, not the time of day")]
        let began = Instant::now();
        Metered { route, meter, method: place(&METHODS, method.as_str()), began }
    }
}

impl Metered<'_> {
    /// It has been answered.
    pub(crate) fn end(self, status: StatusCode) {
        let status = place(&STATUSES, status.as_str());
        let seconds = self.meter.seconds.get_or_init(|| Handle(histogram!("daftar_request_seconds", "route" => self.route.to_owned())));
        seconds.0.record(self.began.elapsed());
        let (Some(counters), Some(method), Some(status_name)) = (self.meter.answers.get(self.method), METHODS.get(self.method), STATUSES.get(status))
        else {
            return;
        };
        if let Some(counter) = counters.get(status) {
            let made = || counter!("daftar_requests_total", "route" => self.route.to_owned(), "method" => *method, "status" => *status_name);
            counter.get_or_init(|| Handle(made())).0.increment(1);
        }
    }
}

/// Where `name` is among `names`, whose last one stands for all others.
fn place(names: &[&str], name: &str) -> usize {
    names.iter().position(|known| *known == name).unwrap_or(names.len().saturating_sub(1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use metrics_exporter_prometheus::PrometheusBuilder;

    #[test]
    fn a_call_is_counted_by_its_route_and_never_by_its_address() {
        let recorder = PrometheusBuilder::new().build_recorder();
        let handle = recorder.handle();
        metrics::with_local_recorder(&recorder, || {
            let meters = Meters::of(["/auth", "/pictures/{file}"]);
            for (method, route, status) in [
                (Method::POST, Some("/auth"), StatusCode::OK),
                (Method::POST, Some("/auth"), StatusCode::OK),
                (Method::POST, Some("/auth"), StatusCode::UNAUTHORIZED),
                (Method::GET, Some("/pictures/{file}"), StatusCode::NOT_FOUND),
                (Method::GET, Some("/unknown/{*rest}"), StatusCode::NOT_FOUND),
                (Method::TRACE, None, StatusCode::IM_A_TEAPOT),
            ] {
                meters.begin(&method, route).end(status);
            }
        });
        let text = handle.render();
        for line in [
            r#"daftar_requests_total{route="/auth",method="POST",status="200"} 2"#,
            r#"daftar_requests_total{route="/auth",method="POST",status="401"} 1"#,
            r#"daftar_requests_total{route="/pictures/{file}",method="GET",status="404"} 1"#,
            r#"daftar_requests_total{route="none",method="GET",status="404"} 1"#,
            r#"daftar_requests_total{route="none",method="other",status="other"} 1"#,
            r#"daftar_request_seconds_count{route="/auth"} 3"#,
        ] {
            assert!(text.lines().any(|there| there == line), "{line} is missing in {text}");
        }
        assert!(!text.contains("unknown"));
    }
}
