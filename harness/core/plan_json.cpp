// One list of fields a type; three archives walk it: one writes, one reads, one describes.
#include <algorithm>
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>
#include <span>
#include <type_traits>

#include "harness/core/plan.h"
#include "harness/core/slot_text.h"
#include "harness/core/suggest.h"

namespace harness {
namespace {

using Json = nlohmann::json;

constexpr std::array<std::string_view, 4> kAnchorWords = {"previous", "start", "taken", "ended"};
constexpr std::array<std::string_view, 5> kStepWords = {"fault", "heal", "command", "expect", "wait"};

std::span<const std::string_view> words_of(StepAnchor::Kind) {
  return kAnchorWords;
}
std::span<const std::string_view> words_of(StepPlan::Kind) {
  return kStepWords;
}
std::span<const std::string_view> words_of(Persistence) {
  return persistence_words();
}

/// `fields` of a type serves all three archives: the value is const for the one that writes.
template <typename Of, typename Type>
concept Is = std::is_same_v<std::remove_const_t<Of>, Type>;

void plan_fields(auto& a, Is<ClusterConfig> auto& value) {
  a.value("masters", value.masters);
  a.value("replicas", value.replicas);
  a.value("node-timeout-ms", value.node_timeout_ms);
  a.value("require-full-coverage", value.require_full_coverage);
  a.value("replica-validity-factor", value.replica_validity_factor);
  a.value("repl-ping-period-s", value.repl_ping_period_s);
  a.value("allow-replica-migration", value.allow_replica_migration);
  a.value("migration-barrier", value.migration_barrier);
}

void plan_fields(auto& a, Is<NodePlan> auto& value) {
  a.value("server", value.server);
  a.value("directives", value.directives);
}

void plan_fields(auto& a, Is<ClusterPlan> auto& value) {
  a.value("servers", value.servers);
  a.value("config", value.config);
  a.value("replicas-of", value.replicas_of);
  a.value("slots", value.slots);
  a.value("spare", value.spare);
  a.word("persistence", value.persistence);
  a.value("directives", value.directives);
  a.value("nodes", value.nodes);
  a.added("upgrade-to", value.upgrade_to);
}

void plan_fields(auto& a, Is<LoadPlan> auto& value) {
  a.value("name", value.name);
  a.value("workload", value.workload);
  a.value("concurrency", value.concurrency);
  a.value("client-groups", value.client_groups);
  a.value("rate", value.rate);
  a.value("operation-timeout-ms", value.operation_timeout_ms);
  a.seconds("start", value.start);
  a.seconds("stop", value.stop);
  a.value("options", value.options);
}

void plan_fields(auto& a, Is<ConditionPlan> auto& value) {
  a.value("is", value.is);
  a.value("with", value.with);
}

void plan_fields(auto& a, Is<StepAnchor> auto& value) {
  a.word("kind", value.kind);
  a.value("step", value.step);
}

void plan_fields(auto& a, Is<StepPlan> auto& value) {
  a.value("id", value.id);
  a.word("kind", value.kind);
  a.value("name", value.name);
  a.value("target", value.target);
  a.value("with", value.with);
  a.value("since", value.since);
  a.seconds("after", value.after);
  a.value("when", value.when);
  a.seconds("patience", value.patience);
  a.value("must", value.must);
  a.seconds("hold", value.hold);
  a.value("until", value.until);
  a.value("command", value.command);
  a.value("reply", value.reply);
  a.value("save", value.save);
  a.added("session", value.session);
  a.value("condition", value.condition);
  a.seconds("within", value.within);
  a.seconds("stay", value.stay);
  a.value("repeat", value.repeat);
  a.seconds("repeat-for", value.repeat_for);
  a.seconds("after-least", value.after_least);
  a.seconds("after-most", value.after_most);
}

void plan_fields(auto& a, Is<KnownViolation> auto& value) {
  a.value("check", value.check);
  a.value("anomaly", value.anomaly);
  a.value("reason", value.reason);
  a.value("builds", value.builds);
  a.value("until", value.until);
}

void plan_fields(auto& a, Is<LimitsPlan> auto& value) {
  a.seconds("time-limit", value.time_limit);
  a.seconds("tail", value.tail);
  a.seconds("settle", value.settle);
  a.value("restart-at-end", value.restart_at_end);
  a.added("reload-at-end", value.reload_at_end);
  a.value("checks", value.checks);
  a.value("must-reach", value.must_reach);
  a.value("stop-at-violation", value.stop_at_violation);
  a.value("strict", value.strict);
  a.value("repeat-steps", value.repeat_steps);
  a.value("bus-evidence", value.bus_evidence);
  a.value("no-faults", value.no_faults);
}

void plan_fields(auto& a, Is<Plan> auto& value) {
  a.schema(1);
  a.value("scenario", value.scenario);
  a.value("description", value.description);
  a.value("promise", value.promise);
  a.value("tags", value.tags);
  a.value("requires", value.requires_);
  a.value("seed", value.seed);
  a.value("cluster", value.cluster);
  a.value("loads", value.loads);
  a.value("steps", value.steps);
  a.value("limits", value.limits);
  a.value("known", value.known);
}

template <typename T>
inline constexpr bool is_vector = false;
template <typename T>
inline constexpr bool is_vector<std::vector<T>> = true;
template <typename T>
inline constexpr bool is_map = false;
template <typename T>
inline constexpr bool is_map<std::map<std::string, T>> = true;
template <typename T>
inline constexpr bool is_optional = false;
template <typename T>
inline constexpr bool is_optional<std::optional<T>> = true;
template <typename T>
inline constexpr bool is_slots = std::is_same_v<T, SlotRanges>;
template <typename T>
inline constexpr bool is_plain = std::is_arithmetic_v<T> || std::is_same_v<T, std::string>;

class PlanWriter {
 public:
  void schema(int number) { j_["schema"] = number; }
  template <typename T>
  void value(const char* name, const T& value) {
    j_[name] = json_of(value);
  }
  /// A field that plans of earlier releases do not have.
  template <typename T>
  void added(const char* name, const T& value) {
    this->value(name, value);
  }
  template <typename T>
  void word(const char* name, T value) {
    j_[name] = words_of(value)[static_cast<std::size_t>(value)];
  }
  void seconds(const char* name, Nanos time) {
    j_[name] = time == kNever ? Json(nullptr) : Json(to_seconds(time));
  }
  void seconds(const char* name, const std::optional<Nanos>& time) { seconds(name, time.value_or(kNever)); }

