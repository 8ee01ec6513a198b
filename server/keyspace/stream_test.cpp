/// Streams against the obvious model, a map from id to fields: random operations from one seed.
#include "server/keyspace/stream.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "server/keyspace/hash.h"
#include "server/keyspace/limits.h"
#include "server/keyspace/stream_block.h"

using namespace node;

namespace {

using Words = std::vector<std::string>;
using Model = std::map<StreamId, Words>;

/// Blocks of this size while it lives.
struct Limits {
  Limits(std::size_t bytes, std::size_t entries) {
    encoding_limits.stream_bytes = bytes;
    encoding_limits.stream_entries = entries;
  }
  ~Limits() { encoding_limits = EncodingLimits{}; }
};

Words random_words(Random& rng) {
  static const Words values = {
      "",      "0", "-1", "127", "128", "9223372036854775808", "007", "text", "4095", std::string(100, 'x'),
      "-70000"};
  Words words;
  // Mostly the same fields, so that entries share their block's; at times others, or more.
  const std::size_t pairs = rng.below(4) ? 2 : 1 + rng.below(3);
  for (std::size_t i = 0; i < pairs; ++i) {
    words.push_back(rng.below(6) ? "field" + std::to_string(i) : values[rng.below(values.size())]);
    words.push_back(values[rng.below(values.size())]);
  }
  return words;
}

void append(Stream& s, StreamId id, const Words& words) {
  const std::vector<std::string_view> views(words.begin(), words.end());
  s.append(id, views);
}

Words words_of(const StreamCursor& cursor) {
  Words words;
  cursor.for_fields([&](std::string_view field, std::string_view value) {
    words.emplace_back(field);
    words.emplace_back(value);
  });
  return words;
}

std::vector<std::pair<StreamId, Words>> read(const Stream& s, StreamId from, StreamId to, bool backwards) {
  std::vector<std::pair<StreamId, Words>> seen;
  StreamCursor cursor(s, from, to,
                      backwards ? StreamCursor::Direction::backwards : StreamCursor::Direction::forwards);
  while (cursor.next()) seen.emplace_back(cursor.id(), words_of(cursor));
  return seen;
}

std::vector<std::pair<StreamId, Words>> expected(const Model& model, StreamId from, StreamId to,
                                                 bool backwards) {
  std::vector<std::pair<StreamId, Words>> seen;
  for (auto it = model.lower_bound(from); it != model.end() && it->first <= to; ++it) seen.push_back(*it);
  if (backwards) std::reverse(seen.begin(), seen.end());
  return seen;
}

/// An id near those that are there, or one of them.
StreamId some_id(const Model& model, Random& rng) {
  if (model.empty() || rng.below(4) == 0) return {rng.below(5000), rng.below(3)};
  return std::next(model.begin(), static_cast<long>(rng.below(model.size())))->first;
}

std::size_t live_in_first_block(const Stream& s) {
  return static_cast<std::size_t>(stream_block::Head(s.blocks().begin()->second).live);
}

void trim_somehow(Stream& s, Model& model, Random& rng) {
  StreamTrim how;
  how.whole_blocks = rng.below(2) == 0;
  how.limit = how.whole_blocks && rng.below(2) ? rng.below(40) : 0;
  if (rng.below(2)) {
    how.by = StreamTrim::By::length;
    how.length = rng.below(model.size() + 10);
  } else {
    how.by = StreamTrim::By::id;
    how.id = some_id(model, rng);
  }
  auto surplus = [&] {
    return how.by == StreamTrim::By::length
               ? (model.size() > how.length ? model.size() - how.length : 0)
               : static_cast<std::size_t>(std::distance(model.begin(), model.lower_bound(how.id)));
  };
  const std::size_t should = surplus(), before = s.size();
  const auto gone = static_cast<std::size_t>(s.trim(how));
  REQUIRE(s.size() == before - gone);
  model.erase(model.begin(), std::next(model.begin(), static_cast<long>(gone)));
  if (!how.whole_blocks) {
    REQUIRE(gone == should);
    return;
  }
  REQUIRE(gone <= should);
  if (how.limit) REQUIRE(gone <= how.limit);
  // It stops for a reason only: the next block is needed in part, or too much for the limit.
  if (!s.blocks().empty() && surplus() > 0) {
    const std::size_t next = live_in_first_block(s);
    REQUIRE((next > surplus() || how.by == StreamTrim::By::id || (how.limit && gone + next > how.limit)));
  }
}

/// The nodes of a radix tree of these keys, counted from its definition: positions of the plain tree, of
/// which a run of only children is one node.
std::size_t counted_nodes(const Stream& s) {
  std::map<std::string, std::set<char>> children;
  for (const auto& [id, block] : s.blocks()) {
    const std::string key = id.bytes();
    for (std::size_t n = 0; n < key.size(); ++n) children[key.substr(0, n)].insert(key[n]);
    children[key];
  }
  if (children.empty()) return 1;
  std::size_t nodes = 0;
  for (const auto& [prefix, below] : children) {
    const bool run = below.size() == 1;
    const bool goes_on = !prefix.empty() && children[prefix.substr(0, prefix.size() - 1)].size() == 1;
    nodes += !(run && goes_on);
  }
  return nodes;
}

void check_all(const Stream& s, const Model& model) {
  REQUIRE(s.size() == model.size());
  REQUIRE(read(s, {}, StreamId::highest(), false) == expected(model, {}, StreamId::highest(), false));
  REQUIRE(s.first_id == (model.empty() ? StreamId{} : model.begin()->first));
  REQUIRE(s.last_entry() == (model.empty() ? StreamId{} : model.rbegin()->first));
  REQUIRE(s.radix_nodes() == counted_nodes(s));
}

}  // namespace

