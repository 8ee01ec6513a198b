/// Places against arithmetic: what is encoded decodes to within a cell, and the cells around a shape hold all
/// that a walk over every place finds.
#include "server/keyspace/geohash.h"

#include <catch2/catch.hpp>
#include <cmath>

#include "server/keyspace/hash.h"

using namespace node;

namespace {
geo::Point anywhere(Random& rng) {
  auto unit = [&] { return static_cast<double>(rng.below(1 << 30)) / (1 << 30); };
  return {unit() * 360 - 180, (unit() * 2 - 1) * geo::kLatitudeMax};
}
}  // namespace

TEST_CASE("geohash: a place decodes to within half a cell") {
  Random rng(1);
  for (int i = 0; i < 20000; ++i) {
    const geo::Point p = anywhere(rng), q = geo::point_of(geo::score_of(p));
    // Half a cell, and what rounding adds.
    CHECK(std::abs(p.longitude - q.longitude) <= 180.0 / (1 << 26) + 1e-12);
    CHECK(std::abs(p.latitude - q.latitude) <= geo::kLatitudeMax / (1 << 26) + 1e-12);
    CHECK(geo::score_of(q) == geo::score_of(p));
  }
}

TEST_CASE("geohash: texts and distances that are known") {
  CHECK(geo::text_of(geo::point_of(geo::score_of({13.361389, 38.115556}))) == "sqc8b49rny0");
  CHECK(geo::text_of(geo::point_of(geo::score_of({15.087269, 37.502669}))) == "sqdtr74hyu0");
  const double metres = geo::distance({13.361389, 38.115556}, {15.087269, 37.502669});
  CHECK(metres == Approx(166274).margin(1));
  CHECK(geo::distance({10, 10}, {10, 10}) == 0);
}

TEST_CASE("geohash: the cells around a shape hold every place that it covers") {
  Random rng(2);
  for (int round = 0; round < 60; ++round) {
    geo::Shape shape;
    shape.centre = anywhere(rng);
    // Near the poles and across the date line the nine cells are known not to suffice.
    shape.centre.latitude *= 0.8;
    shape.centre.longitude *= 0.9;
    shape.unit = 1000;
    shape.box = rng.below(2);
    shape.radius = static_cast<double>(1 + rng.below(1000));
    shape.width = static_cast<double>(1 + rng.below(1000));
    shape.height = static_cast<double>(1 + rng.below(1000));
    const auto cells = geo::cells_around(shape);
    int covered = 0;
    for (int i = 0; i < 3000; ++i) {
      geo::Point p = anywhere(rng);
      p.longitude = shape.centre.longitude + p.longitude / 14;
      p.latitude = shape.centre.latitude + p.latitude / 8;
      if (!p.valid()) continue;
      const double score = geo::score_of(p);
      double metres = 0;
      if (!shape.covers(geo::point_of(score), metres)) continue;
      ++covered;
      bool held = false;
      for (const geo::Cell& cell : cells) {
        const geo::Scores s = geo::scores_of(cell);
        held |= score >= s.from && score < s.to;
      }
      CHECK(held);
    }
    if (shape.radius > 200 && !shape.box) CHECK(covered > 0);
  }
}
