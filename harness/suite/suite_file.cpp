#include "harness/suite/suite_file.h"

#include <fnmatch.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "harness/builds/sha256.h"
#include "harness/core/check.h"
#include "harness/core/plain_name.h"
#include "harness/core/suggest.h"
#include "harness/run/store.h"
#include "harness/scenario/draw.h"
#include "harness/scenario/known_list.h"
#include "harness/scenario/scenario.h"
#include "harness/scenario/toml_section.h"

namespace harness {
namespace {

constexpr double kLongestSeconds = 3.6e6;

bool fits(const std::string& pattern, const std::string& name) {
  return ::fnmatch(pattern.c_str(), name.c_str(), 0) == 0;
}

/// What the choice of scenarios needs of each.
struct Known {
  std::string name;
  std::string folder;
  std::vector<std::string> tags;
};

const std::vector<Known>& known_scenarios() {
  static const std::vector<Known> all = [] {
    std::vector<Known> list;
    for (const BundledScenario& bundled : bundled_scenarios())
      list.push_back({std::string(bundled.name), std::string(bundled.folder),
                      load_scenario(std::string(bundled.name)).plan.tags});
    return list;
  }();
  return all;
}

/// The scenarios of one [[scenarios]], chosen word by word.
class Choice {
 public:
  /// `beside`: the folder of the suite's file, from which files that it names are meant.
  Choice(Section& section, std::filesystem::path beside) : section_(section), beside_(std::move(beside)) {}

  void add_tagged(const std::vector<std::string>& tags) {
    for (const std::string& tag : tags) {
      require_tag("tags", tag);
      for (const Known& known : known_scenarios())
        if (std::ranges::count(known.tags, tag) > 0) add(known.name);
    }
  }

  void add_named(const std::vector<std::string>& names) {
    for (const std::string& name : names) {
      if (std::filesystem::path(name).extension() == ".toml") {
        const std::string file = (beside_ / name).lexically_normal().string();
        draw(load_scenario(file), 1);  // what is wrong with it is told now
        add(file);
        continue;
      }
      require_name("names", name);
      for (const Known& known : known_scenarios())
        if (means(name, known)) add(known.name);
    }
  }

  /// A name, a pattern or a tag.
  void leave_out(const std::vector<std::string>& words) {
    for (const std::string& word : words) {
      const auto meant = [&](const Known& known) {
        return means(word, known) || std::ranges::count(known.tags, word) > 0;
      };
      if (std::ranges::none_of(known_scenarios(), meant)) refuse("without", "scenario or tag", word, true);
      for (const Known& known : known_scenarios())
        if (meant(known)) std::erase(chosen_, known.name);
    }
  }

  std::vector<std::string> take() { return std::move(chosen_); }

 private:
  static bool means(const std::string& word, const Known& known) {
    return fits(word, known.name) || fits(word, known.folder + "/" + known.name);
  }
  void add(const std::string& name) {
    if (std::ranges::count(chosen_, name) == 0) chosen_.push_back(name);
  }
  void require_tag(std::string_view key, const std::string& tag) {
    for (const Known& known : known_scenarios())
      if (std::ranges::count(known.tags, tag) > 0) return;
    refuse(key, "tag", tag, true);
  }
  void require_name(std::string_view key, const std::string& name) {
    for (const Known& known : known_scenarios())
      if (means(name, known)) return;
    refuse(key, "scenario", name, false);
  }
  [[noreturn]] void refuse(std::string_view key, const std::string& kind, const std::string& word,
                           bool tags) {
    std::set<std::string_view> names;
    for (const Known& known : known_scenarios()) {
      if (kind != "tag") names.insert(known.name);
      if (tags) names.insert(known.tags.begin(), known.tags.end());
    }
    const std::vector<std::string_view> list(names.begin(), names.end());
    section_.refuse(key, "unknown " + kind + " '" + word + "'" + suggestion(word, list));
  }

