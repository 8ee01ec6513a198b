#include "workloads/keys.h"

#include <algorithm>

#include "harness/core/check.h"

namespace harness {
namespace {

bool holds(const SlotRanges& ranges, int slot) {
  return std::ranges::any_of(ranges, [&](const SlotRange& range) { return range.contains(slot); });
}

}  // namespace

KeySet::KeySet(const WorkloadSetup& setup, std::string_view infix)
    : hot_(static_cast<std::size_t>(
          std::min(setup.options.integer("hot-keys"), setup.options.integer("keys")))),
      hot_share_(setup.options.number("hot-share")) {
  std::uint64_t suffix = 0;
  const auto size = static_cast<std::size_t>(setup.options.integer("keys"));
  for (std::size_t i = 0; i < size; ++i) {
    // Every shard gets its turn, so that each holds keys however few there are.
    const auto shard = i % std::max<std::size_t>(setup.shards.size(), 1);
    CHECK_THAT_HOLDS(setup.shards.empty() || !setup.shards[shard].empty(),
                     "a shard without slots has no key");
    std::string text;
    do {
      text = setup.prefix + std::string(infix) + std::to_string(suffix++);
    } while (!setup.shards.empty() && !holds(setup.shards[shard], slot_of(text)));
    numbers_.push_back(setup.recorder.key(text));
    index_[numbers_.back()] = texts_.size();
    texts_.push_back(std::move(text));
  }
}

std::size_t KeySet::draw(Prng& prng) const {
  if (hot_ == 0 || hot_ == texts_.size()) return prng.below(texts_.size());
  if (prng.chance(hot_share_)) return prng.below(hot_);
  return hot_ + prng.below(texts_.size() - hot_);
}

OnceKeys::OnceKeys(const WorkloadSetup& setup, std::string_view infix, std::string_view suffix)
    : recorder_(setup.recorder),
      prefix_(setup.prefix + std::string(infix)),
      suffix_(suffix),
      share_(setup.options.number("once")),
      most_(static_cast<std::size_t>(setup.options.integer("once-keys") / setup.shares)),
      next_(static_cast<std::size_t>(setup.share)),
      step_(static_cast<std::size_t>(setup.shares)) {}

bool OnceKeys::next(Operation& op, Prng& prng) {
  const bool is_write = writes(prng);
  op.key = is_write ? fresh() : draw(prng);
  return is_write;
}

bool OnceKeys::writes(Prng& prng) const {
  if (numbers_.empty()) return true;
  return numbers_.size() < most_ && prng.below(2) == 0;
}

std::uint32_t OnceKeys::fresh() {
  std::string text = prefix_ + std::to_string(next_) + suffix_;
  next_ += step_;
  const std::uint32_t number = recorder_.key(text);
  numbers_.push_back(number);
  texts_.emplace(number, std::move(text));
  return number;
}

RollingKeys::RollingKeys(const WorkloadSetup& setup, std::string_view infix, std::string_view uses_option)
    : recorder_(setup.recorder),
      places_(setup, infix),
      uses_most_(static_cast<std::size_t>(setup.options.integer(uses_option))),
      uses_(places_.size()),
      generations_(places_.size()),
      current_(places_.size()) {
  for (std::size_t place = 0; place < places_.size(); ++place) begin(place);
}

void RollingKeys::begin(std::size_t place) {
  std::string text = "{" + places_.text(places_.number(place)) + "}." + std::to_string(generations_[place]++);
  current_[place] = recorder_.key(text);
  uses_[place] = 0;
  numbers_.push_back(current_[place]);
  texts_.emplace(current_[place], std::move(text));
}

std::uint32_t RollingKeys::use(std::size_t place) {
  if (uses_[place] >= uses_most_) begin(place);
  ++uses_[place];
  return current_[place];
}

std::optional<Operation> FinalReads::next() {
  Operation read;
  const std::size_t key = next_key_ * shares_ + share_;
  if (key < keys_.size()) {
    ++next_key_;
    read.key = keys_.number(key);
  } else if (next_once_ < once_.size()) {
    read.key = once_.number(next_once_++);
  } else {
    return std::nullopt;
  }
  return read;
}

}  // namespace harness
