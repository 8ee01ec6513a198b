// Finding a violation and putting it into words take time apart, and `check --json` tells both. Checkers have
// no clock: whoever has one listens.
#pragma once

#include <functional>

namespace harness {

/// While one lives, its thread works on words and witnesses and does not judge. Within another it says
/// nothing.
class Explaining {
 public:
  Explaining();
  ~Explaining();
  Explaining(const Explaining&) = delete;
  Explaining& operator=(const Explaining&) = delete;
};

/// Of this thread: told true when explaining begins, false when it ends. An empty one: nobody listens.
void listen_to_explaining(std::function<void(bool begins)> listener);

}  // namespace harness
