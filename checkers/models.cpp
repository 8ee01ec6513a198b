#include "checkers/models.h"

#include <array>

#include "checkers/register.h"
#include "checkers/transactions.h"

namespace harness {
namespace {

constexpr std::array kModels = {
    Model{"register", "one value a key: read, write and cas, linearizable", check_linearizable_register},
    Model{"cas-register", "the same: a register with compare-and-set", check_linearizable_register},
    Model{"list-append", "transactions that append to lists and read them: Elle's anomalies",
          check_list_append},
    Model{"rw-register", "transactions that write and read registers: Elle's anomalies", check_rw_register},
};

}  // namespace

std::span<const Model> models() {
  return kModels;
}

const Model* find_model(std::string_view name) {
  for (const Model& model : models())
    if (model.name == name) return &model;
  return nullptr;
}

}  // namespace harness
