// CATALOGUE.md: what `harness list --json` knows, as a page to read.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace harness {

/// The whole page in Markdown. `lists`: the object that `list --json` prints.
std::string catalogue_page(const nlohmann::ordered_json& lists);

}  // namespace harness
