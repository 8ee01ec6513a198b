#include "harness/core/final_data.h"

#include <algorithm>
#include <set>

#include "harness/core/value.h"

namespace harness {
namespace {

using Kind = DataDifference::Kind;

/// Clocks of two nodes of one machine, asked one after the other.
constexpr std::int64_t kClockSlack_ms = 100;
constexpr std::string_view kNothing = "nothing";

std::string number(std::int64_t value) {
  return value == kNotKnown ? "no number" : std::to_string(value);
}

std::string expiry(std::int64_t ms) {
  return ms == 0 ? "never" : "at unix time " + std::to_string(ms) + " ms";
}

std::string pending_text(const PendingEntry* entry) {
  if (!entry) return std::string(kNothing);
  return "pending for " + entry->consumer + ", delivered " + std::to_string(entry->deliveries) + " times";
}

class Comparison {
 public:
  Comparison(const FinalData& first, const FinalData& second)
      : first_(first),
        second_(second),
        until_ms_(std::max(first.read_until_ms, second.read_until_ms) + kClockSlack_ms) {}

  std::vector<DataDifference> run() {
    std::set<std::string_view> keys;
    for (const FinalData* data : {&first_, &second_}) {
      for (const auto& [key, value] : data->values) keys.insert(key);
      for (const auto& [key, answer] : data->foreign) keys.insert(key);
    }
    for (const std::string_view key : keys) compare_key(std::string(key));
    compare_functions();
    return std::move(found_);
  }

 private:
  void add(Kind kind, const std::string& key, std::string what, std::string first, std::string second) {
    found_.push_back({kind, key, std::move(what), std::move(first), std::move(second)});
  }

  /// Whether what expires then may have gone while the two were read.
  bool may_expire(std::int64_t ms) const { return ms != 0 && ms <= until_ms_; }

  static const KeyDetail& detail(const FinalData& data, const std::string& key) {
    static const KeyDetail plain;
    const auto found = data.details.find(key);
    return found == data.details.end() ? plain : found->second;
  }
  static const std::string* value(const FinalData& data, const std::string& key) {
    const auto found = data.values.find(key);
    return found == data.values.end() ? nullptr : &found->second;
  }

  void compare_key(const std::string& key) {
    const KeyDetail& a = detail(first_, key);
    const KeyDetail& b = detail(second_, key);
    if (may_expire(a.expires_ms) || may_expire(b.expires_ms)) return;
    const bool shown = compare_presence(key);
    if (!shown) return;
    compare_value(key, a, b);
    if (a.expires_ms != b.expires_ms)
      add(Kind::kExpiry, key, "the expiry", expiry(a.expires_ms), expiry(b.expires_ms));
    compare_fields(key, a, b);
    if (a.stream && b.stream) compare_streams(key, *a.stream, *b.stream);
  }

  /// Whether both show the key, so that there is more to compare.
  bool compare_presence(const std::string& key) {
    const std::string* a = value(first_, key);
    const std::string* b = value(second_, key);
    if (a && b) return true;
    const bool a_holds = a || first_.foreign.contains(key);
    const bool b_holds = b || second_.foreign.contains(key);
    if (a_holds != b_holds) add(Kind::kKey, key, "the key", held(first_, key), held(second_, key));
    return false;
  }

  static std::string held(const FinalData& data, const std::string& key) {
    if (const std::string* text = value(data, key)) return excerpt(*text);
    const auto foreign = data.foreign.find(key);
    return foreign == data.foreign.end() ? std::string(kNothing) : "the key, and answers " + foreign->second;
  }

  void compare_value(const std::string& key, const KeyDetail& a, const KeyDetail& b) {
    const std::string& x = *value(first_, key);
    const std::string& y = *value(second_, key);
    if (a.type != b.type)
      add(Kind::kKey, key, "the type", a.type.empty() ? "string" : a.type,
          b.type.empty() ? "string" : b.type);
    else if (x != y && !fields_may_expire(a) && !fields_may_expire(b)) {
      const auto place = std::ranges::mismatch(x, y).in1 - x.begin();
      add(Kind::kKey, key, "the value", excerpt(x, static_cast<std::size_t>(place)),
          excerpt(y, static_cast<std::size_t>(place)));
    }
  }

  bool fields_may_expire(const KeyDetail& detail) const {
    return std::ranges::any_of(detail.field_expires,
                               [&](const auto& field) { return may_expire(field.second); });
  }

  void compare_fields(const std::string& key, const KeyDetail& a, const KeyDetail& b) {
    if (!first_.field_expiry_read || !second_.field_expiry_read) return;
    std::set<std::string> fields;
    for (const auto& [field, ms] : a.field_expires) fields.insert(field);
    for (const auto& [field, ms] : b.field_expires) fields.insert(field);
    for (const std::string& field : fields) {
      const auto of = [&](const KeyDetail& detail) {
        const auto found = detail.field_expires.find(field);
        return found == detail.field_expires.end() ? 0 : found->second;
      };
      if (of(a) != of(b) && !may_expire(of(a)) && !may_expire(of(b)))
        add(Kind::kExpiry, key, "the expiry of the field " + excerpt(field), expiry(of(a)), expiry(of(b)));
    }
  }

