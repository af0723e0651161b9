//! "Did you mean": the nearest of some names.

/// No more names than this are looked at: a hint must not cost more than the check.
const MOST: usize = 1000;

/// The candidate nearest to what was written, if one is near enough to be meant.
pub(crate) fn nearest<'c>(written: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    if written.len() > 64 {
        return None;
    }
    let lower = written.to_lowercase();
    let allowed = match written.chars().count() {
        0..=2 => 1,
        3..=5 => 2,
        6..=9 => 3,
        _ => 4,
    };
    candidates
        .into_iter()
        .take(MOST)
        .filter(|candidate| candidate.len() <= 64 && *candidate != written)
        .map(|candidate| (distance(&lower, candidate), candidate))
        .filter(|(distance, candidate)| *distance < allowed && *distance < candidate.chars().count())
        .min_by(|a, b| a.0.cmp(&b.0).then_with(|| a.1.cmp(b.1)))
        .map(|(_, candidate)| candidate)
}

fn distance(lower: &str, candidate: &str) -> usize {
    let candidate = candidate.to_lowercase();
    if candidate.replace('_', "") == lower.replace('_', "") {
        return 0;
    }
    strsim::damerau_levenshtein(lower, &candidate)
}
