// Whatever happens to the files of a store, no good run is called bad, no run is called good while something
// is missing or damaged, and what it is has a name: of runs that ended, and of runs that were killed.

#include <algorithm>
#include <catch2/catch.hpp>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "harness/core/prng.h"
#include "harness/core/wait.h"
#include "harness/started.h"

namespace fs = std::filesystem;
using namespace harness;
using namespace harness::test;
using namespace std::chrono_literals;
using Catch::Contains;

namespace {

/// A segfault, a command and a restart under a light load; `defect`: acknowledged writes are not done.
std::string scenario(const Scratch& scratch, bool defect) {
  const fs::path file = scratch.path / "damage.toml";
  std::ofstream(file)
      << "[cluster]\nserver = \"bundled\"\nmasters = 3\nreplicas = 1\nnode-timeout = 1500\n"
      << (defect ? "[cluster.directives]\nenable-seeded-defects = \"yes\"\n"
                   "seeded-defect = \"write-unapplied:0.5\"\n"
                 : "")
      << "[[load]]\nworkload = \"register\"\nrate = 1500\nconcurrency = 8\n"
         "[[step]]\ncommand = \"CONFIG SET maxclients 5000\"\non = \"n1\"\nreply = \"OK\"\n"
         "[[step]]\nfault = \"kill\"\ntarget = \"n2\"\nafter = 2\n"
         "[[step]]\nfault = \"restart\"\ntarget = \"dead\"\nwhen = \"recovered\"\nafter = 1\n";
  return file.string();
}

fs::path store_of(const Scratch& scratch) {
  return fs::canonical(scratch.path / "store" / "latest");
}

/// Made of the evidence, and made again by `report`.
const std::set<std::string> kProducts = {"results.json", "spans.json"};

/// Files that a verdict rests on.
std::vector<fs::path> evidence(const fs::path& store) {
  std::vector<fs::path> files;
  for (const fs::directory_entry& entry : fs::directory_iterator(store))
    for (const char* kind : {".json", ".jsonl", ".journal"})
      if (entry.is_regular_file() && entry.path().extension() == kind &&
          !kProducts.contains(entry.path().filename().string()))
        files.push_back(entry.path());
  files.push_back(store / "nodes" / "n1" / "server.log");
  std::ranges::sort(files);
  return files;
}

using Change = std::function<std::string(std::string, Prng&)>;

/// The line around a place.
std::pair<std::size_t, std::size_t> line_in(const std::string& text, std::size_t place) {
  const std::size_t before = text.rfind('\n', place);
  const std::size_t begin = before == std::string::npos || before == place ? 0 : before + 1;
  const std::size_t end = text.find('\n', place);
  return {begin, end == std::string::npos ? text.size() : end + 1};
}

/// Of a log that nobody had looked at for a second before the kill the end is not counted, and a journal is
/// allocated ahead: places are drawn in the first half of what was written.
std::size_t place_in(const std::string& text, Prng& prng) {
  const std::size_t last = text.find_last_not_of('\0');
  return static_cast<std::size_t>(prng.next() %
                                  std::max<std::size_t>(1, last == std::string::npos ? 0 : last / 2));
}

struct Damage {
  const char* name;
  Change change;
};

const std::vector<Damage>& damages() {
  static const std::vector<Damage> all = {
      {"cut", [](std::string text, Prng& prng) { return text.substr(0, place_in(text, prng)); }},
      {"zeroed",
       [](std::string text, Prng& prng) {
         const std::size_t from = place_in(text, prng);
         std::fill(text.begin() + static_cast<std::ptrdiff_t>(from), text.end(), '\0');
         return text;
       }},
      {"flipped",
       [](std::string text, Prng& prng) {
         char& byte = text.at(place_in(text, prng));
         byte = static_cast<char>(byte ^ (1 << (prng.next() % 8)));
         return text;
       }},
      {"doubled",
       [](std::string text, Prng& prng) {
         const auto [begin, end] = line_in(text, place_in(text, prng));
         return text.insert(begin, text.substr(begin, end - begin));
       }},
      {"swapped",
       [](std::string text, Prng& prng) {
         const auto [begin, end] = line_in(text, place_in(text, prng));
         const auto [next, last] = line_in(text, std::min(end, text.size() - 1));
         const std::string second = text.substr(next, last - next);
         return text.substr(0, begin) + second + text.substr(begin, end - begin) + text.substr(last);
       }},
      {"without a line",
       [](std::string text, Prng& prng) {
         const auto [begin, end] = line_in(text, place_in(text, prng));
         return text.erase(begin, end - begin);
       }},
  };
  return all;
}

Finished check(const Scratch& scratch, const fs::path& store) {
  return finish(scratch, {"check", store.string(), "--json", "--no-progress"});
}

/// Unknown, by name, whatever is done to whichever file.
void require_named(const Scratch& scratch, const fs::path& store, std::uint64_t seed) {
  Prng prng(seed);
  for (const fs::path& file : evidence(store)) {
    const std::string name = file.lexically_relative(store).string();
    const std::string whole = slurp(file);
    const auto named = [&](const char* how) {
      const Finished checked = check(scratch, store);
      CAPTURE(name, how, checked.code, checked.out.substr(0, 400), checked.err);
      CHECK(checked.code == 4);
      CHECK_THAT(checked.out + checked.err, Contains(name));
    };
    fs::remove(file);
    named("removed");
    for (const Damage& damage : damages()) {
      const std::string changed = damage.change(whole, prng);
      if (changed == whole) continue;
      std::ofstream(file, std::ios::binary | std::ios::trunc) << changed;
      named(damage.name);
    }
    std::ofstream(file, std::ios::binary | std::ios::trunc) << whole;
  }
}

}  // namespace

