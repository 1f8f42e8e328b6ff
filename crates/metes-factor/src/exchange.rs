//! Orders of rows and columns, reached by exchanges.

/// Has what is at `order[i]` brought to `i` by exchanges of two places, one after the other, so that no second matrix is
/// needed.
pub(crate) fn exchange(order: &[usize], mut swap: impl FnMut(usize, usize)) {
    for place in 0..order.len() {
        // What belongs here may have been moved before, and then lies where its own place was.
        let mut from = order[place];
        while from < place {
            from = order[from];
        }
        if from != place {
            swap(place, from);
        }
    }
}
