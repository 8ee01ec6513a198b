/// Places on the earth as 52-bit numbers whose prefixes are squares: longitude and latitude halved 26 times
/// in turn, their bits interleaved (longitude the higher of each pair). GEOADD keeps them as scores, so that
/// a square is a range of scores.
///
/// Latitudes end where the web's Mercator projection does (EPSG:3857), ±85.05112878. Distances are of a
/// sphere of 6372797.560856 m (haversine). Every figure here is computed in redis' order of operations: the
/// replies' last digits depend on it.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace node::geo {

inline constexpr double kLongitudeMax = 180, kLatitudeMax = 85.05112878;
inline constexpr int kStepMax = 26;

struct Point {
  double longitude = 0, latitude = 0;
  bool valid() const {
    return longitude >= -kLongitudeMax && longitude <= kLongitudeMax && latitude >= -kLatitudeMax &&
           latitude <= kLatitudeMax;
  }
};

/// A square of 2^step by 2^step over the world.
struct Cell {
  std::uint64_t bits = 0;
  int step = 0;
  bool operator==(const Cell&) const = default;
};

/// The interval of scores [from, to) of a cell's places.
struct Scores {
  double from = 0, to = 0;
};

Cell cell_of(Point p, int step, double latitude_max = kLatitudeMax);
/// The centre of the smallest cell that the score names.
Point point_of(double score);
double score_of(Point p);
Scores scores_of(Cell cell);
/// Eleven letters as other geohash libraries write them (whose latitudes end at ±90).
std::string text_of(Point p);

/// Metres.
double distance(Point a, Point b);

/// A circle or a rectangle around a place. Sizes are in `unit` metres.
struct Shape {
  Point centre;
  double unit = 1;
  bool box = false;
  double radius = 0, width = 0, height = 0;

  /// Whether it covers p, and the distance of p from its centre in metres.
  bool covers(Point p, double& metres) const;
};

/// Cells that together cover the shape: its own, then its neighbours as far as they are needed.
std::vector<Cell> cells_around(const Shape& shape);

}  // namespace node::geo
