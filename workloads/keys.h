// The keys of a workload: spread evenly over the shards, a few of them hot; and keys that are written once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "harness/core/parameter.h"
#include "harness/run/workload.h"

namespace harness {

// The options that a KeySet reads, and OnceKeys: entries of a workload's schema.
inline constexpr Parameter kHotKeysOption = {
    "hot-keys", Parameter::Kind::kInteger, "of them, these get hot-share of the operations", "", "3", 0,
    1'000'000};
inline constexpr Parameter kHotShareOption = {
    "hot-share", Parameter::Kind::kNumber, "share of the operations for the hot keys", "", "0.2", 0, 1};
constexpr Parameter once_option(std::string_view fallback) {
  return {"once",
          Parameter::Kind::kNumber,
          "share of the operations for keys that are written once and never again",
          "",
          fallback,
          0,
          1};
}
inline constexpr Parameter kOnceOption = once_option("0.04");
inline constexpr Parameter kOnceKeysOption = {
    "once-keys", Parameter::Kind::kInteger, "at most so many of them", "", "3000", 0, 10'000'000};
/// As kOnceKeysOption: fewer, where such a key takes more than one operation in the end; or more.
constexpr Parameter once_keys_option(std::string_view fallback) {
  return {"once-keys", Parameter::Kind::kInteger, "at most so many of them", "", fallback, 0, 10'000'000};
}
/// Of the keys that are used again and again.
constexpr Parameter keys_option(std::string_view fallback) {
  return {"keys", Parameter::Kind::kInteger, "spread evenly over the shards", "", fallback, 1, 1'000'000};
}
constexpr Parameter share_option(std::string_view name, std::string_view description,
                                 std::string_view fallback) {
  return {name, Parameter::Kind::kNumber, description, "", fallback, 0, 1};
}

/// Values that nobody else writes: 1, 2, 3, ... dealt to the shares in turn.
class FreshValues {
 public:
  explicit FreshValues(const WorkloadSetup& setup) : next_(setup.share + 1), step_(setup.shares) {}

  Value next() {
    const Value value = Value::integer(next_);
    next_ += step_;
    return value;
  }

 private:
  std::int64_t next_;
  std::int64_t step_;
};

class KeySet {
 public:
  /// Names are prefix, infix, number, dealt to the shards in turn: "register:r17".
  KeySet(const WorkloadSetup& setup, std::string_view infix);

  std::size_t size() const { return texts_.size(); }
  /// A key's index; the hot ones are the first.
  std::size_t draw(Prng& prng) const;
  /// The recorder's number of the i-th key, and the text behind such a number.
  std::uint32_t number(std::size_t i) const { return numbers_[i]; }
  bool has(std::uint32_t number) const { return index_.contains(number); }
  const std::string& text(std::uint32_t number) const { return texts_[index_.at(number)]; }

 private:
  std::vector<std::string> texts_;
  std::vector<std::uint32_t> numbers_;
  std::unordered_map<std::uint32_t, std::size_t> index_;
  std::size_t hot_;
  double hot_share_;
};

/// Keys that are written once and never again: what is lost of them stays lost, where a key that is written
/// again and again looks right in the end. Each share has its own, over all slots.
class OnceKeys {
 public:
  OnceKeys(const WorkloadSetup& setup, std::string_view infix, std::string_view suffix = {});

  /// Whether the next operation is for one of these. Draws nothing when there are none.
  bool turn(Prng& prng) const { return share_ > 0 && most_ > 0 && prng.chance(share_); }
  /// Sets that operation's key. True: it is to write a key that was never written, and function and argument
  /// are the caller's to set. False: it reads one that was given out.
  bool next(Operation& op, Prng& prng);
  /// Whether it is such a write: every second, until there are enough.
  bool writes(Prng& prng) const;
  std::uint32_t fresh();
  /// One that was given out. REQUIRES: size() > 0.
  std::uint32_t draw(Prng& prng) const { return numbers_[prng.below(numbers_.size())]; }

  std::size_t size() const { return numbers_.size(); }
  bool has(std::uint32_t number) const { return texts_.contains(number); }
  std::uint32_t number(std::size_t i) const { return numbers_[i]; }
  const std::string& text(std::uint32_t number) const { return texts_.at(number); }

 private:
  Recorder& recorder_;
  std::string prefix_;
  std::string suffix_;
  double share_;
  std::size_t most_;
  std::size_t next_;
  std::size_t step_;
  std::vector<std::uint32_t> numbers_;
  std::unordered_map<std::uint32_t, std::string> texts_;
};

/// Keys of which each is used so many times and never again; then another one of the same slot takes its
/// place: "{set:s3}.0", "{set:s3}.1", ... Each share moves on at its own pace.
class RollingKeys {
 public:
  RollingKeys(const WorkloadSetup& setup, std::string_view infix, std::string_view uses_option);

  /// The key in use of a place that is drawn as a KeySet's keys are; `use` counts it.
  std::size_t draw(Prng& prng) const { return places_.draw(prng); }
  std::uint32_t use(std::size_t place);
  /// As soon as the key in use is full the next takes its place, so that it is waited for while it is empty.
  void make_room(std::size_t place) {
    if (uses_[place] >= uses_most_) begin(place);
  }
  std::uint32_t current(std::size_t place) const { return current_[place]; }

  /// All keys so far, in order.
  std::size_t size() const { return numbers_.size(); }
  std::uint32_t number(std::size_t i) const { return numbers_[i]; }
  const std::string& text(std::uint32_t number) const { return texts_.at(number); }

 private:
  void begin(std::size_t place);

  Recorder& recorder_;
  KeySet places_;
  std::size_t uses_most_;
  std::vector<std::size_t> uses_;         // by place: of the key in use
  std::vector<std::size_t> generations_;  // by place: of the key that follows
  std::vector<std::uint32_t> current_;    // by place
  std::vector<std::uint32_t> numbers_;
  std::unordered_map<std::uint32_t, std::string> texts_;
};

/// Deals the final reads of a share to its workers: each key of `keys` once over all shares, each key of
/// `once` once within the share.
class FinalReads {
 public:
  FinalReads(const WorkloadSetup& setup, const KeySet& keys, const OnceKeys& once)
      : share_(static_cast<std::size_t>(setup.share)),
        shares_(static_cast<std::size_t>(setup.shares)),
        keys_(keys),
        once_(once) {}

  /// A read of the next key, for whichever worker asks.
  std::optional<Operation> next();

 private:
  std::size_t share_;
  std::size_t shares_;
  const KeySet& keys_;
  const OnceKeys& once_;
  std::size_t next_key_ = 0;  // over all workers of the share, which take turns
  std::size_t next_once_ = 0;
};

}  // namespace harness
