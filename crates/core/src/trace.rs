//! What is traced: which trace a call belongs to, as its caller says it (W3C Trace Context), and the core's own spans. A span names what is done and
//! never for whom: no secret, no contact, no part of an address (threat row 52).

use std::fmt;

use tracing::field::Empty;
use tracing::{Span, debug_span};

/// The span that a call is part of, as `traceparent` names it. Who is believed to say so is for a surface to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TraceParent {
    /// The trace.
    pub trace: [u8; 16],
    /// The caller's span in it.
    pub span: [u8; 8],
    /// Whether the caller keeps the trace.
    pub is_sampled: bool,
}

impl TraceParent {
    /// Takes the text of a `traceparent`; `None` when it is none. What a later version appends is not read.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('-');
        let [version] = hexadecimal(parts.next()?)?;
        let (trace, span) = (hexadecimal(parts.next()?)?, hexadecimal(parts.next()?)?);
        let [flags] = hexadecimal(parts.next()?)?;
        let is_known = match version {
            0 => parts.next().is_none(),
            0xff => false,
            _ => true,
        };
        (is_known && trace != [0; 16] && span != [0; 8]).then_some(Self { trace, span, is_sampled: flags & 1 == 1 })
    }
}

impl fmt::Display for TraceParent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (trace, span) = (u128::from_be_bytes(self.trace), u64::from_be_bytes(self.span));
        write!(f, "00-{trace:032x}-{span:016x}-{:02x}", u8::from(self.is_sampled))
    }
}

/// `N` bytes as twice as many hexadecimal digits, in lower case as the standard wants them.
fn hexadecimal<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digit = |digit: u8| match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    };
    let (pairs, []) = text.as_bytes().as_chunks::<2>() else { return None };
    let bytes: Option<Vec<u8>> = pairs.iter().map(|&[high, low]| Some(digit(high)? << 4 | digit(low)?)).collect();
    bytes?.try_into().ok()
}

/// The span of hashing, its wait for a turn included.
pub(crate) fn hashing(work: &'static str) -> Span {
    debug_span!("hashing", work, otel.status_code = Empty)
}

/// What a span stands for has failed. What the failure says stays in the log.
pub fn failed(span: &Span) {
    span.record("otel.status_code", "ERROR");
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
    const SPAN: &str = "b7ad6b7169203331";

    #[test]
    fn a_traceparent_of_today_or_of_a_later_version_is_read() {
        let today = TraceParent::parse(&format!("00-{TRACE}-{SPAN}-01")).unwrap();
        assert_eq!((today.trace.first(), today.span.last(), today.is_sampled), (Some(&0x0a), Some(&0x31), true));
        assert_eq!(TraceParent::parse(&format!("00-{TRACE}-{SPAN}-00")), Some(TraceParent { is_sampled: false, ..today }));
        assert_eq!(TraceParent::parse(&format!("cc-{TRACE}-{SPAN}-03-more-to-come")), Some(today));
    }

    #[test]
    fn what_is_no_traceparent_is_none() {
        let zero = |length: usize| "0".repeat(length);
        for text in [
            String::new(),
            format!("00-{TRACE}-{SPAN}"),
            format!("00-{TRACE}-{SPAN}-01-more"),
            format!("ff-{TRACE}-{SPAN}-01"),
            format!("00-{}-{SPAN}-01", zero(32)),
            format!("00-{TRACE}-{}-01", zero(16)),
            format!("00-{}-{SPAN}-01", TRACE.to_ascii_uppercase()),
            format!("00-{TRACE}0-{SPAN}-01"),
            format!("00-{TRACE}-{SPAN}-0x"),
            format!(" 00-{TRACE}-{SPAN}-01"),
            format!("00-{}é-{SPAN}-01", "0".repeat(30)),
        ] {
            assert_eq!(TraceParent::parse(&text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(trace in 1u128.., span in 1u64.., is_sampled: bool) {
            let parent = TraceParent { trace: trace.to_be_bytes(), span: span.to_be_bytes(), is_sampled };
            prop_assert_eq!(TraceParent::parse(&parent.to_string()), Some(parent));
        }

        #[test]
        fn no_text_makes_it_panic(text in ".{0,60}") {
            let _ = TraceParent::parse(&text);
        }
    }
}
