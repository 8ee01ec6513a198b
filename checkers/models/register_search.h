// One register by the general search (search.h): for histories where a value is written twice, or where a
// failed compare-and-set counts as evidence, and the polynomial algorithms do not hold.
#pragma once

#include <span>
#include <vector>

#include "checkers/common/budget.h"
#include "checkers/models/register_key.h"
#include "checkers/search/search.h"

namespace harness {

/// SearchResult::stuck and ::state refer to `ops` and to RegisterKey's value numbers.
SearchResult search_register(std::span<const RegisterOp> ops, std::size_t values, const Budget& budget);

}  // namespace harness
