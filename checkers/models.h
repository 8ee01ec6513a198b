// The table of models for `harness check --model`.
#pragma once

#include <span>
#include <string_view>

#include "checkers/common/model.h"

namespace harness {

std::span<const Model> models();
const Model* find_model(std::string_view name);

}  // namespace harness
