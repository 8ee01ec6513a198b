#include "harness/core/bus_log.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace harness {
namespace {

using Json = nlohmann::json;

constexpr std::array<std::string_view, 5> kFates = {"passed", "dropped", "delayed", "duplicated",
                                                    "reordered"};

bool suspects(const BusGossip& gossip) {
  return (gossip.flags & (bus_flag::kPfail | bus_flag::kFail)) != 0;
}

bool is_gossip(BusType type) {
  return type == BusType::kPing || type == BusType::kPong || type == BusType::kMeet;
}

/// Whom the sender has told to suspect and did not take back: of an earlier claim of the same link, those
/// that the message does not mention.
std::vector<std::string> unmentioned(std::string_view earlier, const BusMessage& message) {
  constexpr std::string_view kMarks = "?!~";
  std::vector<std::string> standing;
  while (!earlier.empty()) {
    const std::string_view word = earlier.substr(0, earlier.find(' '));
    earlier.remove_prefix(std::min(word.size() + 1, earlier.size()));
    if (word.empty() || kMarks.find(word.back()) == std::string_view::npos) continue;
    const std::string_view node = word.substr(0, word.size() - 1);
    if (std::ranges::find(message.gossip, node, &BusGossip::node) == message.gossip.end())
      standing.push_back(std::string(node) + "~");
  }
  return standing;
}

/// All that a PING or PONG claims of its sender and of those that it suspects, after an earlier claim.
std::string claim_of(const BusMessage& message, std::string_view earlier) {
  std::vector<std::string> suspected = unmentioned(earlier, message);
  for (const BusGossip& gossip : message.gossip)
    if (suspects(gossip)) suspected.push_back(gossip.node + ((gossip.flags & bus_flag::kFail) ? "!" : "?"));
  std::ranges::sort(suspected);
  std::string claim = message.sender + " " + message.master;
  for (const std::uint64_t number :
       {message.current_epoch, message.config_epoch, message.slots_print, std::uint64_t{message.flags},
        std::uint64_t{message.state_ok}, std::uint64_t{message.paused}})
    claim += " " + std::to_string(number);
  for (const std::string& node : suspected) claim += " " + node;
  return claim;
}

bool among(const std::vector<std::string>& names, const std::string& name) {
  return names.empty() || std::ranges::find(names, name) != names.end();
}

Json counts_json(const std::array<std::uint64_t, kBusTypes>& counts) {
  Json json = Json::object();
  for (std::size_t i = 0; i < kBusTypes; ++i)
    if (counts[i] > 0) json[std::string(to_string(static_cast<BusType>(i)))] = counts[i];
  return json;
}

void read_counts(const Json& json, std::array<std::uint64_t, kBusTypes>& counts) {
  for (const auto& [name, count] : json.items())
    if (const auto type = bus_type_from(name))
      counts[static_cast<std::size_t>(*type)] = count.get<std::uint64_t>();
}

BusOpening read_opening(const Json& json) {
  BusOpening opening;
  json.at("time").get_to(opening.time);
  json.at("hosts").get_to(opening.hosts);
  json.at("port").get_to(opening.port);
  json.at("closed_links").get_to(opening.closed_links);
  return opening;
}

BusFate read_fate(const std::string& word) {
  const auto found = std::ranges::find(kFates, word);
  if (found == kFates.end()) throw Json::other_error::create(501, "no fate of a message: " + word, nullptr);
  return static_cast<BusFate>(found - kFates.begin());
}

BusSighting read_sighting(const Json& json) {
  BusSighting sighting;
  json.at("time").get_to(sighting.time);
  json.at("from").get_to(sighting.link.from);
  json.at("to").get_to(sighting.link.to);
  sighting.fate = read_fate(json.value("fate", std::string(kFates.front())));
  BusMessage& message = sighting.message;
  message.type = bus_type_from(json.at("type").get<std::string>()).value_or(BusType::kOther);
  message.light = json.value("light", false);
  message.sender = json.value("sender", "");
  message.master = json.value("master", "");
  message.current_epoch = json.value("current_epoch", std::uint64_t{0});
  message.config_epoch = json.value("config_epoch", std::uint64_t{0});
  message.offset = json.value("offset", std::uint64_t{0});
  message.slots = json.value("slots", 0);
  message.flags = json.value("flags", std::uint16_t{0});
  message.state_ok = json.value("state_ok", false);
  message.paused = json.value("paused", false);
  message.forced = json.value("forced", false);
  message.about = json.value("about", "");
  message.about_epoch = json.value("about_epoch", std::uint64_t{0});
  message.about_slots = json.value("about_slots", 0);
  sighting.saved_vote = json.value("saved_vote", std::int64_t{-1});
  for (const char* told : {"suspects", "well"})
    for (const Json& entry : json.value(told, Json::array()))
      message.gossip.push_back({entry.at(0).get<std::string>(), entry.at(1).get<std::uint16_t>()});
  return sighting;
}

BusCounts read_links(const Json& json) {
  BusCounts counts;
  for (const Json& link : json.at("links")) {
    BusLinkCounts& mine = counts[{link.at("from").get<std::string>(), link.at("to").get<std::string>()}];
    read_counts(link.at("sent"), mine.sent);
    read_counts(link.at("delivered"), mine.delivered);
    mine.unread_bytes = link.value("unread_bytes", std::uint64_t{0});
  }
  return counts;
}

void take(const Json& json, BusLog& log) {
  if (json.contains("message")) {
    log.messages.push_back(read_sighting(json.at("message")));
  } else if (json.contains("counts")) {
    log.counts = read_links(json.at("counts"));
  } else {
    log.opening = read_opening(json.at("path"));
    log.open = true;
  }
}

}  // namespace

