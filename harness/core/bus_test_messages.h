// Messages of the cluster bus made for tests, byte by byte as cluster_legacy.h lays them out.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "harness/core/bus_message.h"

namespace harness {

inline void put(std::string& bytes, std::size_t at, std::uint64_t value, std::size_t width) {
  for (std::size_t i = 0; i < width; ++i, value >>= 8U)
    bytes[at + width - 1 - i] = static_cast<char>(value & 0xffU);
}

struct TestMessage {
  BusType type = BusType::kPing;
  std::string sender = std::string(40, 'a');
  std::uint64_t current_epoch = 7;
  std::uint64_t config_epoch = 3;
  std::vector<int> slots = {0, 5, 16383};
  std::uint16_t flags = bus_flag::kMaster;
  std::vector<BusGossip> gossip;
  std::string body;

  std::string bytes() const {
    std::string text(2256, '\0');
    text.replace(0, 4, "RCmb");
    put(text, 8, 1, 2);
    put(text, 12, static_cast<std::uint64_t>(type), 2);
    put(text, 14, gossip.size(), 2);
    put(text, 16, current_epoch, 8);
    put(text, 24, config_epoch, 8);
    put(text, 32, 1000, 8);
    text.replace(40, 40, sender);
    for (const int slot : slots) {
      const auto at = static_cast<std::size_t>(80 + slot / 8);
      text[at] = static_cast<char>(text[at] | 1 << (slot % 8));
    }
    put(text, 2250, flags, 2);
    for (const BusGossip& entry : gossip) {
      std::string its(104, '\0');
      its.replace(0, 40, entry.node);
      put(its, 98, entry.flags, 2);
      text += its;
    }
    text += body;
    put(text, 4, text.size(), 4);
    return text;
  }
};

/// Valkey's short header.
inline std::string light_publish(const std::string& channel, const std::string& message) {
  std::string text(24, '\0');
  text.replace(0, 4, "RCmb");
  put(text, 8, 1, 2);
  put(text, 12, 0x8000U | static_cast<unsigned>(BusType::kPublish), 2);
  put(text, 16, channel.size(), 4);
  put(text, 20, message.size(), 4);
  text += channel + message;
  put(text, 4, text.size(), 4);
  return text;
}

}  // namespace harness