  template <typename T>
  static Json json_of(const T& value) {
    if constexpr (is_slots<T>) {
      return slot_ranges_text(value);
    } else if constexpr (is_plain<T> || std::is_same_v<T, Parameters>) {
      return Json(value);
    } else if constexpr (is_optional<T>) {
      return value ? json_of(*value) : Json(nullptr);
    } else if constexpr (is_vector<T>) {
      Json list = Json::array();
      for (const auto& item : value) list.push_back(json_of(item));
      return list;
    } else if constexpr (is_map<T>) {
      Json map = Json::object();
      for (const auto& [key, item] : value) map[key] = json_of(item);
      return map;
    } else {
      PlanWriter writer;
      plan_fields(writer, value);
      return std::move(writer.j_);
    }
  }

 private:
  Json j_ = Json::object();
};

/// The names alone.
class Names {
 public:
  void schema(int) { names.emplace_back("schema"); }
  void value(const char* name, auto&) { names.emplace_back(name); }
  void added(const char* name, auto&) { names.emplace_back(name); }
  void word(const char* name, auto&) { names.emplace_back(name); }
  void seconds(const char* name, auto&) { names.emplace_back(name); }

  std::vector<std::string_view> names;
};

class PlanReader {
 public:
  PlanReader(const Json& j, std::string place) : j_(j), place_(std::move(place)) {
    if (!j.is_object()) refuse(place_, "must be an object");
  }
  /// Before any is missed: a misspelt key is both unknown and missing.
  void require_known(const std::vector<std::string_view>& names) const {
    for (const auto& [name, ignored] : j_.items())
      if (std::find(names.begin(), names.end(), name) == names.end())
        refuse(place_ + ":", "unknown key '" + name + "'" + suggestion(name, names));
  }

  void schema(int number) {
    if (at("schema") != number)
      refuse(place_ + ".schema", "must be " + std::to_string(number) + ": this harness knows no other");
  }
  template <typename T>
  void value(const char* name, T& out) {
    read(at(name), out, place_ + "." + name);
  }
  template <typename T>
  void added(const char* name, T& out) {
    if (j_.contains(name)) value(name, out);
  }
  template <typename T>
  void word(const char* name, T& out) {
    const Json& given = at(name);
    const auto words = words_of(out);
    for (std::size_t i = 0; i < words.size(); ++i)
      if (given == words[i]) {
        out = static_cast<T>(i);
        return;
      }
    refuse(place_ + "." + name,
           "is no word that it may be" +
               (given.is_string() ? suggestion(given.get<std::string>(), words) : std::string{}));
  }
  void seconds(const char* name, Nanos& out) {
    out = kNever;
    const Json& given = at(name);
    if (given.is_null()) return;
    if (!given.is_number() || given.get<double>() < 0 || given.get<double>() > 1e9)
      refuse(place_ + "." + name, "must be a number of seconds, 0 or more, or null");
    out = static_cast<Nanos>(std::llround(given.get<double>() * 1e9));
  }
  void seconds(const char* name, std::optional<Nanos>& out) {
    Nanos time = kNever;
    seconds(name, time);
    out = time == kNever ? std::nullopt : std::optional(time);
  }

