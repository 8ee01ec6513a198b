// What the tests of faults that touch data share: commands that are answered at once, keys of the first
// master.
#pragma once

#include <string>

#include "harness/core/wait.h"
#include "harness/faults/test_support.h"

namespace harness {

/// What the node answers, as one text.
inline std::string ask(Node& node, const Command& command) {
  auto connection = node.connect();
  if (!connection) return connection.error().text;
  const auto reply = connection->call(command);
  return !reply ? reply.error().text : reply->describe();
}

/// A key of n1's slots (0 to 5460): {b} is in slot 3300.
inline std::string key(int number) {
  return "{b}" + std::to_string(number);
}

/// A master serves again only two seconds after its start.
inline bool writes(Node& node, const std::string& to) {
  return wait_for(
      std::chrono::seconds(20),
      [&] {
        return ask(node, {"SET", to, "v"}).find("OK") != std::string::npos;
      },
      std::chrono::milliseconds(20));
}

inline bool holds(Node& node, const std::string& wanted) {
  std::string answer;
  (void)wait_for(
      std::chrono::seconds(20),
      [&] {
        return (answer = ask(node, {"EXISTS", wanted})).find("CLUSTERDOWN") == std::string::npos;
      },
      std::chrono::milliseconds(20));
  return answer.find('1') != std::string::npos;
}

}  // namespace harness