std::string_view to_string(BusFate fate) {
  return kFates[static_cast<std::size_t>(fate)];
}

std::uint64_t count_of(const BusCounts& counts, const BusCountQuery& query) {
  std::uint64_t sum = 0;
  for (const auto& [link, its] : counts) {
    if (!among(query.from, link.from) || !among(query.to, link.to)) continue;
    const auto& numbers = query.delivered ? its.delivered : its.sent;
    for (std::size_t i = 0; i < kBusTypes; ++i)
      if (query.types.holds(static_cast<BusType>(i))) sum += numbers[i];
  }
  return sum;
}

BusTypeSet bus_types_of(const Json& given, std::string& problem) {
  if (given.is_string()) return bus_types_from(given.get<std::string>(), problem);
  std::string text;
  for (const Json& name : given.is_array() ? given : Json::array())
    text += (name.is_string() ? name.get<std::string>() : name.dump()) + " ";
  return bus_types_from(text, problem);
}

bool BusWatch::matters(const BusLink& link, const BusMessage& message) {
  switch (message.type) {
    case BusType::kFail:
    case BusType::kAuthRequest:
    case BusType::kAuthAck:
    case BusType::kUpdate:
    case BusType::kMfStart:
      return true;
    default:
      break;
  }
  if (!is_gossip(message.type)) return false;
  std::string& before = claims_[link];
  std::string claim = claim_of(message, before);
  if (before == claim) return false;
  before = std::move(claim);
  return true;
}

BusSighting sighting_of(Nanos time, BusLink link, BusFate fate, BusMessage message) {
  return {time, std::move(link), fate, std::move(message)};
}

