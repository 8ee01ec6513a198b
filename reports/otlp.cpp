#include "reports/otlp.h"

#include <algorithm>

namespace harness::reporting {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kInternal = 1;     // SPAN_KIND_INTERNAL
constexpr int kStatusError = 2;  // STATUS_CODE_ERROR

/// FNV-1a: any text becomes a number.
std::uint64_t hash_of(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return hash;
}

std::string hex(std::uint64_t number) {
  std::string out(16, '0');
  for (int i = 15; i >= 0; --i, number >>= 4)
    out[static_cast<std::size_t>(i)] = "0123456789abcdef"[number & 15];
  return out;
}

Json value_of(const nlohmann::json& value) {
  if (value.is_boolean()) return {{"boolValue", value}};
  if (value.is_number_integer()) return {{"intValue", value.dump()}};
  if (value.is_number()) return {{"doubleValue", value}};
  return {{"stringValue", value.is_string() ? value : nlohmann::json(value.dump())}};
}

Json attributes_of(const Attributes& attributes) {
  Json list = Json::array();
  for (const auto& [key, value] : attributes) list.push_back({{"key", key}, {"value", value_of(value)}});
  return list;
}

}  // namespace

Trace::Trace(std::string_view seed, std::int64_t unix_ms) : state_(hash_of(seed)), unix_ms_(unix_ms) {
  trace_id_ = hex(next_id()) + hex(next_id());
}

std::string Trace::add(const TraceSpan& span, const std::string& parent) {
  const std::string id = hex(next_id());
  Json json = {{"traceId", trace_id_}, {"spanId", id}};
  if (!parent.empty()) json["parentSpanId"] = parent;
  json["name"] = span.name;
  json["kind"] = kInternal;
  json["startTimeUnixNano"] = time(span.begin);
  json["endTimeUnixNano"] = time(std::max(span.begin, span.end));
  json["attributes"] = attributes_of(span.attributes);
  Json events = Json::array();
  for (const SpanEvent& event : span.events)
    events.push_back({{"timeUnixNano", time(event.time)}, {"name", event.name}});
  json["events"] = std::move(events);
  json["status"] = Json::object();
  if (!span.error.empty()) json["status"] = {{"message", span.error}, {"code", kStatusError}};
  spans_.push_back(std::move(json));
  return id;
}

Json Trace::document(const Attributes& resource) const {
  const Json scope = {{"scope", {{"name", "redis-cluster-harness"}}}, {"spans", spans_}};
  return {{"resourceSpans", Json::array({{{"resource", {{"attributes", attributes_of(resource)}}},
                                          {"scopeSpans", Json::array({scope})}}})}};
}

std::string Trace::time(Nanos time) const {
  return std::to_string(unix_ms_ * kMillisecond + time);
}

/// SplitMix64; an id of zeros alone is no id.
std::uint64_t Trace::next_id() {
  std::uint64_t z = state_ += 0x9e3779b97f4a7c15;
  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
  z = (z ^ z >> 27) * 0x94d049bb133111eb;
  z ^= z >> 31;
  return z == 0 ? next_id() : z;
}

}  // namespace harness::reporting
