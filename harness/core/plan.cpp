#include "harness/core/plan.h"

#include <algorithm>
#include <array>
#include <numeric>

namespace harness {
namespace {

constexpr std::array<std::string_view, 6> kPersistence = {
    "stock", "none", "snapshot", "append-always", "append-everysec", "append-no"};

}  // namespace

std::span<const std::string_view> persistence_words() {
  return kPersistence;
}

std::string_view to_string(Persistence persistence) {
  return kPersistence[static_cast<std::size_t>(persistence)];
}

bool keeps_data(Persistence persistence) {
  switch (persistence) {
    case Persistence::kStock:
    case Persistence::kNone:
      return false;
    case Persistence::kSnapshot:
    case Persistence::kAppendAlways:
    case Persistence::kAppendEverysec:
    case Persistence::kAppendNo:
      return true;
  }
  return false;
}

bool persistence_from(std::string_view text, Persistence& persistence) {
  const auto place = std::find(kPersistence.begin(), kPersistence.end(), text);
  if (place == kPersistence.end()) return false;
  persistence = static_cast<Persistence>(place - kPersistence.begin());
  return true;
}

int ClusterPlan::replicas(int master) const {
  return replicas_of.empty() ? config.replicas : replicas_of[static_cast<std::size_t>(master)];
}

int ClusterPlan::members() const {
  if (replicas_of.empty()) return config.masters * (1 + config.replicas);
  return std::accumulate(replicas_of.begin(), replicas_of.end(), config.masters);
}

Prng stream_of_step(const Plan& plan, std::string_view id) {
  return Prng(plan.seed).split("step").split(id);
}

Prng stream_of_load(const Plan& plan, std::string_view name) {
  return Prng(plan.seed).split("load").split(name);
}

}  // namespace harness
