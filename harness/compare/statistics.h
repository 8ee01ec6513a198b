// Statistics for comparing runs: rates with their intervals, exact tests, and corrections for many
// comparisons. Pure functions; what draws random numbers takes its generator. Distributions are Boost.Math's.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <vector>

#include "harness/core/prng.h"

namespace harness {

struct Interval {
  double low = 0;
  double high = 0;
};

/// Wilson's score interval of a rate of `successes` of `trials` (E. B. Wilson, JASA 22, 1927), without
/// continuity correction. Of no trial: 0 to 1. REQUIRES: 0 < confidence < 1.
Interval wilson(std::size_t successes, std::size_t trials, double confidence = 0.95);

/// The difference of two independent rates, a − b: Newcombe's hybrid score interval (Statistics in Medicine
/// 17, 1998, method 10).
Interval rate_difference(std::size_t a, std::size_t a_trials, std::size_t b, std::size_t b_trials,
                         double confidence = 0.95);

enum class Sides { kTwo, kGreater };  // kGreater: only a rate of `a` above that of `b` counts

/// Fisher's exact test of `a` of `a_trials` against `b` of `b_trials`: the p-value. Two-sided as in R: the
/// tables that are no more probable than the one seen.
double fisher_exact(std::size_t a, std::size_t a_trials, std::size_t b, std::size_t b_trials,
                    Sides sides = Sides::kTwo);

/// Wilcoxon's signed-rank statistic: P(W+ <= w) for n differences without zeros or ties, exact.
double signed_rank_cdf(std::size_t w, std::size_t n);

/// Of paired differences: the median of all pairwise means (Hodges and Lehmann), robust against outliers.
/// REQUIRES: not empty.
double hodges_lehmann(std::span<const double> differences);

/// The exact interval of the centre of paired differences by Wilcoxon's signed-rank test. Too few differences
/// for the confidence give −infinity to infinity. REQUIRES: not empty.
Interval signed_rank_interval(std::span<const double> differences, double confidence = 0.95);

/// One-sided signed-rank p-value of "the differences lie above `bound`": the probability of so many and so
/// large ones above it if their centre were the bound. Exact, also with ties (by average ranks); differences
/// equal to the bound speak neither way and stay out. 1 when none is left.
double signed_rank_above(std::span<const double> differences, double bound);

double median(std::span<const double> values);  // REQUIRES: not empty
double mean(std::span<const double> values);    // REQUIRES: not empty

/// The percentile bootstrap interval of statistic(a) − statistic(b), both resampled independently (Efron
/// 1979). REQUIRES: neither is empty.
Interval bootstrap_difference(std::span<const double> a, std::span<const double> b,
                              const std::function<double(std::span<const double>)>& statistic, Prng& prng,
                              double confidence = 0.95, std::size_t resamples = 2000);

/// Adjusted p-values, in the order given: Holm's step-down (the chance of any false alarm), and Benjamini and
/// Hochberg's step-up (the share of false alarms among the alarms).
std::vector<double> holm(std::span<const double> p_values);
std::vector<double> benjamini_hochberg(std::span<const double> p_values);

}  // namespace harness