std::string words_of(const BusSighting& sighting,
                     const std::function<std::string(std::string_view id)>& name_of_id) {
  const BusMessage& message = sighting.message;
  const auto name = [&](const std::string& id) {
    const std::string known = name_of_id ? name_of_id(id) : std::string();
    return known.empty() ? id.substr(0, 8) : known;
  };
  std::string text =
      std::string(to_string(message.type)) + " " + sighting.link.from + " -> " + sighting.link.to;
  if (!message.about.empty()) text += " about " + name(message.about);
  if (message.type == BusType::kUpdate)
    text += ", its config epoch " + std::to_string(message.about_epoch) + " and " +
            std::to_string(message.about_slots) + " slots";
  text += ", epoch " + std::to_string(message.current_epoch) + ", config epoch " +
          std::to_string(message.config_epoch) + ", " + std::to_string(message.slots) + " slots";
  if (const std::string flags = bus_flag_words(message.flags); !flags.empty()) text += ", " + flags;
  if (message.forced) text += ", forced";
  if (message.paused) text += ", paused";
  std::string told;
  for (const BusGossip& gossip : message.gossip)
    if (suspects(gossip))
      told += (told.empty() ? "" : " ") + name(gossip.node) + " " + bus_flag_words(gossip.flags);
  if (!told.empty()) text += ", tells of " + told;
  if (sighting.fate != BusFate::kPassed) text += ": " + std::string(to_string(sighting.fate));
  return text;
}

bool BusLog::saw_all(const std::vector<std::string>& names) const {
  if (!open) return false;
  for (const std::string& name : names)
    if (std::ranges::find(opening.hosts, name) == opening.hosts.end()) return false;
  return std::ranges::all_of(counts, [](const auto& link) { return link.second.unread_bytes == 0; });
}

Json line_of(const BusOpening& opening) {
  return {{"path",
           {{"time", opening.time},
            {"hosts", opening.hosts},
            {"port", opening.port},
            {"closed_links", opening.closed_links}}}};
}

Json line_of(const BusSighting& sighting) {
  const BusMessage& message = sighting.message;
  Json json = {{"time", sighting.time},
               {"from", sighting.link.from},
               {"to", sighting.link.to},
               {"type", to_string(message.type)},
               {"sender", message.sender},
               {"current_epoch", message.current_epoch},
               {"config_epoch", message.config_epoch},
               {"offset", message.offset},
               {"slots", message.slots},
               {"flags", message.flags},
               {"state_ok", message.state_ok}};
  if (sighting.fate != BusFate::kPassed) json["fate"] = to_string(sighting.fate);
  if (!message.master.empty()) json["master"] = message.master;
  if (message.light) json["light"] = true;
  if (message.paused) json["paused"] = true;
  if (message.forced) json["forced"] = true;
  if (!message.about.empty()) json["about"] = message.about;
  if (sighting.saved_vote >= 0) json["saved_vote"] = sighting.saved_vote;
  if (message.type == BusType::kUpdate) {
    json["about_epoch"] = message.about_epoch;
    json["about_slots"] = message.about_slots;
  }
  for (const BusGossip& gossip : message.gossip)
    json[suspects(gossip) ? "suspects" : "well"].push_back({gossip.node, gossip.flags});
  return {{"message", std::move(json)}};
}

Json line_of(Nanos time, const BusCounts& counts) {
  Json links = Json::array();
  for (const auto& [link, its] : counts) {
    Json json = {{"from", link.from},
                 {"to", link.to},
                 {"sent", counts_json(its.sent)},
                 {"delivered", counts_json(its.delivered)}};
    if (its.unread_bytes > 0) json["unread_bytes"] = its.unread_bytes;
    links.push_back(std::move(json));
  }
  return {{"counts", {{"time", time}, {"links", std::move(links)}}}};
}

BusLog parse_bus_log(std::string_view text) {
  BusLog log;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    const bool torn = end == std::string_view::npos;  // its writer was killed
    text.remove_prefix(torn ? text.size() : end + 1);
    try {
      take(Json::parse(line), log);
    } catch (const Json::exception&) {
      if (!torn) ++log.bad_lines;
    }
  }
  std::ranges::stable_sort(log.messages, {}, &BusSighting::time);
  return log;
}

}  // namespace harness
