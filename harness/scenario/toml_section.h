// A table of a scenario file as the readers of its sections see it: every key must be asked for, every value
// is checked where it stands, and what is wrong is refused with file, line, column and the nearest name.
#pragma once

#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#define TOML_EXCEPTIONS 0
#include <toml++/toml.h>

#include "harness/core/time.h"

namespace harness {

/// A number of a scenario that may be a range: drawn between the two.
struct Span {
  double least = 0;
  double most = 0;
};

/// "file:3:7: "
std::string place_of(const std::string& source, const toml::source_region& where);

class Section {
 public:
  Section(const toml::table& table, std::string source, std::string name)
      : table_(table), source_(std::move(source)), name_(std::move(name)) {}

  bool has(std::string_view key) const { return table_.contains(key); }

  void read(std::string_view key, std::string& out);
  void read(std::string_view key, bool& out);
  void read(std::string_view key, int& out, int least, int most);
  void read(std::string_view key, double& out, double least, double most);
  /// Seconds; at most a thousand hours.
  void read_seconds(std::string_view key, Nanos& out);
  /// A number of seconds, or [least, most].
  bool read_span(std::string_view key, Span& out);
  void read_names(std::string_view key, std::vector<std::string>& out);
  /// A day (2027-06-30), as a date of TOML or as a string.
  void read_day(std::string_view key, std::string& out);
  /// Any value as JSON; nothing when the key is absent. Dates become text; nan and inf are refused.
  std::optional<nlohmann::json> read_json(std::string_view key);
  /// Every key that nobody has asked for yet, as JSON.
  nlohmann::json read_rest();
  /// Every key with a scalar value, as text: a server's own directives. `except` is left alone.
  void read_directives(std::map<std::string, std::string>& out, std::string_view except = {});

  std::optional<Section> table(std::string_view key);
  /// [[key]]; with `one_too` also a single [key].
  std::vector<Section> tables(std::string_view key, bool one_too = false);
  /// The names and tables of a table of tables: [cluster.nodes.n4].
  std::vector<std::pair<std::string, Section>> named_tables();

  /// All that stand in it.
  std::vector<std::string> keys() const;
  /// "file:3:7: " of a key, or of the table when it has no such key.
  std::string place(std::string_view key = {}) const;
  [[noreturn]] void refuse(std::string_view key, const std::string& why) const;
  /// As refuse(), at the first key of this table that the explanation names in quotes.
  [[noreturn]] void refuse_named(const std::string& why, std::string_view otherwise) const;

  /// Refuses a key that nobody asked for.
  void done() const;

 private:
  const toml::node* find(std::string_view key);

  const toml::table& table_;
  std::string source_;
  std::string name_;
  std::vector<std::string> asked_;
};

}  // namespace harness
