// The JSON Schemas of the files that the harness writes: harness/schemas, and that of plan.json, which the
// code that reads it describes.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace harness {

/// A file of harness/schemas.
struct BundledSchema {
  std::string_view name;
  std::string_view folder;
  std::string_view text;
};
std::span<const BundledSchema> bundled_schemas();

/// Every name, in order.
std::vector<std::string> schema_names();
/// Throws UsageError, with the nearest name, when there is none of this name.
nlohmann::ordered_json schema_named(std::string_view name);

}  // namespace harness
