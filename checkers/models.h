// The table of models for `harness check --model`.
#pragma once

#include <span>
#include <string_view>

#include "checkers/common/model.h"

namespace harness {

std::span<const Model> models();
const Model* find_model(std::string_view name);
/// Whether ModelOptions::initial means something to it: else its objects begin empty, whatever is given.
bool takes_first_value(const Model& model);

}  // namespace harness
