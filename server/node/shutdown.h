/// How the node ends: replicas that lag are waited for, data is saved as configured, and what cannot be saved
/// keeps it running.
#pragma once

#include <optional>
#include <string>

#include "server/engine/ports.h"

namespace node {

class Node;

class Shutdown final : public ShutdownPort {
 public:
  explicit Shutdown(Node& node) : node_(node) {}

  std::optional<std::string> begin(bool nosave, bool save, bool now, bool force) override;
  bool waiting() const override { return ending_.has_value(); }
  bool abort() override;

  /// From a signal handler.
  static void request(int signal);
  /// Not in the middle of a script.
  void obey_signal();
  /// Goes on with a shutdown that waits, when replicas have everything or time is up.
  void go_on();
  /// The loop is to end after this turn.
  bool done() const { return done_; }
  /// Until those that are waited for are waited for no longer.
  std::int64_t remaining_ms() const;

 private:
  struct Ending {
    bool nosave, save, force;
    std::int64_t deadline_ms;  ///< steady clock: how long replicas are waited for
  };
  std::optional<std::string> end(const Ending& how);
  bool save_data(const Ending& how);
  void stop_waiting();

  Node& node_;
  std::optional<Ending> ending_;  ///< a shutdown that waits for replicas
  bool done_ = false;
};

}  // namespace node
