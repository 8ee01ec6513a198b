#include "checkers/common/explaining.h"

#include <utility>

namespace harness {
namespace {

thread_local std::function<void(bool)> listener;
thread_local int explanations_open = 0;

}  // namespace

Explaining::Explaining() {
  if (explanations_open++ == 0 && listener) listener(true);
}

Explaining::~Explaining() {
  if (--explanations_open == 0 && listener) listener(false);
}

void listen_to_explaining(std::function<void(bool)> wanted) {
  listener = std::move(wanted);
}

}  // namespace harness
