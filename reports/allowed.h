// How many anomalies of each type a check allowed: also where its list was cut.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "harness/core/verdict.h"

namespace harness::reporting {

struct TypeCount {
  std::string type;  // empty: of those that are not listed, and whose type nothing tells
  std::size_t count = 0;
};

/// Those that the plan knows are left out. Where the list was cut, lost writes and stale reads are as the
/// check counted them; the rest is of the one type that is left, or of none that is told.
std::vector<TypeCount> allowed_types(const CheckResult& check);

/// How many of them are not in the list.
std::size_t allowed_unlisted(const CheckResult& check);

}  // namespace harness::reporting