TEST_CASE("a stream: as a map of entries, under random additions, deletions and trims") {
  struct Setting {
    std::size_t bytes, entries;
  };
  for (const Setting& setting : {Setting{4096, 100}, {200, 0}, {0, 7}, {4096, 1}, {1000, 130}}) {
    const Limits limits(setting.bytes, setting.entries);
    INFO("blocks of " << setting.bytes << " bytes, " << setting.entries << " entries");
    Random rng(setting.bytes * 31 + setting.entries);
    Stream s;
    Model model;
    StreamId deleted;
    std::uint64_t added = 0;
    for (int step = 0; step < 4000; ++step) {
      const auto what = rng.below(20);
      if (what < 13) {
        StreamId id = s.last_id;
        rng.below(3) ? id.ms += 1 + rng.below(30), id.seq = rng.below(3) : ++id.seq;
        const Words words = random_words(rng);
        append(s, id, words);
        model[id] = words;
        ++added;
      } else if (what < 17) {
        const StreamId id = some_id(model, rng);
        REQUIRE(s.contains(id) == model.contains(id));
        if (model.contains(id)) deleted = std::max(deleted, id);
        REQUIRE(s.erase(id) == (model.erase(id) == 1));
      } else if (what == 17 && rng.below(8) == 0) {
        trim_somehow(s, model, rng);
      } else {
        StreamId from = some_id(model, rng), to = some_id(model, rng);
        for (const bool backwards : {false, true})
          REQUIRE(read(s, from, to, backwards) == expected(model, from, to, backwards));
      }
      REQUIRE(s.entries_added == added);
      REQUIRE(s.max_deleted_id == deleted);
      if (step % 100 == 0) check_all(s, model);
    }
    check_all(s, model);
    check_all(Stream(s), model);
    // What was written is taken over from its bytes.
    Stream loaded;
    for (const auto& [id, block] : s.blocks())
      REQUIRE(loaded.adopt(id, *Listpack::from_bytes(block.bytes())));
    loaded.find_first();
    check_all(loaded, model);
  }
}

TEST_CASE("a deleted entry stays in its block, unseen, until the block goes") {
  const Limits limits(4096, 3);
  Stream s;
  for (std::uint64_t i = 1; i <= 6; ++i) append(s, {i, 0}, {"f", "v"});
  REQUIRE(s.blocks().size() == 2);
  CHECK(s.erase({1, 0}));
  CHECK_FALSE(s.erase({1, 0}));
  CHECK(s.first_id == StreamId{2, 0});
  CHECK(s.first_kept() == StreamId{1, 0});
  CHECK(s.erase({3, 0}));
  CHECK(s.blocks().size() == 2);
  CHECK(s.erase({2, 0}));
  CHECK(s.blocks().size() == 1);
  CHECK(s.first_kept() == StreamId{4, 0});
}