  void compare_streams(const std::string& key, const StreamState& a, const StreamState& b) {
    if (a.last_id != b.last_id) add(Kind::kGroup, key, "the last id", a.last_id, b.last_id);
    if (!a.max_deleted_id.empty() && !b.max_deleted_id.empty() && a.max_deleted_id != b.max_deleted_id)
      add(Kind::kCounter, key, "the greatest deleted id", a.max_deleted_id, b.max_deleted_id);
    compare_counter(key, "entries-added", a.entries_added, b.entries_added);
    std::set<std::string> names;
    for (const auto& [name, group] : a.groups) names.insert(name);
    for (const auto& [name, group] : b.groups) names.insert(name);
    for (const std::string& name : names) {
      const auto x = a.groups.find(name);
      const auto y = b.groups.find(name);
      if (x != a.groups.end() && y != b.groups.end())
        compare_groups(key, "group " + name + ": ", x->second, y->second);
      else
        add(Kind::kGroup, key, "group " + name, x == a.groups.end() ? std::string(kNothing) : "the group",
            y == b.groups.end() ? std::string(kNothing) : "the group");
    }
  }

  void compare_counter(const std::string& key, std::string what, std::int64_t a, std::int64_t b) {
    if (a != kNotTold && b != kNotTold && a != b)
      add(Kind::kCounter, key, std::move(what), number(a), number(b));
  }

  void compare_groups(const std::string& key, const std::string& name, const StreamGroup& a,
                      const StreamGroup& b) {
    if (a.last_delivered != b.last_delivered)
      add(Kind::kGroup, key, name + "the last delivered id", a.last_delivered, b.last_delivered);
    compare_counter(key, name + "entries-read", a.entries_read, b.entries_read);
    compare_consumers(key, name, a.consumers, b.consumers);
    compare_pending(key, name, a.pending, b.pending);
  }

  void compare_consumers(const std::string& key, const std::string& name, const std::vector<std::string>& a,
                         const std::vector<std::string>& b) {
    std::set<std::string> all(a.begin(), a.end());
    all.insert(b.begin(), b.end());
    for (const std::string& consumer : all) {
      const auto shown = [&](const std::vector<std::string>& list) {
        return std::ranges::find(list, consumer) == list.end() ? std::string(kNothing) : "the consumer";
      };
      if (shown(a) != shown(b)) add(Kind::kConsumer, key, name + "consumer " + consumer, shown(a), shown(b));
    }
  }

  void compare_pending(const std::string& key, const std::string& name, const std::vector<PendingEntry>& a,
                       const std::vector<PendingEntry>& b) {
    std::map<std::string, std::pair<const PendingEntry*, const PendingEntry*>> by_id;
    for (const PendingEntry& entry : a) by_id[entry.id].first = &entry;
    for (const PendingEntry& entry : b) by_id[entry.id].second = &entry;
    for (const auto& [id, both] : by_id)
      if (!both.first || !both.second || *both.first != *both.second)
        add(Kind::kGroup, key, name + "entry " + id, pending_text(both.first), pending_text(both.second));
  }

  void compare_functions() {
    std::set<std::string> names;
    for (const auto& [name, code] : first_.functions) names.insert(name);
    for (const auto& [name, code] : second_.functions) names.insert(name);
    for (const std::string& name : names) {
      const auto a = first_.functions.find(name);
      const auto b = second_.functions.find(name);
      const std::string x = a == first_.functions.end() ? std::string(kNothing) : excerpt(a->second);
      const std::string y = b == second_.functions.end() ? std::string(kNothing) : excerpt(b->second);
      const bool both = a != first_.functions.end() && b != second_.functions.end();
      if (!both || a->second != b->second) add(Kind::kFunction, name, "the library of functions", x, y);
    }
  }

  const FinalData& first_;
  const FinalData& second_;
  const std::int64_t until_ms_;
  std::vector<DataDifference> found_;
};

}  // namespace

std::vector<DataDifference> differences(const FinalData& first, const FinalData& second) {
  return Comparison(first, second).run();
}

std::string in_words(const DataDifference& difference, const std::string& first, const std::string& second) {
  const bool function = difference.kind == Kind::kFunction;
  return first + " has " + difference.first + (function ? " of " : " for ") + difference.key + " (" +
         difference.what + "), " + second + " has " + difference.second;
}

std::string excerpt(std::string_view value, std::size_t from) {
  constexpr std::size_t kBefore = 20;
  constexpr std::size_t kShown = 80;
  const std::size_t begin = value.size() <= kShown || from < kBefore ? 0 : from - kBefore;
  std::string text(begin > 0 ? "..." : "");
  append_json_string(text, value.substr(begin, kShown));
  if (begin + kShown < value.size()) text += "...";
  return text;
}

}  // namespace harness
