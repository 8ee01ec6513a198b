#include "harness/compare/statistics.h"

#include <algorithm>
#include <boost/math/distributions/hypergeometric.hpp>
#include <boost/math/distributions/normal.hpp>
#include <cmath>
#include <limits>
#include <numeric>

#include "harness/core/check.h"

namespace harness {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

double normal_quantile(double probability) {
  return boost::math::quantile(boost::math::normal(), probability);
}

double share(std::size_t part, std::size_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

/// The means of all pairs of differences, each with itself too, sorted.
std::vector<double> walsh_averages(std::span<const double> differences) {
  std::vector<double> averages;
  averages.reserve(differences.size() * (differences.size() + 1) / 2);
  for (std::size_t i = 0; i < differences.size(); ++i)
    for (std::size_t j = i; j < differences.size(); ++j)
      averages.push_back((differences[i] + differences[j]) / 2);
  std::ranges::sort(averages);
  return averages;
}

/// How many of the 2^n choices of signs reach each sum of ranks, as probabilities. Ranks are doubled, so that
/// averages of tied ones are whole.
std::vector<double> sign_distribution(std::span<const std::size_t> doubled_ranks) {
  const std::size_t most = std::accumulate(doubled_ranks.begin(), doubled_ranks.end(), std::size_t{0});
  std::vector<double> probability(most + 1, 0);
  probability[0] = 1;
  std::size_t reached = 0;
  for (const std::size_t rank : doubled_ranks) {
    reached += rank;
    for (std::size_t sum = reached + 1; sum-- > 0;)
      probability[sum] = (probability[sum] + (sum >= rank ? probability[sum - rank] : 0)) / 2;
  }
  return probability;
}

std::vector<std::size_t> plain_ranks(std::size_t n) {
  std::vector<std::size_t> doubled(n);
  for (std::size_t i = 0; i < n; ++i) doubled[i] = 2 * (i + 1);
  return doubled;
}

/// Twice the rank of each value of a sorted list; equal ones share the average of theirs.
std::vector<std::size_t> doubled_ranks(std::span<const double> sorted) {
  std::vector<std::size_t> ranks(sorted.size());
  for (std::size_t begin = 0; begin < sorted.size();) {
    std::size_t end = begin;
    while (end < sorted.size() && sorted[end] == sorted[begin]) ++end;
    for (std::size_t i = begin; i < end; ++i) ranks[i] = begin + 1 + end;
    begin = end;
  }
  return ranks;
}

/// The indices that sort the p-values, the least first.
std::vector<std::size_t> order_of(std::span<const double> p_values) {
  std::vector<std::size_t> order(p_values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, {}, [&](std::size_t i) { return p_values[i]; });
  return order;
}

void resample(std::span<const double> from, std::vector<double>& into, Prng& prng) {
  for (double& value : into) value = from[prng.below(from.size())];
}

}  // namespace

Interval wilson(std::size_t successes, std::size_t trials, double confidence) {
  CHECK_THAT_HOLDS(0 < confidence && confidence < 1, "a confidence lies between 0 and 1");
  if (trials == 0) return {0, 1};
  const double z = normal_quantile(0.5 + confidence / 2);
  const double n = static_cast<double>(trials);
  const double rate = share(successes, trials);
  const double centre = rate + z * z / (2 * n);
  const double half = z * std::sqrt(rate * (1 - rate) / n + z * z / (4 * n * n));
  const double scale = 1 + z * z / n;
  return {successes == 0 ? 0 : std::max(0.0, (centre - half) / scale),
          successes == trials ? 1 : std::min(1.0, (centre + half) / scale)};
}

Interval rate_difference(std::size_t a, std::size_t a_trials, std::size_t b, std::size_t b_trials,
                         double confidence) {
  const Interval of_a = wilson(a, a_trials, confidence);
  const Interval of_b = wilson(b, b_trials, confidence);
  const double rate_a = share(a, a_trials);
  const double rate_b = share(b, b_trials);
  return {rate_a - rate_b - std::hypot(rate_a - of_a.low, of_b.high - rate_b),
          rate_a - rate_b + std::hypot(of_a.high - rate_a, rate_b - of_b.low)};
}

double fisher_exact(std::size_t a, std::size_t a_trials, std::size_t b, std::size_t b_trials, Sides sides) {
  CHECK_THAT_HOLDS(a <= a_trials && b <= b_trials, "no more successes than trials");
  if (a + b == 0 || a_trials == 0 || b_trials == 0 || a + b == a_trials + b_trials) return 1;
  const auto successes = static_cast<unsigned>(a + b);
  const boost::math::hypergeometric table(successes, static_cast<unsigned>(a_trials),
                                          static_cast<unsigned>(a_trials + b_trials));
  const std::size_t least = a + b > b_trials ? a + b - b_trials : 0;
  const std::size_t most = std::min(a + b, a_trials);
  const double seen = boost::math::pdf(table, static_cast<double>(a));
  double p = 0;
  for (std::size_t x = least; x <= most; ++x) {
    const double probability = boost::math::pdf(table, static_cast<double>(x));
    // R's fisher.test allows for rounding in the same way.
    if (sides == Sides::kGreater ? x >= a : probability <= seen * (1 + 1e-7)) p += probability;
  }
  return std::min(1.0, p);
}

double signed_rank_cdf(std::size_t w, std::size_t n) {
  const std::vector<double> probability = sign_distribution(plain_ranks(n));
  double sum = 0;
  for (std::size_t i = 0; i < probability.size() && i <= 2 * w; ++i) sum += probability[i];
  return std::min(1.0, sum);
}

double hodges_lehmann(std::span<const double> differences) {
  return median(walsh_averages(differences));
}

Interval signed_rank_interval(std::span<const double> differences, double confidence) {
  const std::vector<double> averages = walsh_averages(differences);
  const std::vector<double> probability = sign_distribution(plain_ranks(differences.size()));
  const double tail = (1 - confidence) / 2;
  // The greatest k with P(W+ < k) <= tail: the k-th smallest and k-th greatest averages are the ends.
  std::size_t k = 0;
  double below = 0;
  while (2 * k < probability.size() && below + probability[2 * k] <= tail) below += probability[2 * k++];
  if (k == 0) return {-kInfinity, kInfinity};
  return {averages[k - 1], averages[averages.size() - k]};
}

double signed_rank_above(std::span<const double> differences, double bound) {
  std::vector<double> distances;
  for (const double difference : differences)
    if (difference != bound) distances.push_back(difference - bound);
  if (distances.empty()) return 1;
  std::ranges::sort(distances, {}, [](double d) { return std::fabs(d); });
  std::vector<double> sizes;
  for (const double distance : distances) sizes.push_back(std::fabs(distance));
  const std::vector<std::size_t> ranks = doubled_ranks(sizes);
  std::size_t above = 0;
  for (std::size_t i = 0; i < distances.size(); ++i)
    if (distances[i] > 0) above += ranks[i];
  const std::vector<double> probability = sign_distribution(ranks);
  double p = 0;
  for (std::size_t sum = above; sum < probability.size(); ++sum) p += probability[sum];
  return std::min(1.0, p);
}

double median(std::span<const double> values) {
  CHECK_THAT_HOLDS(!values.empty(), "only some values have a median");
  std::vector<double> sorted(values.begin(), values.end());
  std::ranges::sort(sorted);
  const std::size_t middle = sorted.size() / 2;
  return sorted.size() % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

double mean(std::span<const double> values) {
  CHECK_THAT_HOLDS(!values.empty(), "only some values have a mean");
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

Interval bootstrap_difference(std::span<const double> a, std::span<const double> b,
                              const std::function<double(std::span<const double>)>& statistic, Prng& prng,
                              double confidence, std::size_t resamples) {
  CHECK_THAT_HOLDS(!a.empty() && !b.empty() && resamples > 0, "only some values can be drawn again");
  std::vector<double> differences(resamples);
  std::vector<double> some_of_a(a.size());
  std::vector<double> some_of_b(b.size());
  for (double& difference : differences) {
    resample(a, some_of_a, prng);
    resample(b, some_of_b, prng);
    difference = statistic(some_of_a) - statistic(some_of_b);
  }
  std::ranges::sort(differences);
  const double tail = (1 - confidence) / 2;
  const auto at = [&](double quantile) {
    return differences[static_cast<std::size_t>(std::llround(quantile * static_cast<double>(resamples - 1)))];
  };
  return {at(tail), at(1 - tail)};
}

std::vector<double> holm(std::span<const double> p_values) {
  std::vector<double> adjusted(p_values.size());
  double least = 0;
  std::size_t left = p_values.size();
  for (const std::size_t i : order_of(p_values)) {
    least = std::max(least, std::min(1.0, p_values[i] * static_cast<double>(left--)));
    adjusted[i] = least;
  }
  return adjusted;
}

std::vector<double> benjamini_hochberg(std::span<const double> p_values) {
  std::vector<double> adjusted(p_values.size());
  std::vector<std::size_t> order = order_of(p_values);
  std::ranges::reverse(order);
  double most = 1;
  std::size_t rank = order.size();
  const double count = static_cast<double>(order.size());
  for (const std::size_t i : order) {
    most = std::min(most, p_values[i] * count / static_cast<double>(rank--));
    adjusted[i] = most;
  }
  return adjusted;
}

}  // namespace harness
