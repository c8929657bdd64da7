//! Rows of `awgp.metrics()` as OpenMetrics text. Every number is a gauge, so that the text is also one of
//! Prometheus's older format, which the textfile collector reads.

use super::reading::Reading;
use awgp_client::{Exit, Failure, Row};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::{Registry, Unit};
use std::collections::BTreeMap;
use std::fmt;
use std::time::UNIX_EPOCH;

/// The content type of the text.
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// A metric with its samples.
#[derive(Debug)]
struct Family {
    /// Its name without the unit, which the encoder adds.
    name: String,
    unit: Option<Unit>,
    help: String,
    samples: Vec<(Vec<(String, String)>, f64)>,
}

/// All metrics, in their order.
#[derive(Debug)]
struct Families(Vec<Family>);

impl Collector for Families {
    fn encode(&self, mut encoder: DescriptorEncoder) -> Result<(), fmt::Error> {
        for Family { name, unit, help, samples } in &self.0 {
            let mut metric = encoder.encode_descriptor(name, help, unit.as_ref(), MetricType::Gauge)?;
            for (labels, value) in samples {
                if labels.is_empty() {
                    ConstGauge::new(*value).encode(metric.encode_family(&NO_LABELS)?)?;
                } else {
                    ConstGauge::new(*value).encode(metric.encode_family(labels)?)?;
                }
            }
        }
        Ok(())
    }
}

const NO_LABELS: [(&str, &str); 0] = [];

/// The text, which ends with `# EOF`.
pub fn text(reading: &Reading) -> Result<String, Failure> {
    let mut families = of_rows(&reading.rows)?;
    families.extend(of_reading(reading));
    let mut registry = Registry::default();
    registry.register_collector(Box::new(Families(families)));
    let mut text = String::new();
    encode(&mut text, &registry).map_err(|error| unreadable(&error.to_string()))?;
    Ok(text)
}

/// When the numbers were read, and how long it took.
fn of_reading(reading: &Reading) -> [Family; 2] {
    let seconds = |name: &str, help: &str, value: f64| Family {
        name: name.to_owned(),
        unit: Some(Unit::Seconds),
        help: help.to_owned(),
        samples: vec![(Vec::new(), value)],
    };
    let at = reading.at.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64();
    [
        seconds("awgp_metrics_read_timestamp", "When these numbers were read, in seconds since 1970", at),
        seconds(
            "awgp_metrics_read_duration",
            "How long it took to read these numbers",
            reading.took.as_secs_f64(),
        ),
    ]
}

fn of_rows(rows: &[Row]) -> Result<Vec<Family>, Failure> {
    let mut families: Vec<Family> = Vec::new();
    for row in rows {
        let text = |name: &str| row.text(name).unwrap_or_default();
        let (full, unit) = (text("name"), text("unit"));
        let name = full.strip_suffix(&format!("_{unit}")).unwrap_or(&full);
        let place = families.iter().position(|family| family.name == name).unwrap_or_else(|| {
            let unit = (!unit.is_empty()).then(|| Unit::Other(unit.clone()));
            families.push(Family { name: name.to_owned(), unit, help: text("help"), samples: Vec::new() });
            families.len() - 1
        });
        let value = text("value").parse().map_err(|_| unreadable(&format!("{full} is {}", text("value"))))?;
        families[place].samples.push((labels(row)?, value));
    }
    Ok(families)
}

fn labels(row: &Row) -> Result<Vec<(String, String)>, Failure> {
    let labels: BTreeMap<String, String> = row
        .raw("labels")
        .map(|labels| serde_json::from_str(labels.get()))
        .transpose()
        .map_err(|error| unreadable(&error.to_string()))?
        .unwrap_or_default();
    Ok(labels.into_iter().collect())
}

fn unreadable(why: &str) -> Failure {
    Failure::new(Exit::Unexpected, format!("the numbers of the server cannot be written: {why}"))
        .hint("use the client of the extension's version: `awgp version`")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, SystemTime};

    #[test]
    fn a_text_has_help_type_and_unit_once_a_metric_and_ends_with_eof() {
        let rows = [
            r#"{"name":"awgp_a_seconds","unit":"seconds","help":"How long","labels":{},"value":1.5}"#,
            r#"{"name":"awgp_b","unit":null,"help":"How many","labels":{"tenant":"a\"b\\c\nd","risk":"1"},"value":0}"#,
            r#"{"name":"awgp_b","unit":null,"help":"How many","labels":{"tenant":"x","risk":"2"},"value":-12.000001}"#,
        ]
        .map(|text| Row::from_json(text).expect("a row"));
        let reading =
            Reading { rows: rows.to_vec(), at: SystemTime::UNIX_EPOCH, took: Duration::from_millis(250) };
        let text = text(&reading).expect("a text");
        assert_eq!(
            text,
            "# HELP awgp_a_seconds How long\n# TYPE awgp_a_seconds gauge\n# UNIT awgp_a_seconds seconds\n\
             awgp_a_seconds 1.5\n\
             # HELP awgp_b How many\n# TYPE awgp_b gauge\n\
             awgp_b{risk=\"1\",tenant=\"a\\\"b\\\\c\\nd\"} 0.0\nawgp_b{risk=\"2\",tenant=\"x\"} -12.000001\n\
             # HELP awgp_metrics_read_timestamp_seconds When these numbers were read, in seconds since 1970\n\
             # TYPE awgp_metrics_read_timestamp_seconds gauge\n# UNIT awgp_metrics_read_timestamp_seconds seconds\n\
             awgp_metrics_read_timestamp_seconds 0.0\n\
             # HELP awgp_metrics_read_duration_seconds How long it took to read these numbers\n\
             # TYPE awgp_metrics_read_duration_seconds gauge\n# UNIT awgp_metrics_read_duration_seconds seconds\n\
             awgp_metrics_read_duration_seconds 0.25\n# EOF\n"
        );
    }
}
