//! What is counted of requests, as metrics.

use incident::Via;
use lambda_support::metrics::Metrics;

/// The metrics of one request.
#[must_use]
pub(crate) fn metrics(
    class: &str,
    status: u16,
    auth_failure: Option<(&'static str, &'static str)>,
    acts: &[(&'static str, Via)],
    millis: f64,
) -> Metrics {
    let mut metrics = Metrics::new("incident-api");
    metrics.count("ApiRequests", 1);
    metrics.count_by("ApiRequests", "route", class, 1);
    metrics.count_by("ApiRequests", "status", status_class(status), 1);
    metrics.count("ApiServerErrors", u64::from(status >= 500));
    metrics.count("ApiRateLimited", u64::from(status == 429));
    metrics.count("ApiAuthFailures", u64::from(auth_failure.is_some()));
    if let Some((credential, reason)) = auth_failure {
        metrics.count_by("ApiAuthFailures", "credential", credential, 1);
        metrics.count_by("ApiAuthFailures", "reason", reason, 1);
        // Whoever signs with a secret that is not ours and comes again and again is probably who should have it.
        if reason == "forged" {
            metrics.count_by("ApiForgeries", "credential", credential, 1);
        }
    }
    metrics.count("ApiActs", u64::try_from(acts.len()).unwrap_or_default());
    for (act, via) in acts {
        metrics.count_by("ApiActs", "act", act, 1);
        metrics.count_by("ApiActs", "via", via.as_str(), 1);
    }
    metrics.millis("ApiMillis", millis);
    metrics
}

const fn status_class(status: u16) -> &'static str {
    match status {
        200..=299 => "2xx",
        300..=399 => "3xx",
        400..=499 => "4xx",
        _other => "5xx",
    }
}
