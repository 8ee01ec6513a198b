// The JSON form of effects, as faults.jsonl and results.json hold it.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "harness/core/effect.h"

namespace harness {

void to_json(nlohmann::json& j, const Effect& effect);
/// Throws nlohmann::json::exception for what is missing, of the wrong type or no word of effects.
void from_json(const nlohmann::json& j, Effect& effect);

}  // namespace harness