TEST_CASE("a block that is malformed anywhere is refused") {
  Stream s;
  append(s, {1, 1}, {"f", "v", "g", "w"});
  append(s, {1, 2}, {"f", "v", "g", "w"});
  append(s, {1, 3}, {"other", "v"});
  s.erase({1, 2});
  const Listpack& whole = s.blocks().begin()->second;
  REQUIRE(stream_block::checked_live_entries(whole) == 2);
  // Every element but field names and values counts: change each of them.
  const std::set<std::size_t> free = {3, 4, 9, 10, 15, 16, 22, 23};
  std::size_t index = 0, refused = 0;
  for (auto at = whole.first(); at; at = whole.next(at), ++index) {
    if (free.contains(index)) continue;
    const bool difference =
        index == 7 || index == 8 || index == 13 || index == 14 || index == 19 || index == 20;
    INFO("element " << index);
    for (const char* value : {"77", "-1", "text", "4611686018427387904"}) {
      if (difference && std::string(value) != "text") continue;
      Listpack changed = whole;
      changed.replace(at, value);
      CHECK_FALSE(stream_block::checked_live_entries(changed));
      ++refused;
    }
    Listpack shorter = whole;
    shorter.erase(at);
    CHECK_FALSE(stream_block::checked_live_entries(shorter));
  }
  CHECK(refused > 40);
  CHECK_FALSE(stream_block::checked_live_entries(Listpack()));
  Stream twice;
  CHECK(twice.adopt({1, 1}, whole));
  CHECK_FALSE(twice.adopt({1, 1}, whole));
}

TEST_CASE("sorted ids: as a map, under random insertions and removals") {
  Random rng(11);
  SortedIds<StreamPending> ids;
  std::map<StreamId, std::uint64_t> model;
  for (int step = 0; step < 30000; ++step) {
    // Mostly added at the end and taken from the front.
    const bool usual = rng.below(3) > 0;
    const StreamId id =
        usual ? StreamId{1000, static_cast<std::uint64_t>(step)} : StreamId{rng.below(2000), rng.below(4)};
    if (rng.below(5) < 3) {
      const bool fresh = model.emplace(id, step).second;
      REQUIRE(ids.insert({id, 0, static_cast<std::uint64_t>(step), nullptr}) == fresh);
    } else if (!model.empty()) {
      const StreamId gone = usual ? model.begin()->first : id;
      REQUIRE(ids.erase(gone) == (model.erase(gone) == 1));
    }
    REQUIRE(ids.size() == model.size());
    const StreamId probe{rng.below(2000), rng.below(4)};
    const auto after = model.lower_bound(probe);
    const StreamPending* found = ids.at_or_after(probe);
    REQUIRE((found != nullptr) == (after != model.end()));
    if (found) REQUIRE((found->id == after->first && found->deliveries == after->second));
    REQUIRE((ids.find(probe) != nullptr) == model.contains(probe));
    if (!model.empty()) {
      REQUIRE(ids.front().id == model.begin()->first);
      REQUIRE(ids.back().id == model.rbegin()->first);
    }
  }
  std::vector<StreamId> all;
  ids.for_each([&](const StreamPending& p) { all.push_back(p.id); });
  std::vector<StreamId> should;
  for (const auto& [id, n] : model) should.push_back(id);
  CHECK(all == should);
}

TEST_CASE("a group: what is pending belongs to one consumer, however it changes hands") {
  Random rng(12);
  Stream s;
  REQUIRE(s.add_group("g", {}, 0));
  CHECK_FALSE(s.add_group("g", {}, 0));
  StreamGroup& group = *s.group("g");
  std::map<StreamId, std::string> model;
  auto check = [&](const StreamGroup& g) {
    REQUIRE(g.pending().size() == model.size());
    std::size_t owned = 0;
    for (const auto& [name, state] : g.consumers()) {
      owned += state.pending.size();
      const std::string& owner = name;
      state.pending.for_each([&](const StreamId& id) { REQUIRE(model.at(id) == owner); });
    }
    REQUIRE(owned == model.size());
    g.pending().for_each([&](const StreamPending& p) {
      REQUIRE(model.at(p.id) == p.consumer->first);
      REQUIRE(g.consumers().contains(p.consumer->first));
    });
  };
  for (int step = 0; step < 5000; ++step) {
    const StreamId id{rng.below(300), 0};
    const std::string name = "c" + std::to_string(rng.below(5));
    switch (rng.below(12)) {
      case 0:
        if (StreamConsumer* consumer = group.consumer(name)) {
          group.remove_consumer(*consumer);
          std::erase_if(model, [&](const auto& entry) { return entry.second == name; });
        }
        break;
      case 1:
      case 2:
      case 3:
        REQUIRE(group.acknowledge(id) == (model.erase(id) == 1));
        break;
      default: {
        StreamConsumer* consumer = group.consumer(name);
        if (!consumer) consumer = &group.add_consumer(name, step);
        REQUIRE(group.deliver(id, *consumer, step, 3).delivered_ms == step);
        REQUIRE(group.find(id)->deliveries == 3);
        model[id] = name;
      }
    }
    if (step % 50 == 0) check(group);
  }
  check(group);
  // A copy points to its own consumers.
  const Stream copy(s);
  CHECK(s.remove_group("g"));
  CHECK_FALSE(s.remove_group("g"));
  check(copy.groups().at("g"));
}

