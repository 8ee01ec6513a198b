// The log is read back by a reader of its own, written from the format's description and not from the writer.
#include "reports/hdr_log.h"

#include <zlib.h>

#include <algorithm>
#include <bit>
#include <catch2/catch.hpp>
#include <cmath>
#include <map>
#include <sstream>

#include "harness/run/deflate.h"
#include "reports/hdr_histogram.h"
#include "reports/latency.h"
#include "reports/sample/sample_record.h"

namespace harness {
namespace {

using reporting::HdrHistogram;
using Counts = std::map<std::uint64_t, std::uint64_t>;  // by the least value of a place

std::string unbase64(const std::string& text) {
  const std::string letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    if (c == '=') break;
    REQUIRE(letters.find(c) != std::string::npos);
    bits = bits << 6 | static_cast<std::uint32_t>(letters.find(c));
    if ((count += 6) >= 8) out += static_cast<char>(bits >> (count -= 8) & 0xff);
  }
  return out;
}

class Bytes {
 public:
  explicit Bytes(std::string bytes) : bytes_(std::move(bytes)) {}
  std::uint64_t number(int length) {
    std::uint64_t value = 0;
    while (length-- > 0) value = value << 8 | byte();
    return value;
  }
  std::int64_t zigzag() {
    std::uint64_t value = 0;
    for (int i = 0; i < 9; ++i) {
      const std::uint64_t next = byte();
      value |= (i == 8 ? next : next & 0x7f) << 7 * i;
      if (next < 0x80) break;
    }
    return static_cast<std::int64_t>(value >> 1) ^ -static_cast<std::int64_t>(value & 1);
  }
  bool done() const { return at_ == bytes_.size(); }
  std::string rest() const { return bytes_.substr(at_); }

 private:
  std::uint64_t byte() {
    REQUIRE(at_ < bytes_.size());
    return static_cast<unsigned char>(bytes_[at_++]);
  }
  std::string bytes_;
  std::size_t at_ = 0;
};

std::string inflated(const std::string& stream) {
  std::string out(1 << 20, '\0');
  uLongf length = out.size();
  REQUIRE(uncompress(reinterpret_cast<Bytef*>(out.data()), &length,
                     reinterpret_cast<const Bytef*>(stream.data()), stream.size()) == Z_OK);
  out.resize(length);
  return out;
}

/// 2048 places of 512 ns first, then 1024 at a time of twice the width.
std::uint64_t least_value(std::uint64_t place) {
  if (place < 2048) return place << 9;
  const std::uint64_t bucket = place / 1024 - 1;
  return (place % 1024 + 1024) << (9 + bucket);
}

Counts read_histogram(const std::string& field) {
  Bytes outer(unbase64(field));
  REQUIRE(outer.number(4) == 0x1c849314);
  const std::uint64_t length = outer.number(4);
  REQUIRE(outer.rest().size() == length);
  Bytes inner(inflated(outer.rest()));
  REQUIRE(inner.number(4) == 0x1c849313);
  const std::uint64_t payload = inner.number(4);
  REQUIRE(inner.number(4) == 0);
  REQUIRE(inner.number(4) == 3);
  REQUIRE(inner.number(8) == 1000);
  REQUIRE(inner.number(8) == 3'600'000'000'000);
  REQUIRE(std::bit_cast<double>(inner.number(8)) == 1.0);
  REQUIRE(inner.rest().size() == payload);
  Counts counts;
  for (std::uint64_t place = 0; !inner.done();) {
    const std::int64_t count = inner.zigzag();
    if (count < 0)
      place += static_cast<std::uint64_t>(-count);
    else
      counts[least_value(place++)] = static_cast<std::uint64_t>(count);
  }
  return counts;
}

Counts counts_of(const HdrHistogram& histogram) {
  return read_histogram(histogram.encode_compressed(deflate_zlib));
}

struct Line {
  std::string tag;
  double begin = 0, length = 0, max_ms = 0;
  Counts counts;
};

std::vector<Line> read_log(const std::string& text) {
  std::istringstream in(text);
  std::vector<Line> lines;
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("#") || line.starts_with("\"")) continue;
    Line one;
    if (line.starts_with("Tag=")) {
      one.tag = line.substr(4, line.find(',') - 4);
      line.erase(0, line.find(',') + 1);
    }
    std::vector<std::string> fields;
    std::istringstream row(line);
    for (std::string field; std::getline(row, field, ',');) fields.push_back(field);
    REQUIRE(fields.size() == 4);
    one.begin = std::stod(fields[0]), one.length = std::stod(fields[1]), one.max_ms = std::stod(fields[2]);
    one.counts = read_histogram(fields[3]);
    lines.push_back(std::move(one));
  }
  return lines;
}