  template <typename T>
  static void read(const Json& j, T& out, const std::string& place) {
    if constexpr (is_slots<T>) {
      if (!j.is_string() || !slot_ranges_from(j.get<std::string>(), out))
        refuse(place, "must be slot ranges: \"0-8191,9000\"");
    } else if constexpr (is_plain<T>) {
      if (!fits<T>(j)) refuse(place, "has the wrong type or is out of range");
      out = j.get<T>();
    } else if constexpr (std::is_same_v<T, Parameters>) {
      if (!j.is_object()) refuse(place, "must be an object");
      out = Parameters(j);
    } else if constexpr (is_optional<T>) {
      out.reset();
      if (!j.is_null()) read(j, out.emplace(), place);
    } else if constexpr (is_vector<T>) {
      if (!j.is_array()) refuse(place, "must be an array");
      out.clear();
      for (const Json& item : j) {
        const std::string there = place + "." + name_in_list(item, out.size());
        read(item, out.emplace_back(), there);
      }
    } else if constexpr (is_map<T>) {
      if (!j.is_object()) refuse(place, "must be an object");
      out.clear();
      for (const auto& [key, item] : j.items()) read(item, out[key], place + "." + key);
    } else {
      PlanReader reader(j, place);
      Names known;
      plan_fields(known, out);
      reader.require_known(known.names);
      plan_fields(reader, out);
    }
  }

 private:
  [[noreturn]] static void refuse(const std::string& place, const std::string& why) {
    throw Json::other_error::create(501, place + " " + why, static_cast<const Json*>(nullptr));
  }

  /// A step's id, a load's name, else its number: as plan_check says where a problem is.
  static std::string name_in_list(const Json& item, std::size_t number) {
    for (const char* key : {"id", "name"})
      if (item.is_object() && item.contains(key) && item.at(key).is_string() &&
          !item.at(key).get<std::string>().empty())
        return item.at(key).get<std::string>();
    return std::to_string(number);
  }

  const Json& at(const char* name) {
    const auto found = j_.find(name);
    if (found == j_.end()) refuse(place_ + "." + name, "is missing");
    return *found;
  }

  template <typename T>
  static bool fits(const Json& j) {
    if constexpr (std::is_same_v<T, bool>) return j.is_boolean();
    if constexpr (std::is_same_v<T, std::string>) return j.is_string();
    if constexpr (std::is_same_v<T, double>) return j.is_number() && std::isfinite(j.get<double>());
    if constexpr (std::is_same_v<T, std::uint64_t>) return j.is_number_unsigned();
    if constexpr (std::is_same_v<T, int>)
      return j.is_number_integer() && (j.is_number_unsigned() ? j.get<std::uint64_t>() <= 2'000'000'000
                                                              : j.get<std::int64_t>() >= -2'000'000'000);
    return false;
  }

  const Json& j_;
  std::string place_;
};

class Describer {
 public:
  void schema(int number) { add("schema", {{"const", number}}); }
  template <typename T>
  void value(const char* name, T&) {
    add(name, schema_of<std::remove_const_t<T>>());
  }
  template <typename T>
  void added(const char* name, T&) {
    properties_[name] = schema_of<std::remove_const_t<T>>();
  }
  template <typename T>
  void word(const char* name, T& value) {
    add(name, {{"enum", words_of(value)}});
  }
  void seconds(const char* name, Nanos&) { add_seconds(name); }
  void seconds(const char* name, std::optional<Nanos>&) { add_seconds(name); }

  template <typename T>
  static Json schema_of() {
    if constexpr (std::is_same_v<T, bool>) {
      return {{"type", "boolean"}};
    } else if constexpr (std::is_integral_v<T>) {
      return {{"type", "integer"}};
    } else if constexpr (std::is_arithmetic_v<T>) {
      return {{"type", "number"}};
    } else if constexpr (std::is_same_v<T, std::string>) {
      return {{"type", "string"}};
    } else if constexpr (is_slots<T>) {
      return {{"type", "string"}, {"description", "slot ranges: 0-8191,9000"}};
    } else if constexpr (std::is_same_v<T, Parameters>) {
      return {{"type", "object"},
              {"description", "named values, complete, as the unit's own schema has them"}};
    } else if constexpr (is_optional<T>) {
      return {{"anyOf", {schema_of<typename T::value_type>(), {{"type", "null"}}}}};
    } else if constexpr (is_vector<T>) {
      return {{"type", "array"}, {"items", schema_of<typename T::value_type>()}};
    } else if constexpr (is_map<T>) {
      return {{"type", "object"}, {"additionalProperties", schema_of<typename T::mapped_type>()}};
    } else {
      Describer describer;
      T value;
      plan_fields(describer, value);
      return {{"type", "object"},
              {"properties", std::move(describer.properties_)},
              {"required", std::move(describer.required_)},
              {"additionalProperties", false}};
    }
  }

 private:
  void add(const char* name, Json schema) {
    properties_[name] = std::move(schema);
    required_.push_back(name);
  }
  void add_seconds(const char* name) {
    add(name,
        {{"type", {"number", "null"}}, {"minimum", 0}, {"description", "seconds; null: none, or never"}});
  }

  Json properties_ = Json::object();
  Json required_ = Json::array();
};

}  // namespace

void to_json(Json& j, const Plan& plan) {
  j = PlanWriter::json_of(plan);
}

void from_json(const Json& j, Plan& plan) {
  PlanReader::read(j, plan, "plan");
}

Json plan_schema() {
  Json schema = Describer::schema_of<Plan>();
  schema["$schema"] = "https://json-schema.org/draft/2020-12/schema";
  schema["title"] = "plan.json: the plan of a run";
  return schema;
}

}  // namespace harness
