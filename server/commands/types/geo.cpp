/// Places in sorted sets (server/keyspace/geohash.h): GEOADD, GEOSEARCH and their relatives.
#include <algorithm>
#include <cmath>
#include <cstdio>

#include "server/commands/types/handlers.h"
#include "server/engine/values.h"
#include "server/keyspace/geohash.h"
#include "server/keyspace/number.h"

namespace node {

namespace {

struct Found {
  std::string member;
  double score, metres;
  geo::Point at;
};

enum class Order { none, ascending, descending };

/// One search, of whichever command.
struct Search {
  geo::Shape shape;
  bool from_member = false, from_point = false, by_radius = false, by_box = false;
  bool with_distance = false, with_score = false, with_point = false, any = false, store_distance = false;
  Order order = Order::none;
  std::int64_t count = 0;  ///< 0: all
  std::optional<std::string_view> store;
};

/// What the commands that search differ in.
struct Form {
  bool search;         ///< GEOSEARCH…: centre and shape are options
  bool store_option;   ///< STORE and STOREDIST name a key
  bool store_command;  ///< GEOSEARCHSTORE
  std::size_t options_at;
};

/// Longitude and latitude at argv[i], argv[i+1].
std::optional<geo::Point> point(Call& c, std::size_t i) {
  const auto longitude = c.real(i);
  if (!longitude) return std::nullopt;
  const auto latitude = c.real(i + 1);
  if (!latitude) return std::nullopt;
  const geo::Point p{*longitude, *latitude};
  if (p.valid()) return p;
  char text[1024];
  std::snprintf(text, sizeof text, "ERR invalid longitude,latitude pair %f,%f", *longitude, *latitude);
  c.error(text);
  return std::nullopt;
}

/// Metres of a unit.
std::optional<double> unit(Call& c, std::size_t i) {
  if (c.is(i, "m")) return 1;
  if (c.is(i, "km")) return 1000;
  if (c.is(i, "ft")) return 0.3048;
  if (c.is(i, "mi")) return 1609.34;
  c.error("ERR unsupported unit provided. please use M, KM, FT, MI");
  return std::nullopt;
}

std::optional<double> size(Call& c, std::size_t i, std::string_view error) {
  const auto v = parse_double(c.arg(i));
  if (!v) c.error(error);
  return v;
}

bool read_circle(Call& c, std::size_t i, geo::Shape& shape) {
  const auto radius = size(c, i, "ERR need numeric radius");
  if (!radius) return false;
  if (*radius < 0) return c.error("ERR radius cannot be negative"), false;
  const auto metres = unit(c, i + 1);
  if (!metres) return false;
  shape.radius = *radius;
  shape.unit = *metres;
  shape.box = false;
  return true;
}

bool read_box(Call& c, std::size_t i, geo::Shape& shape) {
  const auto width = size(c, i, "ERR need numeric width");
  if (!width) return false;
  const auto height = size(c, i + 1, "ERR need numeric height");
  if (!height) return false;
  if (*height < 0 || *width < 0) return c.error("ERR height or width cannot be negative"), false;
  const auto metres = unit(c, i + 2);
  if (!metres) return false;
  shape.width = *width;
  shape.height = *height;
  shape.unit = *metres;
  shape.box = true;
  return true;
}

/// The place of a member as the centre; a set that does not exist is searched no further.
bool centre_on_member(Call& c, const Zset* z, std::size_t i, geo::Shape& shape) {
  if (!z) return true;
  const auto score = z->score(c.arg(i));
  if (!score) return c.error("ERR could not decode requested zset member"), false;
  shape.centre = geo::point_of(*score);
  return true;
}

/// COUNT, ASC, WITHDIST…: options that all the commands have. False when it is none of them; `ok` turns false
/// after an answer.
bool common_option(Call& c, std::size_t& i, Search& s, bool& ok) {
  if (c.is(i, "withdist")) {
    s.with_distance = true;
  } else if (c.is(i, "withhash")) {
    s.with_score = true;
  } else if (c.is(i, "withcoord")) {
    s.with_point = true;
  } else if (c.is(i, "any")) {
    s.any = true;
  } else if (c.is(i, "asc")) {
    s.order = Order::ascending;
  } else if (c.is(i, "desc")) {
    s.order = Order::descending;
  } else if (c.is(i, "count") && i + 1 < c.argc()) {
    const auto count = c.integer(++i);
    ok = count.has_value();
    if (!ok) return true;
    s.count = *count;
    if (*count > 0) return true;
    c.error("ERR COUNT must be > 0");
    ok = false;
  } else {
    return false;
  }
  return true;
}

/// FROMMEMBER, BYRADIUS…: options of GEOSEARCH.
bool search_option(Call& c, std::size_t& i, Search& s, const Zset* z, bool& ok) {
  const std::size_t left = c.argc() - i - 1;
  if (c.is(i, "frommember") && left >= 1 && !s.from_point) {
    ok = centre_on_member(c, z, ++i, s.shape);
    s.from_member = true;
  } else if (c.is(i, "fromlonlat") && left >= 2 && !s.from_member) {
    const auto p = point(c, i + 1);
    ok = p.has_value();
    if (ok) s.shape.centre = *p;
    s.from_point = true;
    i += 2;
  } else if (c.is(i, "byradius") && left >= 2 && !s.by_box) {
    ok = read_circle(c, i + 1, s.shape);
    s.by_radius = true;
    i += 2;
  } else if (c.is(i, "bybox") && left >= 3 && !s.by_radius) {
    ok = read_box(c, i + 1, s.shape);
    s.by_box = true;
    i += 3;
  } else {
    return false;
  }
  return true;
}

bool parse_options(Call& c, const Form& form, const Zset* z, Search& s) {
  bool ok = true;
  for (std::size_t i = form.options_at; i < c.argc() && ok; ++i) {
    if (common_option(c, i, s, ok)) continue;
    const bool distance = c.is(i, "storedist");
    if (form.store_option && (distance || c.is(i, "store")) && i + 1 < c.argc()) {
      s.store = c.arg(++i);
      s.store_distance = distance;
    } else if (form.store_command && distance) {
      s.store_distance = true;
    } else if (!form.search || !search_option(c, i, s, z, ok)) {
      return c.syntax_error(), false;
    }
  }
  if (!ok) return false;
  if (s.store && (s.with_distance || s.with_score || s.with_point)) {
    c.error(std::string("ERR ") + (form.store_command ? "GEOSEARCHSTORE" : "STORE option in GEORADIUS") +
            " is not compatible with WITHDIST, WITHHASH and WITHCOORD options");
    return false;
  }
  const std::string name(c.arg(0));
  if (form.search && !s.from_member && !s.from_point)
    return c.error("ERR exactly one of FROMMEMBER or FROMLONLAT can be specified for " + name), false;
  if (form.search && !s.by_radius && !s.by_box)
    return c.error("ERR exactly one of BYRADIUS and BYBOX can be specified for " + name), false;
  if (s.any && s.count == 0) return c.error("ERR the ANY argument requires COUNT argument"), false;
  return true;
}

/// All places that the shape covers, or the first `limit` that are met.
std::vector<Found> find(const Zset& z, const geo::Shape& shape, std::size_t limit) {
  std::vector<Found> found;
  auto enough = [&] { return limit && found.size() >= limit; };
  const std::vector<geo::Cell> cells = geo::cells_around(shape);
  // A radius of half the world makes neighbours equal: none is searched twice in a row.
  const geo::Cell* last = nullptr;
  for (std::size_t i = 0; i < cells.size() && !enough(); ++i) {
    if (last && cells[i] == *last) continue;
    const geo::Scores scores = geo::scores_of(cells[i]);
    const auto [from, to] = z.ranks(ScoreRange{scores.from, scores.to, false, true});
    z.for_ranks(from, to, false, [&](std::string_view member, double score) {
      Found f{{}, score, 0, geo::point_of(score)};
      if (shape.covers(f.at, f.metres)) {
        f.member = member;
        found.push_back(std::move(f));
      }
      return !enough();
    });
    if (i > 0) last = &cells[i];
  }
  return found;
}

void sort(std::vector<Found>& found, Order order) {
  if (order == Order::none) return;
  std::stable_sort(found.begin(), found.end(), [&](const Found& a, const Found& b) {
    return order == Order::ascending ? a.metres < b.metres : a.metres > b.metres;
  });
}

/// Four decimals, rounded half to even of the product, as redis rounds.
void answer_distance(Call& c, double v) {
  const long long scaled = std::llrint(v * 10000);
  char text[64];
  std::snprintf(text, sizeof text, "%lld.%04lld", scaled / 10000, scaled % 10000);
  c.reply.bulk(text);
}

void answer_coordinate(Call& c, double v) {
  const std::string text = format_long_double(v);
  c.reply.resp() == 3 ? c.reply.raw("," + text + "\r\n") : c.reply.bulk(text);
}

void answer_point(Call& c, geo::Point p) {
  c.reply.array(2);
  answer_coordinate(c, p.longitude);
  answer_coordinate(c, p.latitude);
}

void answer(Call& c, const Search& s, const std::vector<Found>& found) {
  const std::size_t details = std::size_t{s.with_distance} + s.with_score + s.with_point;
  c.reply.array(found.size());
  for (const Found& f : found) {
    if (details) c.reply.array(details + 1);
    c.reply.bulk(f.member);
    if (s.with_distance) answer_distance(c, f.metres / s.shape.unit);
    if (s.with_score) c.reply.integer(static_cast<std::int64_t>(f.score));
    if (s.with_point) answer_point(c, f.at);
  }
}

void store(Call& c, const Search& s, const std::vector<Found>& found, std::string_view event) {
  const std::string_view key = *s.store;
  if (found.empty()) {
    if (c.db().remove(key)) {
      c.changed(key);
      c.event('g', "del", key);
    }
    return c.reply.integer(0);
  }
  auto result = std::make_unique<Zset>();
  for (const Found& f : found) result->set(f.member, s.store_distance ? f.metres / s.shape.unit : f.score);
  c.db().set(key, std::move(result));
  c.changed(key, found.size());
  c.event('z', event, key);
  c.reply.integer(static_cast<std::int64_t>(found.size()));
}

/// After the command's own words are read: options, search, answer.
void run(Call& c, const Form& form, const Zset* z, Search& s) {
  if (!parse_options(c, form, z, s)) return;
  std::vector<Found> found;
  if (z) {
    // COUNT means the nearest, unless any will do.
    if (s.count && s.order == Order::none && !s.any) s.order = Order::ascending;
    found = find(*z, s.shape, s.any ? static_cast<std::size_t>(s.count) : 0);
    sort(found, s.order);
    if (s.count && found.size() > static_cast<std::size_t>(s.count))
      found.resize(static_cast<std::size_t>(s.count));
  }
  s.store ? store(c, s, found, form.search ? "geosearchstore" : "georadiusstore") : answer(c, s, found);
}

bool only_reads(const Call& c) {
  return c.command.name.ends_with("_ro");
}

}  // namespace

void command_geoadd(Call& c) {
  bool nx = false, xx = false;
  std::size_t at = 2;
  for (; at < c.argc(); ++at) {
    if (c.is(at, "nx"))
      nx = true;
    else if (c.is(at, "xx"))
      xx = true;
    else if (!c.is(at, "ch"))
      break;
  }
  if ((c.argc() - at) % 3 || (nx && xx)) return c.syntax_error();
  // It is a ZADD, and replicas hear it as one.
  std::vector<std::string> scores;
  for (std::size_t i = at; i < c.argc(); i += 3) {
    const auto p = point(c, i);
    if (!p) return;
    scores.push_back(format_double(geo::score_of(*p)));
  }
  std::vector<std::string_view> words{"zadd"};
  words.insert(words.end(), c.argv.begin() + 1, c.argv.begin() + static_cast<std::ptrdiff_t>(at));
  for (std::size_t i = 0; i < scores.size(); ++i) {
    words.push_back(scores[i]);
    words.push_back(c.arg(at + i * 3 + 2));
  }
  const std::uint64_t dirty = c.engine.state.dirty;
  Call add{c.engine, c.client, *c.engine.table.find("zadd"), words, c.reply};
  command_zadd(add);
  if (c.engine.state.dirty != dirty) c.propagate_as(words);
}

void command_geodist(Call& c) {
  if (c.argc() > 5) return c.syntax_error();
  double metres = 1;
  if (c.argc() == 5) {
    const auto given = unit(c, 4);
    if (!given) return;
    metres = *given;
  }
  bool ok = true;
  const Zset* z = c.value<Zset>(c.arg(1), ok, false);
  if (!ok) return;
  const auto a = z ? z->score(c.arg(2)) : std::nullopt, b = z ? z->score(c.arg(3)) : std::nullopt;
  if (!a || !b) return c.reply.null();
  answer_distance(c, geo::distance(geo::point_of(*a), geo::point_of(*b)) / metres);
}

void command_geohash(Call& c) {
  bool ok = true;
  const Zset* z = c.value<Zset>(c.arg(1), ok, false);
  if (!ok) return;
  c.reply.array(c.argc() - 2);
  for (std::size_t i = 2; i < c.argc(); ++i) {
    const auto score = z ? z->score(c.arg(i)) : std::nullopt;
    score ? c.reply.bulk(geo::text_of(geo::point_of(*score))) : c.reply.null();
  }
}

void command_geopos(Call& c) {
  bool ok = true;
  const Zset* z = c.value<Zset>(c.arg(1), ok, false);
  if (!ok) return;
  c.reply.array(c.argc() - 2);
  for (std::size_t i = 2; i < c.argc(); ++i) {
    const auto score = z ? z->score(c.arg(i)) : std::nullopt;
    score ? answer_point(c, geo::point_of(*score)) : c.reply.null_array();
  }
}

void command_georadius(Call& c) {
  bool ok = true;
  const Zset* z = c.value<Zset>(c.arg(1), ok, false);
  if (!ok) return;
  Search s;
  const auto centre = point(c, 2);
  if (!centre) return;
  s.shape.centre = *centre;
  if (read_circle(c, 4, s.shape)) run(c, {false, !only_reads(c), false, 6}, z, s);
}

void command_georadiusbymember(Call& c) {
  bool ok = true;
  const Zset* z = c.value<Zset>(c.arg(1), ok, false);
  if (!ok) return;
  Search s;
  if (z && !(centre_on_member(c, z, 2, s.shape) && read_circle(c, 3, s.shape))) return;
  run(c, {false, !only_reads(c), false, 5}, z, s);
}

void command_geosearch(Call& c) {
  bool ok = true;
  const Zset* z = c.value<Zset>(c.arg(1), ok, false);
  Search s;
  if (ok) run(c, {true, false, false, 2}, z, s);
}

void command_geosearchstore(Call& c) {
  bool ok = true;
  const Zset* z = c.value<Zset>(c.arg(2), ok, false);
  Search s;
  s.store = c.arg(1);
  if (ok) run(c, {true, false, true, 3}, z, s);
}

}  // namespace node
