/// Commands and bytes a second, over the last whole second.
#pragma once

#include <cstdint>

namespace node {

class Rates {
 public:
  struct Totals {
    std::uint64_t commands = 0, input_bytes = 0, output_bytes = 0;
    std::uint64_t repl_input_bytes = 0, repl_output_bytes = 0;  ///< of the bytes: those of replication
  };
  /// True: a second has passed and the rates are new.
  bool tick(std::int64_t now_ms, const Totals& totals) {
    const std::int64_t passed = now_ms - tick_ms_;
    if (passed < 1000) return false;
    // Of a total that fell (CONFIG RESETSTAT) nothing is known yet.
    const auto rate = [passed](std::uint64_t total, std::uint64_t before) {
      return total < before ? 0 : (total - before) * 1000 / static_cast<std::uint64_t>(passed);
    };
    now_ = {rate(totals.commands, before_.commands), rate(totals.input_bytes, before_.input_bytes),
            rate(totals.output_bytes, before_.output_bytes),
            rate(totals.repl_input_bytes, before_.repl_input_bytes),
            rate(totals.repl_output_bytes, before_.repl_output_bytes)};
    before_ = totals;
    tick_ms_ = now_ms;
    return true;
  }
  /// The total of commands begins again.
  void forget_commands() { before_.commands = 0; }
  const Totals& per_second() const { return now_; }

 private:
  Totals before_, now_;
  std::int64_t tick_ms_ = 0;
};

}  // namespace node
