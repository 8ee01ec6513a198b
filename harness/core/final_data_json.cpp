// The JSON form of what a node holds, as final.json and reload.json have it. Stores of earlier releases have
// node, complete, error and values alone.
#include <nlohmann/json.hpp>

#include "harness/core/final_data.h"
#include "harness/core/json_bytes.h"

namespace harness {
namespace {

using Json = nlohmann::json;
using Texts = std::map<std::string, std::string>;

Json texts_json(const Texts& texts) {
  Json pairs = Json::array();
  for (const auto& [key, value] : texts) pairs.push_back({bytes_json(key), bytes_json(value)});
  return pairs;
}

Texts texts_from(const Json& j, const char* name) {
  Texts texts;
  for (const Json& pair : j.value(name, Json::array()))
    texts[bytes_from(pair.at(0))] = bytes_from(pair.at(1));
  return texts;
}

std::vector<std::string> list_from(const Json& j, const char* name) {
  std::vector<std::string> list;
  for (const Json& text : j.value(name, Json::array())) list.push_back(bytes_from(text));
  return list;
}

Json group_json(const std::string& name, const StreamGroup& group) {
  Json pending = Json::array();
  for (const PendingEntry& entry : group.pending)
    pending.push_back({entry.id, bytes_json(entry.consumer), entry.deliveries});
  Json consumers = Json::array();
  for (const std::string& consumer : group.consumers) consumers.push_back(bytes_json(consumer));
  return {{"name", bytes_json(name)},
          {"last_delivered", group.last_delivered},
          {"entries_read", group.entries_read},
          {"pending", pending},
          {"consumers", consumers}};
}

StreamGroup group_from(const Json& j) {
  StreamGroup group;
  group.last_delivered = j.value("last_delivered", "");
  group.entries_read = j.value("entries_read", kNotTold);
  for (const Json& entry : j.value("pending", Json::array()))
    group.pending.push_back(
        {entry.at(0).get<std::string>(), bytes_from(entry.at(1)), entry.at(2).get<std::int64_t>()});
  group.consumers = list_from(j, "consumers");
  return group;
}

Json stream_json(const StreamState& stream) {
  Json groups = Json::array();
  for (const auto& [name, group] : stream.groups) groups.push_back(group_json(name, group));
  return {{"last_id", stream.last_id},
          {"max_deleted_id", stream.max_deleted_id},
          {"entries_added", stream.entries_added},
          {"groups", groups}};
}

StreamState stream_from(const Json& j) {
  StreamState stream;
  stream.last_id = j.value("last_id", "");
  stream.max_deleted_id = j.value("max_deleted_id", "");
  stream.entries_added = j.value("entries_added", kNotTold);
  for (const Json& group : j.value("groups", Json::array()))
    stream.groups[bytes_from(group.at("name"))] = group_from(group);
  return stream;
}

Json detail_json(const std::string& key, const KeyDetail& detail) {
  Json j = {{"key", bytes_json(key)}, {"type", detail.type}};
  if (detail.expires_ms != 0) j["expires_ms"] = detail.expires_ms;
  for (const auto& [field, ms] : detail.field_expires) j["field_expires"].push_back({bytes_json(field), ms});
  if (detail.stream) j["stream"] = stream_json(*detail.stream);
  return j;
}

KeyDetail detail_from(const Json& j) {
  KeyDetail detail;
  detail.type = j.value("type", "");
  detail.expires_ms = j.value("expires_ms", std::int64_t{0});
  for (const Json& field : j.value("field_expires", Json::array()))
    detail.field_expires[bytes_from(field.at(0))] = field.at(1).get<std::int64_t>();
  if (const auto stream = j.find("stream"); stream != j.end()) detail.stream = stream_from(*stream);
  return detail;
}

}  // namespace

void to_json(Json& j, const FinalData& data) {
  Json details = Json::array();
  for (const auto& [key, detail] : data.details) details.push_back(detail_json(key, detail));
  j = {{"node", data.node},
       {"complete", data.complete},
       {"error", data.error},
       {"behind", data.behind},
       {"values", texts_json(data.values)},
       {"details", details},
       {"foreign", texts_json(data.foreign)},
       {"functions", texts_json(data.functions)},
       {"not_compared", data.not_compared},
       {"field_expiry_read", data.field_expiry_read},
       {"sample", data.sample},
       {"read_from_ms", data.read_from_ms},
       {"read_until_ms", data.read_until_ms}};
}

void from_json(const Json& j, FinalData& data) {
  data = {};
  data.node = j.value("node", 0);
  data.complete = j.value("complete", false);
  data.error = j.value("error", "");
  data.behind = j.value("behind", "");
  data.values = texts_from(j, "values");
  for (const Json& detail : j.value("details", Json::array()))
    data.details[bytes_from(detail.at("key"))] = detail_from(detail);
  data.foreign = texts_from(j, "foreign");
  data.functions = texts_from(j, "functions");
  data.not_compared = j.value("not_compared", std::vector<std::string>{});
  data.field_expiry_read = j.value("field_expiry_read", false);
  data.sample = j.value("sample", 1);
  data.read_from_ms = j.value("read_from_ms", std::int64_t{0});
  data.read_until_ms = j.value("read_until_ms", std::int64_t{0});
}

}  // namespace harness