TEST_CASE("how far a group has read is known unless something was deleted from what is ahead") {
  Stream s;
  CHECK(s.entries_up_to({9, 9}) == 0);
  for (std::uint64_t i = 1; i <= 5; ++i) append(s, {i, 0}, {"f", "v"});
  s.add_group("g", {}, StreamGroup::kUnknown);
  StreamGroup& group = *s.group("g");
  CHECK(s.lag_of(group) == 5);
  s.advance(group, {1, 0});
  CHECK(group.entries_read == 1);
  CHECK(s.lag_of(group) == 4);
  group.last_id = {3, 0};
  group.entries_read = StreamGroup::kUnknown;
  CHECK(s.lag_of(group) == std::nullopt);  // somewhere in between
  CHECK(s.entries_up_to({6, 0}) == std::nullopt);
  group.last_id = {1, 0};
  group.entries_read = 1;
  s.erase({3, 0});
  CHECK(s.has_gaps_from({1, 0}));
  CHECK_FALSE(s.has_gaps_from({3, 1}));
  CHECK(s.lag_of(group) == std::nullopt);
  s.advance(group, {2, 0});
  CHECK(group.entries_read == StreamGroup::kUnknown);
  s.advance(group, {5, 0});
  CHECK(s.lag_of(group) == 0);
  StreamGroup& second = (s.add_group("h", {2, 0}, 2), *s.group("h"));
  s.advance(second, {4, 0});
  s.advance(second, {5, 0});
  CHECK(s.lag_of(second) == 0);  // 3-0, which is gone, counts as read
  StreamTrim all;
  all.by = StreamTrim::By::length;
  CHECK(s.trim(all) == 4);
  CHECK(s.entries_up_to({5, 0}) == 5);
}

TEST_CASE("entries that were trimmed behind what a group has read are not left to read") {
  Stream s;
  for (std::uint64_t i = 1; i <= 5; ++i) append(s, {i, 0}, {"f", "v"});
  s.add_group("g", {}, 0);
  StreamGroup& group = *s.group("g");
  s.advance(group, {1, 0});
  StreamTrim trim;
  trim.by = StreamTrim::By::length;
  trim.length = 2;
  CHECK(s.trim(trim) == 3);
  CHECK(s.lag_of(group) == 2);
  s.advance(group, {4, 0});
  CHECK(group.entries_read == 4);
  CHECK(s.lag_of(group) == 1);
}

TEST_CASE("ids of entries: as redis reads and orders them") {
  CHECK(StreamId::parse("5", 7) == StreamId{5, 7});
  CHECK(StreamId::parse("5-6", 7) == StreamId{5, 6});
  CHECK(StreamId::parse("18446744073709551615-18446744073709551615", 0) == StreamId::highest());
  CHECK(StreamId::parse("007-+1", 0) == StreamId{7, 1});
  for (const char* no : {"", "-", "5-", "-5", "5-x", "x", "5-*", "18446744073709551616", "5--3", "5-1-1"})
    CHECK_FALSE(StreamId::parse(no, 0));
  bool any_seq = false;
  CHECK(StreamId::parse("5-*", 0, any_seq) == StreamId{5, 0});
  CHECK(any_seq);
  CHECK(StreamId::parse("5-1", 0, any_seq));
  CHECK_FALSE(any_seq);
  CHECK(StreamId{5, UINT64_MAX}.next() == StreamId{6, 0});
  CHECK(StreamId{6, 0}.previous() == StreamId{5, UINT64_MAX});
  CHECK_FALSE(StreamId::highest().next());
  CHECK_FALSE(StreamId{}.previous());
  CHECK(StreamId{1, 2}.text() == "1-2");
  CHECK(StreamId::highest().text() == "18446744073709551615-18446744073709551615");
  CHECK(StreamId::from_bytes(StreamId{0x0102030405060708, 258}.bytes()) == StreamId{0x0102030405060708, 258});
  CHECK(StreamId{1, 300}.bytes() < StreamId{2, 0}.bytes());
}
