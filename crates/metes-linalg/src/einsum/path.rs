//! The order in which operands are contracted.
//!
//! An order is worth its operations, but only among those whose intermediates are no larger than the largest operand or
//! the result, where there is one; where there is none, the size of the largest intermediate comes first. All orders
//! are compared for up to six operands, else the best pair is taken at each step.

use super::parse::{Label, Labels};

/// The most operands for which every order is looked at.
const EXHAUSTIVE: usize = 6;

/// How to find an order.
#[derive(Clone, Debug, PartialEq, Default)]
pub enum Optimize {
    /// What is best.
    #[default]
    Auto,
    /// One pair after another, from the left.
    InOrder,
    /// The best pair at each step.
    Greedy,
    /// The best of all orders.
    Optimal,
    /// A given order: the places of the operands of each step; its result goes to the end of what is left.
    Given(Vec<Vec<usize>>),
}

/// A set of labels.
type Set = u128;

pub(super) fn set(labels: &[Label]) -> Set {
    labels.iter().fold(0, |set, label| set | 1 << label)
}

struct Search<'a> {
    labels: &'a Labels,
    output: Set,
    /// Elements that an intermediate may have without counting against an order.
    room: f64,
}

/// What an order costs: elements of its largest intermediate beyond the room, then operations.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
struct Cost(f64, f64);

impl Search<'_> {
    fn size(&self, set: Set) -> f64 {
        (0..128_u8).filter(|label| set >> label & 1 == 1).map(|label| self.labels.len(label) as f64).product()
    }

    /// The labels that a pair leaves.
    fn left(&self, terms: &[Set], i: usize, j: usize) -> Set {
        let others =
            terms.iter().enumerate().filter(|(k, _)| *k != i && *k != j).fold(self.output, |set, (_, t)| set | t);
        (terms[i] | terms[j]) & others
    }

    fn step(&self, terms: &[Set], i: usize, j: usize) -> (Vec<Set>, Cost) {
        let left = self.left(terms, i, j);
        let own = if terms.len() > 2 { (self.size(left) - self.room).max(0.0) } else { 0.0 };
        let mut after: Vec<Set> =
            terms.iter().enumerate().filter(|(k, _)| *k != i && *k != j).map(|(_, t)| *t).collect();
        after.push(left);
        (after, Cost(own, self.size(terms[i] | terms[j])))
    }

    fn optimal(
        &self,
        terms: &[Set],
        spent: Cost,
        bound: &mut Option<(Cost, Vec<(usize, usize)>)>,
        path: &mut Vec<(usize, usize)>,
    ) {
        if bound.as_ref().is_some_and(|(best, _)| spent >= *best) {
            return;
        }
        if terms.len() < 2 {
            *bound = Some((spent, path.clone()));
            return;
        }
        for j in 1..terms.len() {
            for i in 0..j {
                let (after, cost) = self.step(terms, i, j);
                path.push((i, j));
                self.optimal(&after, Cost(spent.0.max(cost.0), spent.1 + cost.1), bound, path);
                path.pop();
            }
        }
    }

    fn greedy(&self, mut terms: Vec<Set>) -> Vec<(usize, usize)> {
        let mut path = Vec::new();
        while terms.len() > 1 {
            let pairs = (1..terms.len()).flat_map(|j| (0..j).map(move |i| (i, j)));
            let gain = |&(i, j): &(usize, usize)| {
                let (after, cost) = self.step(&terms, i, j);
                let made = after.last().map_or(0.0, |t| self.size(*t));
                let freed = self.size(terms[i]) + self.size(terms[j]);
                Cost(cost.0, made - freed + 1e-9 * cost.1)
            };
            let best = pairs.min_by(|x, y| gain(x).partial_cmp(&gain(y)).unwrap_or(std::cmp::Ordering::Equal));
            let Some((i, j)) = best else { break };
            terms = self.step(&terms, i, j).0;
            path.push((i, j));
        }
        path
    }
}

/// The steps of a contraction: which of the operands left meet, the second place larger than the first. The result of
/// each goes to the end.
pub(super) fn find(labels: &Labels, optimize: &Optimize) -> Vec<Vec<usize>> {
    let terms: Vec<Set> = labels.inputs.iter().map(|input| set(input)).collect();
    let output = set(&labels.output);
    let mut search = Search { labels, output, room: 0.0 };
    search.room = terms.iter().chain([&output]).map(|t| search.size(*t)).fold(0.0, f64::max);
    let count = terms.len();
    let pairs = match optimize {
        Optimize::Given(path) => return path.clone(),
        _ if count < 3 => return vec![(0..count).collect()],
        Optimize::InOrder => (0..count - 1).map(|i| if i == 0 { (0, 1) } else { (0, count - 1 - i) }).collect(),
        Optimize::Greedy => search.greedy(terms),
        Optimize::Auto if count > EXHAUSTIVE => search.greedy(terms),
        Optimize::Auto | Optimize::Optimal => {
            let mut best = None;
            search.optimal(&terms, Cost(0.0, 0.0), &mut best, &mut Vec::new());
            best.map(|(_, path)| path).unwrap_or_default()
        }
    };
    pairs.into_iter().map(|(i, j)| vec![i, j]).collect()
}

/// Figures of an order, for people.
pub(super) struct Figures {
    pub naive: f64,
    pub optimized: f64,
    pub largest: f64,
    /// Each step's labels: the operands', the result's.
    pub steps: Vec<(Vec<Set>, Set)>,
}

/// What an order costs, counting a multiplication and an addition where terms are summed.
pub(super) fn figures(labels: &Labels, path: &[Vec<usize>]) -> Figures {
    let mut terms: Vec<Set> = labels.inputs.iter().map(|input| set(input)).collect();
    let output = set(&labels.output);
    let search = Search { labels, output, room: f64::INFINITY };
    let all = terms.iter().fold(output, |set, t| set | t);
    let flops = |set: Set, left: Set, count: usize| {
        let each = count.saturating_sub(1).max(1) as f64 + if set & !left == 0 { 0.0 } else { 1.0 };
        search.size(set) * each
    };
    let naive = flops(all, output, terms.len());
    let (mut optimized, mut largest, mut steps) = (0.0, search.size(output), Vec::new());
    for places in path {
        let taken: Vec<Set> = places.iter().filter_map(|&i| terms.get(i).copied()).collect();
        let rest: Vec<Set> = terms.iter().enumerate().filter(|(i, _)| !places.contains(i)).map(|(_, t)| *t).collect();
        let union = taken.iter().fold(0, |set, t| set | t);
        let left = union & rest.iter().fold(output, |set, t| set | t);
        optimized += flops(union, left, taken.len());
        largest = f64::max(largest, search.size(left));
        steps.push((taken, left));
        terms = rest;
        terms.push(left);
    }
    Figures { naive, optimized, largest, steps }
}
