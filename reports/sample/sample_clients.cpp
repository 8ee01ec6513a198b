#include "reports/sample/sample_clients.h"

#include <algorithm>
#include <cmath>
#include <queue>

#include "harness/core/prng.h"
#include "reports/sample/sample_cluster.h"
#include "reports/sample/sample_record.h"

namespace harness::sample {
namespace {

/// Clients in a closed loop, simulated: what each asked, what it was told, when.
class Clients {
 public:
  Clients(std::uint64_t seed, std::size_t operations) : prng_(seed) {
    History& tables = builder_.tables();
    for (int i = 0; i < 6; ++i) tables.nodes.intern("n" + std::to_string(i + 1));
    for (int i = 0; i < 600; ++i) {
      std::string key = "r";
      key += std::to_string(i);
      keys_.push_back(tables.keys.intern(key));
    }
    keys_.push_back(tables.keys.intern(nasty_key()));
    refused_ = static_cast<std::uint16_t>(tables.errors.intern("connection refused"));
    timeout_ = static_cast<std::uint16_t>(tables.errors.intern("timeout after 500 ms <b>no reply</b>"));
    down_ = static_cast<std::uint16_t>(tables.errors.intern("CLUSTERDOWN The cluster is down"));
    state_.resize(tables.keys.size());
    next_.resize(tables.keys.size(), 0);
    // Each client's pause, so that the whole comes to about the number of operations that was asked for.
    pause_ms_ = std::max(0.0, 30'000.0 * kClients / static_cast<double>(operations) - 0.62);
  }

  History run() {
    std::priority_queue<std::pair<Nanos, int>, std::vector<std::pair<Nanos, int>>, std::greater<>> ready;
    for (int c = 0; c < kClients; ++c) {
      process_.push_back(c);
      ready.emplace(at_ms(prng_.unit() * 2), c);
    }
    while (!ready.empty()) {
      const auto [t, client] = ready.top();
      ready.pop();
      if (t < kEnd) ready.emplace(operate(client, t), client);
    }
    std::stable_sort(events_.begin(), events_.end(),
                     [](const Event& a, const Event& b) { return a.time < b.time; });
    for (std::size_t i = 0; i < events_.size(); ++i) builder_.add(events_[i], i + 1);
    return builder_.finish();
  }

 private:
  static constexpr int kClients = 24;

  double latency_ms() {
    const double normal = std::sqrt(-2 * std::log(1 - prng_.unit())) * std::cos(6.2831853 * prng_.unit());
    return 0.55 * std::exp(0.32 * normal) + (prng_.chance(0.002) ? 4 + 9 * prng_.unit() : 0);
  }

  /// One operation of a client from time t; returns when it asks next.
  Nanos operate(int client, Nanos t) {
    const std::uint32_t key = keys_[prng_.chance(0.2) ? prng_.below(4) : prng_.below(keys_.size())];
    const int shard = slot_of(builder_.tables().keys.text(key)) * 3 / kSlotCount;
    Event ask;
    ask.time = t;
    ask.process = process_[static_cast<std::size_t>(client)];
    ask.key = key;
    ask.function = prng_.chance(0.5)   ? Function::kRead
                   : prng_.chance(0.2) ? Function::kCas
                                       : Function::kWrite;
    if (ask.function == Function::kWrite) ask.value = Value::integer(++next_[key]);
    if (ask.function == Function::kCas) {
      const Value pair[] = {state_[key], Value::integer(++next_[key])};
      ask.value = builder_.tables().values.list(pair);
    }
    events_.push_back(ask);
    Event told = ask;
    answer(told, client, shard, t);
    events_.push_back(told);
    if (told.type == EventType::kInfo) process_[static_cast<std::size_t>(client)] = fresh_++;
    return told.time + at_ms(pause_ms_ * (0.5 + prng_.unit()) + (told.type == EventType::kFail ? 15 : 0));
  }

  void answer(Event& told, int client, int shard, Nanos t) {
    const bool minority_client = client % 6 == 0;
    const int master = minority_client && cut_off(1, t) && shard == 1 ? 1 : master_of(shard, t);
    told.time = t + at_ms(latency_ms());
    told.node = static_cast<std::uint16_t>(master);
    const bool cut = cut_off(1, t) && (master == 1) != minority_client;
    if (!alive(master, t)) return give_up(told, EventType::kFail, refused_);
    if (!alive(master, told.time) || cut) {
      told.time = t + at_ms(500 + prng_.unit() * 3);
      return give_up(told, EventType::kInfo, timeout_);
    }
    const bool refuses =
        (kCrash + at_ms(1'400) <= t && t < kPromote6) || (master == 1 && kRefuse2 <= t && t < kHeal);
    if (refuses) return give_up(told, EventType::kFail, down_);
    told.type = EventType::kOk;
    const auto key = told.key;
    if (told.function == Function::kRead) told.value = state_[key];
    if (told.function == Function::kWrite) state_[key] = told.value;
    if (told.function == Function::kCas) state_[key] = builder_.tables().values.as_list(told.value)[1];
  }

  void give_up(Event& told, EventType type, std::uint16_t error) {
    told.type = type;
    told.error = error;
    told.value = Value{};
    if (error == timeout_) told.node = kNoNode;
  }

  Prng prng_;
  HistoryBuilder builder_;
  std::vector<Event> events_;
  std::vector<std::uint32_t> keys_;
  std::vector<Value> state_;
  std::vector<std::int64_t> next_;
  std::vector<std::int32_t> process_;
  std::int32_t fresh_ = kClients;
  std::uint16_t refused_ = 0, timeout_ = 0, down_ = 0;
  double pause_ms_ = 0;
};

}  // namespace

History simulate_clients(std::uint64_t seed, std::size_t operations) {
  return Clients(seed, operations).run();
}

}  // namespace harness::sample
