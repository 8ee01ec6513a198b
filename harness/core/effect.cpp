#include "harness/core/effect.h"

#include <array>
#include <nlohmann/json.hpp>

#include "harness/core/effect_json.h"

namespace harness {
namespace {

constexpr std::array<std::string_view, 14> kKinds = {
    "down", "start", "stopped",    "cut",      "degraded", "bus",     "clock",
    "disk", "load",  "membership", "handover", "config",   "clients", "data",
};
constexpr std::array<std::string_view, 3> kTraffic = {"all", "client-port", "bus-port"};

template <std::size_t N>
std::size_t index_of(const std::array<std::string_view, N>& words, const std::string& word) {
  for (std::size_t i = 0; i < N; ++i)
    if (words[i] == word) return i;
  throw nlohmann::json::other_error::create(501, "not a word of an effect: " + word, nullptr);
}

}  // namespace

std::string_view to_string(EffectKind kind) {
  return kKinds[static_cast<std::size_t>(kind)];
}

bool effect_kind_from(std::string_view text, EffectKind& kind) {
  for (std::size_t i = 0; i < kKinds.size(); ++i)
    if (kKinds[i] == text) {
      kind = static_cast<EffectKind>(i);
      return true;
    }
  return false;
}

std::string_view to_string(Traffic traffic) {
  return kTraffic[static_cast<std::size_t>(traffic)];
}

void to_json(nlohmann::json& j, const Effect& effect) {
  nlohmann::json links = nlohmann::json::array();
  for (const HostLink& link : effect.links) links.push_back({link.from, link.to});
  j = {{"kind", to_string(effect.kind)},
       {"nodes", effect.nodes},
       {"links", links},
       {"traffic", to_string(effect.traffic)},
       {"forced", effect.forced},
       {"delay_ms", effect.delay_ms},
       {"loss_percent", effect.loss_percent},
       {"clock_ms", effect.clock_ms},
       {"lost_bytes", effect.lost_bytes},
       {"detail", effect.detail},
       {"excuses",
        {{"exits", effect.excuses.exits},
         {"dead_link", effect.excuses.dead_link},
         {"log_lines", effect.excuses.log_lines},
         {"lost_data", effect.excuses.lost_data},
         {"lost_views", effect.excuses.lost_views}}}};
}

void from_json(const nlohmann::json& j, Effect& effect) {
  effect.kind = static_cast<EffectKind>(index_of(kKinds, j.at("kind").get<std::string>()));
  j.at("nodes").get_to(effect.nodes);
  effect.links.clear();
  for (const nlohmann::json& link : j.at("links"))
    effect.links.push_back({link.at(0).get<std::string>(), link.at(1).get<std::string>()});
  effect.traffic = static_cast<Traffic>(index_of(kTraffic, j.at("traffic").get<std::string>()));
  effect.forced = j.value("forced", false);
  effect.delay_ms = j.value("delay_ms", 0.0);
  effect.loss_percent = j.value("loss_percent", 0.0);
  effect.clock_ms = j.value("clock_ms", 0.0);
  effect.lost_bytes = j.value("lost_bytes", 0.0);
  effect.detail = j.value("detail", "");
  const nlohmann::json& excuses = j.at("excuses");
  effect.excuses.exits = excuses.at("exits").get<bool>();
  effect.excuses.dead_link = excuses.at("dead_link").get<bool>();
  excuses.at("log_lines").get_to(effect.excuses.log_lines);
  effect.excuses.lost_data = excuses.value("lost_data", false);
  effect.excuses.lost_views = excuses.value("lost_views", false);
}

}  // namespace harness
