// Every statistic against values that others published or that a reference implementation (R) prints.
#include "harness/compare/statistics.h"

#include <catch2/catch.hpp>
#include <cmath>

namespace harness {
namespace {

TEST_CASE("Wilson's interval is Newcombe's published one") {
  // R. G. Newcombe, Statistics in Medicine 17 (1998) 857-872, table I, method 3.
  struct Row {
    std::size_t successes, trials;
    double low, high;
  };
  for (const Row& row : {Row{81, 263, 0.2553, 0.3662}, Row{15, 148, 0.0624, 0.1605}, Row{0, 20, 0, 0.1611},
                         Row{1, 29, 0.0061, 0.1718}}) {
    const Interval interval = wilson(row.successes, row.trials);
    CHECK(interval.low == Approx(row.low).margin(0.00005));
    CHECK(interval.high == Approx(row.high).margin(0.00005));
  }
  CHECK(wilson(29, 29).high == 1);
  CHECK(wilson(0, 0).low == 0);
  CHECK(wilson(0, 0).high == 1);
}

TEST_CASE("The interval of a difference of rates is Newcombe's published one") {
  // R. G. Newcombe, Statistics in Medicine 17 (1998) 873-890, table II, method 10.
  struct Row {
    std::size_t a, a_trials, b, b_trials;
    double low, high;
  };
  for (const Row& row : {Row{56, 70, 48, 80, 0.0524, 0.3339}, Row{9, 10, 3, 10, 0.1705, 0.8090},
                         Row{10, 10, 0, 20, 0.6791, 1.0}, Row{10, 10, 0, 10, 0.6075, 1.0}}) {
    const Interval interval = rate_difference(row.a, row.a_trials, row.b, row.b_trials);
    CHECK(interval.low == Approx(row.low).margin(0.00006));
    CHECK(interval.high == Approx(row.high).margin(0.00006));
  }
}

TEST_CASE("Fisher's exact test has the published p-values") {
  // Fisher's lady tasting tea (The Design of Experiments, 1935): 3 of 4 right; R's fisher.test prints 0.4857,
  // one-sided 0.2429.
  CHECK(fisher_exact(3, 4, 1, 4) == Approx(0.4857).margin(0.00005));
  CHECK(fisher_exact(3, 4, 1, 4, Sides::kGreater) == Approx(0.2429).margin(0.00005));
  // Fisher's criminal twins (1962; R's ?fisher.test): 10 of 13 convicted against 2 of 17.
  CHECK(fisher_exact(10, 13, 2, 17) == Approx(0.0005367).margin(0.0000005));
  // Certain against never, 5 runs each: 1 / (10 choose 5).
  CHECK(fisher_exact(5, 5, 0, 5, Sides::kGreater) == Approx(1.0 / 252));
  CHECK(fisher_exact(0, 5, 5, 5, Sides::kGreater) == Approx(1));
  CHECK(fisher_exact(0, 5, 0, 5) == 1);
  CHECK(fisher_exact(5, 5, 5, 5) == 1);
}

TEST_CASE("The signed-rank distribution is the tabulated one") {
  // Wilcoxon and Wilcox (1964), one-sided probabilities; R: psignrank(w, n).
  CHECK(signed_rank_cdf(0, 5) == Approx(1.0 / 32));
  CHECK(signed_rank_cdf(8, 10) == Approx(0.0244).margin(0.00005));
  CHECK(signed_rank_cdf(10, 10) == Approx(0.0420).margin(0.00005));
  CHECK(signed_rank_cdf(52, 20) == Approx(0.0242).margin(0.00005));
  CHECK(signed_rank_cdf(210, 20) == Approx(1));
}

TEST_CASE("Hollander and Wolfe's depression scores have the published estimate, interval and p-value") {
  // R's ?wilcox.test: x - y, alternative "greater": V = 40, p = 0.01953; conf.int at 96.1 %: 0.010 ... 0.786
  // and estimate 0.46 (Hollander and Wolfe, 1999, examples 3.1, 3.3 and 3.4).
  const std::vector<double> x{1.83, 0.50, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.30};
  const std::vector<double> y{0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29};
  std::vector<double> differences;
  for (std::size_t i = 0; i < x.size(); ++i) differences.push_back(x[i] - y[i]);
  CHECK(signed_rank_above(differences, 0) == Approx(0.01953).margin(0.000005));
  CHECK(hodges_lehmann(differences) == Approx(0.46).margin(0.0005));
  const Interval interval = signed_rank_interval(differences, 0.96);
  CHECK(interval.low == Approx(0.010).margin(0.0005));
  CHECK(interval.high == Approx(0.786).margin(0.0005));
}

TEST_CASE("Too few differences have no interval, equal ones speak neither way, ties share their rank") {
  CHECK(std::isinf(signed_rank_interval(std::vector<double>{1, 2, 3, 4, 5}, 0.95).high));
  CHECK(signed_rank_interval(std::vector<double>{1, 2, 3, 4, 5, 6}, 0.95).low == 1);
  CHECK(signed_rank_above(std::vector<double>{2, 2, 2}, 2) == 1);
  CHECK(signed_rank_above(std::vector<double>{2, 2, 2, 3, 3, 3}, 2) == Approx(0.125));
  CHECK(signed_rank_above(std::vector<double>{1, 1, 1, -1}, 0) == Approx(5.0 / 16));
}

TEST_CASE("The bootstrap's interval covers the difference as often as it says, and repeats with its seed") {
  Prng truth(1);
  int covered = 0;
  for (int trial = 0; trial < 200; ++trial) {
    std::vector<double> a(40), b(40);
    for (double& value : a) value = 3 + truth.unit();
    for (double& value : b) value = truth.unit();
    Prng prng = truth.split("trial", static_cast<std::uint64_t>(trial));
    const Interval interval = bootstrap_difference(a, b, mean, prng, 0.95, 400);
    covered += interval.low <= 3 && 3 <= interval.high;
  }
  CHECK(covered >= 180);  // 190 of 200 expected
  CHECK(covered <= 199);
  Prng one(7), two(7);
  const std::vector<double> a{1, 2, 3, 4}, b{5, 6, 7};
  CHECK(bootstrap_difference(a, b, median, one).low == bootstrap_difference(a, b, median, two).low);
}

TEST_CASE("The bootstrap of Efron and Tibshirani's mouse data has about the published spread") {
  // An Introduction to the Bootstrap (1993), table 2.1: the means differ by 30.63, standard error 26.85.
  const std::vector<double> treated{94, 197, 16, 38, 99, 141, 23};
  const std::vector<double> control{52, 104, 146, 10, 51, 30, 40, 27, 46};
  Prng prng(3);
  const Interval interval = bootstrap_difference(treated, control, mean, prng, 0.95, 20000);
  CHECK(mean(treated) - mean(control) == Approx(30.63).margin(0.005));
  CHECK((interval.high - interval.low) / (2 * 1.96) == Approx(26.85).epsilon(0.04));
}

TEST_CASE("Adjusted p-values are those of R's p.adjust") {
  // Benjamini and Hochberg (JRSS B 57, 1995), section 3.2: 15 p-values; at 5 % four are found by their
  // procedure, and three by Bonferroni's and Holm's.
  const std::vector<double> p{0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344,
                              0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.000};
  const auto found = [](const std::vector<double>& adjusted) {
    return std::ranges::count_if(adjusted, [](double value) { return value <= 0.05; });
  };
  CHECK(found(holm(p)) == 3);
  CHECK(found(benjamini_hochberg(p)) == 4);
  // R: p.adjust(c(0.01, 0.02, 0.03, 0.04, 0.05), "holm") is 0.05 0.08 0.09 0.09 0.09; "BH": 0.05 five times.
  const std::vector<double> five{0.04, 0.01, 0.05, 0.02, 0.03};
  const std::vector<double> stepped = holm(five);
  const double expected[] = {0.09, 0.05, 0.09, 0.08, 0.09};
  for (std::size_t i = 0; i < 5; ++i) CHECK(stepped[i] == Approx(expected[i]));
  for (const double value : benjamini_hochberg(five)) CHECK(value == Approx(0.05));
}

}  // namespace
}  // namespace harness
