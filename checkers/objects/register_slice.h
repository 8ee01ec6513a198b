// The slice of whatever is a register: zones (span_zones.h).
#pragma once

#include "checkers/objects/span_zones.h"

namespace harness {

class RegisterSlice final : public Slice {
 public:
  explicit RegisterSlice(const History& history) : history_(history) {}

  void write(std::uint32_t id, const Operation& operation, Token token, Mark::Writer writer) override {
    zones_.write(id, operation, Value::from_bits(token), writer);
  }
  void observe(std::uint32_t id, const Operation& operation, const Effects& effects) override;
  std::vector<Conflict> conflicts(std::size_t limit) override;
  std::size_t size() const override { return zones_.all().size(); }
  const Mark& mark(std::size_t i) const override { return zones_.all()[i]; }
  const Mark* find(Token token) const override { return zones_.find(Value::from_bits(token)); }
  bool surely_before(const Mark& a, const Mark& b) const override {
    return zones_.surely_before(static_cast<const Zone&>(a), static_cast<const Zone&>(b));
  }
  std::uint32_t began_without(Token token) const override;

 private:
  const History& history_;
  Zones zones_;
};

}  // namespace harness