  Section& section_;
  const std::filesystem::path beside_;
  std::vector<std::string> chosen_;
};

void require_builds(const Section& section, const std::vector<std::string>& builds) {
  for (const std::string& spec : builds)
    if (spec.empty()) section.refuse("builds", "an empty text names no build");
}

void require_list(const Section& section, const std::string& list) {
  try {
    load_known(list);
  } catch (const UsageError& error) {
    section.refuse("known", error.what());
  }
}

Selection read_selection(Section section, const std::string& source) {
  Selection selection;
  std::vector<std::string> tags, names, without;
  section.read_names("tags", tags);
  section.read_names("names", names);
  section.read_names("without", without);
  section.read_names("builds", selection.builds);
  section.read("weight", selection.weight, 1, 1000);
  double time_limit = 0;
  section.read("time-limit", time_limit, 0, kLongestSeconds);
  if (section.has("time-limit")) selection.time_limit_s = time_limit;
  section.done();
  require_builds(section, selection.builds);
  if (tags.empty() && names.empty())
    section.refuse("", "[[scenarios]] chooses nothing: give it 'tags' or 'names'");
  Choice choice(section, std::filesystem::path(source).parent_path());
  choice.add_tagged(tags);
  choice.add_named(names);
  choice.leave_out(without);
  selection.scenarios = choice.take();
  if (selection.scenarios.empty()) section.refuse("without", "'without' leaves nothing of this selection");
  return selection;
}

/// With where it is from: what a suite that goes on is compared with.
Suite sealed(Suite suite, const std::filesystem::path& source, std::string_view text) {
  Sha256 sum;
  sum.add(text);
  suite.source = source.string();
  suite.sha256 = sum.hex();
  return suite;
}

}  // namespace

Suite parse_suite(std::string_view toml, const std::string& source) {
  const toml::parse_result parsed = toml::parse(toml, source);
  if (!parsed)
    throw UsageError(place_of(source, parsed.error().source()) + std::string(parsed.error().description()));
  Suite suite;
  suite.name = plain_name(std::filesystem::path(source).stem().string());
  Section root(parsed.table(), source, "");
  root.read("description", suite.description);
  if (root.has("builds")) suite.builds.clear();
  root.read_names("builds", suite.builds);
  root.read("seeds", suite.seeds, 0, 1'000'000);
  root.read("time", suite.time_s, 0, kLongestSeconds);
  root.read("run-limit", suite.run_limit_s, 1, kLongestSeconds);
  root.read("shrink", suite.shrink_s, 0, kLongestSeconds);
  root.read_names("known", suite.known);
  for (const std::string& list : suite.known) require_list(root, list);
  for (Section& section : root.tables("scenarios", true))
    suite.selections.push_back(read_selection(section, source));
  root.done();
  require_builds(root, suite.builds);
  if (suite.builds.empty()) root.refuse("builds", "'builds' names no build");
  if (suite.selections.empty())
    throw UsageError(source + ": the suite runs nothing: give it [[scenarios]] with 'tags' or 'names'");
  return suite;
}

Suite load_suite(const std::string& name_or_file) {
  std::vector<std::string_view> names;
  for (const BundledSuite& bundled : bundled_suites()) {
    if (bundled.name == name_or_file) {
      Suite suite = parse_suite(bundled.toml, name_or_file + ".toml");
      return sealed(std::move(suite), "bundled", bundled.toml);
    }
    names.push_back(bundled.name);
  }
  const std::filesystem::path path(name_or_file);
  std::string all;
  for (const std::string_view name : names) all += (all.empty() ? "" : ", ") + std::string(name);
  if (path.extension() != ".toml")
    throw UsageError("unknown suite '" + name_or_file + "'" + suggestion(name_or_file, names) +
                     ": give one of " + all + ", or a .toml file");
  const std::string text = text_of_file(path, "suite file");
  return sealed(parse_suite(text, name_or_file), std::filesystem::absolute(path).lexically_normal(), text);
}

}  // namespace harness
