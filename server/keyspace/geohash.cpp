#include "server/keyspace/geohash.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace node::geo {

namespace {

constexpr double kEarthRadius = 6372797.560856;
/// Half of the equator in Mercator metres: a radius as large needs the whole world.
constexpr double kMercatorMax = 20037726.37;
constexpr std::uint64_t kLongitudeBits = 0xaaaaaaaaaaaaaaaaULL, kLatitudeBits = 0x5555555555555555ULL;

double radians(double degrees) {
  return degrees * (std::numbers::pi / 180.0);
}
double degrees(double radians) {
  return radians / (std::numbers::pi / 180.0);
}

/// Bits of v at the even places.
std::uint64_t spread(std::uint32_t v) {
  std::uint64_t x = v;
  x = (x | x << 16) & 0x0000ffff0000ffffULL;
  x = (x | x << 8) & 0x00ff00ff00ff00ffULL;
  x = (x | x << 4) & 0x0f0f0f0f0f0f0f0fULL;
  x = (x | x << 2) & 0x3333333333333333ULL;
  return (x | x << 1) & kLatitudeBits;
}

std::uint32_t gather(std::uint64_t x) {
  x &= kLatitudeBits;
  x = (x | x >> 1) & 0x3333333333333333ULL;
  x = (x | x >> 2) & 0x0f0f0f0f0f0f0f0fULL;
  x = (x | x >> 4) & 0x00ff00ff00ff00ffULL;
  x = (x | x >> 8) & 0x0000ffff0000ffffULL;
  return static_cast<std::uint32_t>(x | x >> 16);
}

struct Bounds {
  double west, south, east, north;
};

Bounds bounds_of(Cell cell) {
  const std::uint32_t y = gather(cell.bits), x = gather(cell.bits >> 1);
  const double parts = static_cast<double>(1ULL << cell.step);
  const double height = kLatitudeMax - -kLatitudeMax, width = kLongitudeMax - -kLongitudeMax;
  return {-kLongitudeMax + (x * 1.0 / parts) * width, -kLatitudeMax + (y * 1.0 / parts) * height,
          -kLongitudeMax + ((x + 1) * 1.0 / parts) * width, -kLatitudeMax + ((y + 1) * 1.0 / parts) * height};
}

/// Of one direction's bits: one more or one less, round the world.
std::uint64_t stepped(std::uint64_t bits, std::uint64_t direction, int by, int step) {
  const std::uint64_t within = direction >> (64 - step * 2), others = (~direction) >> (64 - step * 2);
  const std::uint64_t own = bits & direction;
  const std::uint64_t moved = by > 0 ? own + (others + 1) : (own | others) - (others + 1);
  return moved & within;
}

Cell neighbour(Cell cell, int east, int north) {
  const std::uint64_t x = cell.bits & kLongitudeBits, y = cell.bits & kLatitudeBits;
  const std::uint64_t moved_x = east ? stepped(cell.bits, kLongitudeBits, east, cell.step) : x;
  const std::uint64_t moved_y = north ? stepped(cell.bits, kLatitudeBits, north, cell.step) : y;
  return {moved_x | moved_y, cell.step};
}

/// How often to halve the world so that a cell and its neighbours are sure to cover the radius, nearly.
int steps_for(double metres, double latitude) {
  if (metres == 0) return kStepMax;
  int step = 1;
  for (; metres < kMercatorMax; metres *= 2) ++step;
  step -= 2;
  // Cells are narrower towards the poles.
  if (std::abs(latitude) > 66) --step;
  if (std::abs(latitude) > 80) --step;
  return std::clamp(step, 1, kStepMax);
}

Bounds bounds_of(const Shape& s) {
  const double height = s.unit * (s.box ? s.height / 2 : s.radius);
  const double width = s.unit * (s.box ? s.width / 2 : s.radius);
  const double up = degrees(height / kEarthRadius);
  const double aside_north = degrees(width / kEarthRadius / std::cos(radians(s.centre.latitude + up)));
  const double aside_south = degrees(width / kEarthRadius / std::cos(radians(s.centre.latitude - up)));
  // The edge nearer to its pole spans more degrees.
  const double aside = s.centre.latitude < 0 ? aside_south : aside_north;
  return {s.centre.longitude - aside, s.centre.latitude - up, s.centre.longitude + aside,
          s.centre.latitude + up};
}

/// Whether the four neighbours reach the edges of what is searched.
bool reaches(Cell cell, const Bounds& wanted) {
  return bounds_of(neighbour(cell, 0, 1)).north >= wanted.north &&
         bounds_of(neighbour(cell, 0, -1)).south <= wanted.south &&
         bounds_of(neighbour(cell, 1, 0)).east >= wanted.east &&
         bounds_of(neighbour(cell, -1, 0)).west <= wanted.west;
}

double latitude_distance(double a, double b) {
  return kEarthRadius * std::abs(radians(b) - radians(a));
}

}  // namespace