TEST_CASE("a damaged store of a run that passed, or failed, is unknown by name", "[real]") {
  for (const bool defect : {false, true}) {
    const Scratch scratch;
    const Finished run = finish(scratch, {"run", scenario(scratch, defect), "--seed", "7", "--no-progress"});
    CAPTURE(run.out, run.err);
    REQUIRE(run.code == (defect ? 1 : 0));
    const fs::path store = store_of(scratch);
    require_named(scratch, store, defect ? 2 : 1);
    CHECK(check(scratch, store).code == run.code);
    // Verbs that build on a stored run end so, too.
    std::ofstream(store / "faults.jsonl", std::ios::app) << "{}\n";
    for (const std::string verb : {"replay", "shrink", "diff"}) {
      std::vector<std::string> words = {verb, "latest"};
      if (verb == "diff") words.push_back("latest");
      const Finished refused = finish(scratch, words);
      CAPTURE(verb, refused.out, refused.err);
      CHECK(refused.code == 4);
      CHECK_THAT(refused.err, Contains("faults.jsonl"));
    }
  }
}

TEST_CASE("a damaged store of a run that was killed is unknown by name", "[real]") {
  const Scratch scratch;
  {
    Started run(scratch, {"run", scenario(scratch, false), "--seed", "7"});
    const fs::path latest = scratch.path / "store" / "latest";
    wait_until("the node to be dead for a while", 120s, [&] {
      return run.ended() || run.err().find("n5 was promoted") != std::string::npos ||
             slurp(latest / "faults.jsonl").find("restart") != std::string::npos;
    });
    run.signal(SIGKILL);
    run.exit_code(10s);
  }
  REQUIRE(wait_for(10s, [&] { return processes_of(scratch.path).empty(); }));
  const fs::path store = store_of(scratch);
  REQUIRE_FALSE(fs::exists(store / "seal.json"));
  REQUIRE(fs::exists(store / "commands.jsonl"));
  const Finished whole = check(scratch, store);
  CAPTURE(whole.out.substr(0, 1000));
  CHECK((whole.code == 0 || whole.code == 4));
  CHECK(whole.out.find("damaged") == std::string::npos);
  require_named(scratch, store, 3);
}