std::uint64_t total(const Counts& counts) {
  std::uint64_t sum = 0;
  for (const auto& [value, count] : counts) sum += count;
  return sum;
}

double quantile_ms(const Counts& counts, double share) {
  auto left = static_cast<std::uint64_t>(std::ceil(share * static_cast<double>(total(counts))));
  for (const auto& [value, count] : counts) {
    if (left <= count) return static_cast<double>(value) / 1e6;
    left -= count;
  }
  return -1;
}

Sample sample_of(std::size_t operations) {
  return make_sample({SampleVerdict::kPass, operations, 5});
}

std::string log_of(const Sample& sample) {
  return make_hdr_log({.record = sample.record, .verdict = sample.verdict, .deflate = deflate_zlib});
}

TEST_CASE("A histogram keeps each value to three digits, from nothing to an hour", "[hdr]") {
  HdrHistogram histogram;
  const std::vector<Nanos> values{0,         999,       1'000,         123'456,         1'048'575,
                                  1'048'576, 7'654'321, 1'000'000'000, 599'999'999'999, 3'600'000'000'000};
  for (const Nanos value : values) histogram.add(value);
  const Counts counts = counts_of(histogram);
  REQUIRE(total(counts) == values.size());
  std::vector<std::uint64_t> kept;
  for (const auto& [value, count] : counts) kept.insert(kept.end(), count, value);
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto value = static_cast<double>(values[i]);
    INFO(values[i] << " was kept as " << kept[i]);
    CHECK(static_cast<double>(kept[i]) <= value);
    CHECK(value - static_cast<double>(kept[i]) <= std::max(512.0, value / 1000));
  }
}

TEST_CASE("What is longer than an hour counts as an hour, counts may be large", "[hdr]") {
  HdrHistogram histogram;
  for (int i = 0; i < 300'000; ++i) histogram.add(2'000'000);
  histogram.add(kNever);
  const Counts counts = counts_of(histogram);
  CHECK(total(counts) == 300'001);
  CHECK(histogram.highest() == HdrHistogram::kHighest);
  CHECK(counts.rbegin()->second == 1);
}

TEST_CASE("The log holds the operations of results.json, second by second", "[hdr]") {
  const Sample sample = sample_of(20'000);
  const std::string text = log_of(sample);
  CHECK(text.starts_with("#[Histogram log format version 1.3]\n#[StartTime: "));
  Counts all, tagged;
  double before = -1;
  for (const Line& line : read_log(text)) {
    for (const auto& [value, count] : line.counts) (line.tag.empty() ? all : tagged)[value] += count;
    CHECK(line.length <= 1.0);
    CHECK(line.max_ms + 0.001 >= quantile_ms(line.counts, 1));  // told to three decimals
    if (!line.tag.empty()) continue;
    CHECK(line.begin > before);
    before = line.begin;
  }
  CHECK(all == tagged);
  const reporting::Quantiles expected = reporting::measure_latency(sample.record).all;
  CHECK(total(all) == expected.operations);
  for (const auto& [share, nanos] : {std::pair{0.5, expected.p50}, {0.99, expected.p99}, {1.0, expected.max}})
    CHECK(quantile_ms(all, share) == Approx(to_ms(nanos)).epsilon(0.002).margin(0.001));
}

TEST_CASE("A run without operations, or without compression, has a header alone", "[hdr]") {
  const Sample error = make_sample({SampleVerdict::kError, 500, 1});
  const std::string without = make_hdr_log({.record = sample_of(500).record, .verdict = error.verdict});
  CHECK(read_log(without).empty());
  CHECK(without.find("Interval_Compressed_Histogram") != std::string::npos);
}

}  // namespace
}  // namespace harness