Cell cell_of(Point p, int step, double latitude_max) {
  const double parts = static_cast<double>(1ULL << step);
  const double y = (p.latitude - -latitude_max) / (latitude_max - -latitude_max) * parts;
  const double x = (p.longitude - -kLongitudeMax) / (kLongitudeMax - -kLongitudeMax) * parts;
  return {spread(static_cast<std::uint32_t>(y)) | spread(static_cast<std::uint32_t>(x)) << 1, step};
}

Point point_of(double score) {
  // A sorted set holds any score. One that does not fit 64 bits is no geohash: it gives the nearest place.
  std::uint64_t bits = 0;
  if (score < 0)
    bits = score > -0x1p63 ? static_cast<std::uint64_t>(static_cast<std::int64_t>(score)) : 1ULL << 63;
  else if (score < 0x1p64)
    bits = static_cast<std::uint64_t>(score);
  const Bounds b = bounds_of(Cell{bits, kStepMax});
  return {std::clamp((b.west + b.east) / 2, -kLongitudeMax, kLongitudeMax),
          std::clamp((b.south + b.north) / 2, -kLatitudeMax, kLatitudeMax)};
}

double score_of(Point p) {
  return static_cast<double>(cell_of(p, kStepMax).bits);
}

Scores scores_of(Cell cell) {
  const int shift = 52 - cell.step * 2;
  return {static_cast<double>(cell.bits << shift), static_cast<double>((cell.bits + 1) << shift)};
}

std::string text_of(Point p) {
  constexpr char letters[] = "0123456789bcdefghjkmnpqrstuvwxyz";
  const std::uint64_t bits = cell_of(p, kStepMax, 90).bits;
  std::string out;
  for (int shift = 47; shift > 0; shift -= 5) out += letters[bits >> shift & 31];
  // 52 bits are ten letters and two bits; the eleventh letter is always the lowest.
  return out + letters[0];
}

double distance(Point a, Point b) {
  const double v = std::sin((radians(b.longitude) - radians(a.longitude)) / 2);
  if (v == 0) return latitude_distance(a.latitude, b.latitude);
  const double lat1 = radians(a.latitude), lat2 = radians(b.latitude);
  const double u = std::sin((lat2 - lat1) / 2);
  return 2.0 * kEarthRadius * std::asin(std::sqrt(u * u + std::cos(lat1) * std::cos(lat2) * v * v));
}

bool Shape::covers(Point p, double& metres) const {
  if (box) {
    if (latitude_distance(p.latitude, centre.latitude) > height * unit / 2) return false;
    if (distance(p, {centre.longitude, p.latitude}) > width * unit / 2) return false;
  }
  metres = distance(centre, p);
  return box || !(metres > radius * unit);
}

std::vector<Cell> cells_around(const Shape& shape) {
  const Bounds wanted = bounds_of(shape);
  const double half_width = shape.width / 2, half_height = shape.height / 2;
  const double reach =
      (shape.box ? std::sqrt(half_width * half_width + half_height * half_height) : shape.radius) *
      shape.unit;
  int step = steps_for(reach, shape.centre.latitude);
  Cell own = cell_of(shape.centre, step);
  // Near the edge of a cell the steps can be one too many.
  if (step > 1 && !reaches(own, wanted)) own = cell_of(shape.centre, --step);

  const Bounds covered = bounds_of(own);
  auto needed = [&](int east, int north) {
    if (step < 2) return true;
    return !(north < 0 && covered.south < wanted.south) && !(north > 0 && covered.north > wanted.north) &&
           !(east < 0 && covered.west < wanted.west) && !(east > 0 && covered.east > wanted.east);
  };
  constexpr std::array<std::array<int, 2>, 8> directions{
      {{0, 1}, {0, -1}, {1, 0}, {-1, 0}, {1, 1}, {-1, 1}, {1, -1}, {-1, -1}}};
  std::vector<Cell> cells{own};
  for (const auto& [east, north] : directions)
    if (needed(east, north)) cells.push_back(neighbour(own, east, north));
  return cells;
}

}  // namespace node::geo
